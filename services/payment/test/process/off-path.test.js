/**
 * What fails where no request waits for it: one event each, unhandled, on the trace that started the work.
 */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { EMITTED, REJECTED, THROWN } from '../support/off-path.js'
import { newTrace, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

let sentry, payment

const started = async () => (await start({ after () {} }, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '0' })).ready()

before(async () => {
  sentry = await startSentry()
  payment = await started()
})
after(async () => {
  await payment?.kill()
  await sentry.stop()
  assert.deepEqual(await marksOfSentry(sentry.of('event')), [])
})

const outermost = event => event.exception.values.at(-1)

function assertOne (events, trace, mechanism, level) {
  assert.equal(events.length, 1, JSON.stringify(events.map(event => event.exception?.values ?? event.message)))
  const [event] = events
  const { handled, type } = outermost(event).mechanism
  assert.deepEqual([handled, type, event.level, event.contexts.trace.trace_id, event.transaction],
    [false, mechanism, level, trace, 'POST /off-path/:kind/:name'])
}

for (const name of REJECTED) {
  test(`a promise that is rejected with ${name} is one unhandled event on its trace, and the process lives`, async () => {
    const trace = newTrace()

    const answer = await payment.call('POST', `/off-path/rejects/${name}`, { trace })
    await sentry.wait('event', 1, trace)
    await payment.flush()

    assert.equal(answer.status, 202)
    assertOne(sentry.of('event', trace), trace, 'unhandledrejection', 'error')
  })
}

/** Let the process fail, and give its events and how it ended. */
async function deathBy (path) {
  const trace = newTrace()
  const before = sentry.of('event').length
  await payment.call('POST', path, { trace }).catch(() => undefined)
  const end = await payment.exited
  // A machine that is too busy blocks the event loop too, and the watchdog says so.
  const events = sentry.of('event').slice(before).filter(event => outermost(event).mechanism.type !== 'watchdog')
  payment = await started()
  return { trace, end, events }
}

for (const path of [
  ...THROWN.map(name => `throws/${name}`),
  ...['undefined', 'string', 'object', 'hostile', 'symbol'].map(name => `throws-value/${name}`),
  ...EMITTED.map(name => `emits/${name}`)
]) {
  test(`${path.replace('/', ' in or by ')} and nobody catches it: one fatal event on its trace, and the process ends with 1`, async () => {
    const { trace, end, events } = await deathBy(`/off-path/${path}`)

    assert.deepEqual(end, { code: 1, signal: null })
    assertOne(events, trace, 'uncaughtexception', 'fatal')
  })
}

for (const name of ['frozen', 'constant', 'object']) {
  test(`the same ${name} rejected by two requests is two events`, async () => {
    const traces = [newTrace(), newTrace()]

    for (const trace of traces) await payment.call('POST', `/off-path/rejects/${name}`, { trace })
    await waitFor(() => traces.every(trace => sentry.of('event', trace).length), 'both')
    await payment.flush()

    assert.deepEqual(traces.map(trace => sentry.of('event', trace).length), [1, 1])
  })
}

test('what a listener of the end throws is kept, and sent by the next start', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'payment-'))
  t.after(() => rm(folder, { recursive: true }))
  const where = { SENTRY_DSN: sentry.dsn, STATE_DIR: folder }
  const trace = newTrace()
  const dying = await (await start(t, where)).ready()
  await dying.call('POST', '/off-path/throws/exit-too', { trace }).catch(() => undefined)
  await dying.exited

  await (await start(t, where)).ready()

  await waitFor(() => sentry.of('event').some(event => outermost(event).value === 'a listener of the end'), 'its event', 60)
})
