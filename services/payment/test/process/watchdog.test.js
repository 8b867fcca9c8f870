import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { newTrace, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

let sentry, payment

/** Start the service; it outlives the test that starts it. */
const started = async (changes = {}) =>
  (await start({ after () {} }, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '0', ...changes })).ready()

before(async () => {
  sentry = await startSentry()
  payment = await started()
})
after(async () => {
  await payment?.end()
  await sentry.stop()
})

test('a block of the event loop is one event, which arrives while the loop is still blocked', async () => {
  const trace = newTrace()

  const fired = payment.fire('/debug/block', { trace })
  const [event] = await sentry.wait('event', 1, trace)
  const arrivedMs = performance.now()
  const answer = await fired
  const answeredMs = performance.now()
  await payment.flush()

  assert.equal(answer.status, 200)
  // The handler gives the loop back, and with it the answer, only at the end of its four seconds.
  assert.ok(answeredMs - arrivedMs > 500, `answered ${answeredMs - arrivedMs} ms after the event`)
  assert.equal(event.contexts.event_loop.goes_on, true)
  assert.ok(event.contexts.event_loop.blocked_ms >= 500 && event.contexts.event_loop.blocked_ms < answer.body.report.blocked_ms)
  assert.equal(sentry.of('event', trace).length, 1)
  assert.deepEqual(await marksOfSentry([event]), [])
})

test('the event of a block shows the frame that blocks, on the trace of its request, with the run, the player and the runtime', async () => {
  const trace = newTrace()

  await payment.fire('/debug/block', { trace })
  const [event] = await sentry.wait('event', 1, trace)
  await payment.flush()

  const [exception] = event.exception.values
  const ours = exception.stacktrace.frames.filter(frame => frame.in_app)
  assert.deepEqual([exception.type, exception.value, exception.mechanism], [
    'EventLoopBlocked', 'The event loop does not turn', { type: 'watchdog', handled: false }
  ])
  assert.deepEqual(ours.map(frame => frame.function), ['block', 'spin'])
  assert.match(ours.at(-1).context_line, /while \(run\.elapsedS/)
  assert.equal(event.contexts.trace.trace_id, trace)
  assert.equal(event.contexts.trace.trace_id, sentry.of('transaction', trace)[0].contexts.trace.trace_id)
  assert.equal(event.contexts.trace.span_id, sentry.of('transaction', trace)[0].contexts.trace.span_id)
  assert.deepEqual(event.tags, { service: 'payment', scenario: 'block', run: 'test-run' })
  assert.equal(event.user.id, 'player-7')
  assert.deepEqual(event.breadcrumbs.map(({ message }) => message), ['player opened the wallet'])
  assert.deepEqual([event.transaction, event.release, event.environment, event.server_name, event.level],
    ['POST /debug/block', 'crash-demo@0.1.0', 'development', 'pod-1', 'error'])
  assert.ok(event.contexts.runtime.resident_mib > 0)
  assert.equal(event.contexts.k8s.pod, 'pod-1')
})

test('two blocks are two events', async () => {
  const trace = newTrace()

  await payment.fire('/debug/block', { trace })
  await payment.fire('/debug/block', { trace })
  await sentry.wait('event', 2, trace)
  await payment.flush()

  assert.equal(sentry.of('event', trace).length, 2)
})

test('a block that never comes back to JavaScript is one event without a stack', async () => {
  await payment.flush()
  sentry.items.length = 0

  const fired = payment.call('POST', '/sleep')
  const [event] = await sentry.wait('event')
  await fired
  await payment.flush()

  assert.equal(event.exception.values[0].type, 'EventLoopBlocked')
  assert.equal(event.exception.values[0].stacktrace, undefined)
  assert.equal(event.contexts.event_loop.goes_on, true)
  assert.equal(sentry.of('event').length, 1)
  assert.deepEqual(await marksOfSentry([event]), [])
})

test('a process that was stopped as a whole has not blocked', async () => {
  await payment.flush()
  sentry.items.length = 0

  payment.child.kill('SIGSTOP')
  const stoppedMs = performance.now()
  await waitFor(() => performance.now() - stoppedMs > 1500, 'three times the threshold')
  payment.child.kill('SIGCONT')
  await payment.flush()

  assert.deepEqual(sentry.of('event'), [])
})

test('a block that Sentry does not take is said on standard error', async t => {
  const alone = await started({ SENTRY_DSN: `http://${'0'.repeat(32)}@127.0.0.1:9/3` })
  t.after(() => alone.kill())

  await alone.fire('/debug/block')
  await waitFor(() => alone.log.includes('a block was not reported'), 'the line')

  assert.ok(alone.lines.every(line => JSON.parse(line)))
})

test('how late the loop was is a metric', async () => {
  await payment.call('GET', '/metrics')

  await payment.fire('/debug/block')
  const { text } = await payment.call('GET', '/metrics')

  const [, seconds] = /crash_demo_event_loop_delay_max_seconds\{service="payment"\} ([\d.]+)/.exec(text)
  assert.ok(Number(seconds) > 1.5, seconds)
  assert.match(text, /crash_demo_event_loop_utilisation\{service="payment"\} (0\.\d+|1)/)
})

test('without a DSN nothing is sent, and a block ends nothing', async () => {
  await payment.flush()
  sentry.items.length = 0
  const alone = await started({ SENTRY_DSN: '' })

  const answer = await alone.fire('/debug/block')
  const { code } = await alone.end()

  assert.deepEqual([answer.status, answer.body.trace_id, code, sentry.items], [200, null, 0, []])
})
