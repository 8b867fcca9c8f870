/**
 * What becomes of events when processes are killed and the sink is not well: each arrives, once.
 */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { newTrace } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { BLOCKED, startSink } from '../support/sink.js'
import { capture, settled, started, stateDir } from '../support/spool.js'
import { waitFor } from '../support/waiting.js'

const KILLS = 4
const CAPTURED = 25
const BURST = 500
// Longer than two blocks, and not so long that no answer is waited for.
const SLOW_MS = 9000

test('what was captured right before a SIGKILL arrives once, after the next start at the latest', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]

  for (let kill = 0; kill < KILLS; kill += 1) {
    const payment = await started(t, sink, state)
    await capture(payment, CAPTURED, 'kill').catch(() => undefined)
    assert.deepEqual(await payment.exited, { code: null, signal: 'SIGKILL' })
    assert.ok(state.files().length >= CAPTURED)
  }
  const payment = await started(t, sink, state)

  const events = await sink.wait(KILLS * CAPTURED)
  assert.equal(events.length, KILLS * CAPTURED)
  assert.equal(new Set(events).size, KILLS * CAPTURED)
  await settled(payment, { recovered: CAPTURED, delivered: CAPTURED })
  assert.deepEqual(state.files(), [])
})

test('leftovers are sent before the process is ready', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  await capture(await started(t, sink, state), CAPTURED, 'kill').catch(() => undefined)

  const payment = await started(t, sink, state)
  const stored = await sink.events()

  assert.equal(stored.length, CAPTURED)
  await payment.kill()
})

test('a burst of 500 against a slow sink arrives whole, while the service answers and the SDK drops nothing', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  await sink.misbehave({ mode: 'slow', ms: 20 })
  const payment = await started(t, sink, state)

  const { body } = await capture(payment, BURST)
  const probe = await payment.call('GET', '/notes/3')
  const events = await sink.wait(BURST)
  await settled(payment, { written: BURST, delivered: BURST })
  await payment.end()

  assert.equal(probe.status, 200)
  assert.equal(new Set(events).size, BURST)
  assert.deepEqual((await sink.accounts()).discarded_by_sdk, {})
  t.diagnostic(`${(body.took_ms / BURST).toFixed(2)} ms a capture`)
})

test('while the sink is away events wait on disk, and arrive when it is back', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)
  await sink.kill()

  await capture(payment, CAPTURED)
  await settled(payment, { written: CAPTURED, files: CAPTURED })
  await sink.start()
  const events = await sink.wait(CAPTURED)

  const { written, delivered } = await settled(payment, { delivered: CAPTURED })
  assert.equal(events.length, CAPTURED)
  assert.deepEqual([state.files(), delivered], [[], written])
})

test('a sink that drops connections or answers 503 gets all of it later', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)

  await sink.misbehave({ mode: 'drop', count: 3 })
  await capture(payment, CAPTURED)
  await sink.wait(CAPTURED)
  await sink.misbehave({ mode: '503', count: 3, retry_after_s: 1 })
  await capture(payment, CAPTURED)

  assert.equal((await sink.wait(2 * CAPTURED)).length, 2 * CAPTURED)
})

test('a limit is obeyed, and left when it is over', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)
  await sink.misbehave({ mode: '429', categories: ['error'], retry_after_s: 15, count: 1000 })

  await capture(payment, CAPTURED)
  const met = await waitFor(() => sink.met(), 'the sink has refused one')
  await capture(payment, CAPTURED)
  const metLater = await sink.met()
  await sink.misbehave({ mode: 'none' })
  const events = await sink.wait(2 * CAPTURED)

  // Those that were on their way together are all that was sent.
  assert.ok(met >= 1 && metLater <= 8, `${met} ${metLater}`)
  assert.equal(events.length, 2 * CAPTURED)
})

test('what is refused for good is counted, kept aside, told by the SDK, and holds up nobody', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state, { SENTRY_DSN: sink.dsn.replace(/0123/, '3210') })

  await capture(payment, 3)
  await settled(payment, { refused: 3 })
  await payment.end()

  assert.deepEqual(state.files(), [])
  assert.equal(readdirSync(join(state.spool, 'bad')).length, 3)
  assert.equal(payment.lines.filter(line => line.includes('refused')).length, 1)
})

test('what is too large is trimmed, marked and accepted', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)

  await payment.call('POST', '/large-capture')
  await capture(payment, 3)
  const events = await sink.wait(4)
  const { trimmed, refused } = await settled(payment, { delivered: 4 })

  const stored = await Promise.all(events.map(id => sink.payload(id)))
  const { exception, tags, contexts, extra, _meta } = stored.find(({ tags }) => tags.trimmed)
  const [{ type, value, stacktrace }] = exception.values
  assert.deepEqual([type, value, tags.trimmed], ['TypeError', 'a large one', 'true'])
  assert.ok(stacktrace.frames.some(frame => frame.in_app))
  assert.ok(contexts.trimmed.original_bytes > 2_000_000)
  assert.deepEqual([extra.left, extra.right], [null, null])
  assert.deepEqual(_meta.extra.left, { '': { rem: [['!limit', 'x']], len: 1000 } })
  assert.deepEqual([trimmed, refused, state.files()], [1, undefined, []])
  assert.deepEqual((await sink.accounts()).rejected, { 'too_large:event': 1 })
})

test('what stays too large is refused, kept aside whole, and counted', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)
  await sink.misbehave({ mode: '413', count: 1000 })

  await capture(payment, 1)
  await settled(payment, { refused: 1 })
  const met = await sink.met()
  await sink.misbehave({ mode: 'none' })
  await capture(payment, 1)
  const { trimmed } = await settled(payment, { refused: 1, delivered: 1 })
  await payment.end()

  assert.ok(met >= 2 && met <= 4, `${met} sizes`)
  assert.equal(trimmed, undefined)
  assert.equal(readdirSync(join(state.spool, 'bad')).length, 1)
  const { send_error: told } = (await sink.accounts()).discarded_by_sdk
  assert.equal(told.error ?? told.event, 1)
})

test('SIGTERM while a slow sink is behind sends all that waits, within the grace period', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  await sink.misbehave({ mode: 'slow', ms: 20 })
  const payment = await started(t, sink, state)
  await capture(payment, CAPTURED)

  const { code } = await payment.end()

  assert.equal(code, 0)
  assert.equal((await sink.events()).length, CAPTURED)
  assert.deepEqual(state.files(), [])
})

test('SIGTERM waits for a sink that comes back in the time to drain: a deleted pod takes its spool along', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)
  await sink.misbehave({ mode: '503', retry_after_s: 1, for_s: 8 })
  await capture(payment, CAPTURED)

  const { code } = await payment.end()

  assert.equal(code, 0)
  assert.equal((await sink.events()).length, CAPTURED)
  assert.deepEqual(state.files(), [])
})

test('SIGTERM while the sink is away ends with 0, says what stays, and the next start sends it', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)
  await sink.kill()
  await capture(payment, CAPTURED)

  const { code } = await payment.end()
  await sink.start()
  await started(t, sink, state)

  assert.equal(code, 0)
  assert.match(payment.log, /2\d events stay in the spool/)
  assert.equal((await sink.wait(CAPTURED)).length, CAPTURED)
})

test('the event of an end that the sink does not hear of is sent by the next start', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const ends = ['/debug/uncaught', '/debug/grow']
  for (const path of ends) {
    const payment = await started(t, sink, state, { NODE_OPTIONS: '--max-old-space-size=100' })
    await sink.kill()
    await payment.fire(path).catch(() => undefined)
    await payment.exited
    assert.ok(state.files().length >= 1)
    await sink.start()
    await (await started(t, sink, state)).end()
  }

  assert.equal((await sink.wait(ends.length)).length, ends.length)
})

test('a block that the sink does not hear of while it lasts is sent later', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await started(t, sink, state)
  await sink.kill()

  await payment.fire('/debug/block')
  await settled(payment, { written: 1, files: 1 })
  await sink.start()

  assert.ok((await sink.wait(1, BLOCKED)).length)
  await settled(payment, { written: 1, delivered: 1 })
})

test('a block is told while the report of the one before waits for its answer', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  await sink.misbehave({ mode: 'slow', ms: SLOW_MS })
  const payment = await started(t, sink, state)

  await payment.fire('/debug/block')
  await payment.fire('/debug/block')

  assert.equal((await sink.wait(2, BLOCKED)).length, 2)
  await settled(payment, { written: 2, delivered: 2 })
})

test('what the spool sends is no span of the request that captured it', async t => {
  const [sentry, state] = [await startSentry(), stateDir(t)]
  t.after(() => sentry.stop())
  const trace = newTrace()
  const payment = await started(t, sentry, state, { TRACES_SAMPLE_RATE: '1' })

  await payment.call('POST', '/captures/3/answer', { trace })
  await sentry.wait('event', 3, trace)
  const [transaction] = await sentry.wait('transaction', 1, trace)

  assert.deepEqual(transaction.spans.map(({ description }) => description), [])
})
