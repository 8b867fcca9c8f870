import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { newTrace, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

let sentry, payment

/** Start the service; it outlives the test that starts it. */
const started = async () => (await start({ after () {} }, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '0' })).ready()

before(async () => {
  sentry = await startSentry()
  payment = await started()
})
after(async () => {
  await payment?.end()
  await sentry.stop()
  assert.deepEqual(sentry.droppedErrors(), [])
})

/** Give the events of a trace, when everything has been sent. */
async function eventsOf (trace) {
  await payment.flush()
  const events = sentry.of('event', trace)
  assert.deepEqual(await marksOfSentry(events), [])
  return events
}

const outermost = event => event.exception.values.at(-1)

test('an error that a handler throws is one event, unhandled, on the caller\'s trace, and says who, what and where', async () => {
  const trace = newTrace()

  const answer = await payment.fire('/debug/crash', { trace })
  const events = await eventsOf(trace)

  assert.equal(answer.status, 500)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  assert.equal(answer.body.trace_id, trace)
  assert.equal(events.length, 1)
  const [event] = events
  assert.deepEqual(
    [outermost(event).type, outermost(event).value, outermost(event).mechanism.handled],
    ['TypeError', 'a handler failed', false]
  )
  assert.deepEqual(event.exception.values.map(({ type }) => type), ['RangeError', 'TypeError'])
  assert.equal(event.contexts.trace.trace_id, trace)
  assert.deepEqual(event.tags, { service: 'payment', scenario: 'crash', run: 'test-run' })
  assert.deepEqual(event.user, { id: 'player-7', email: 'player-7@example.com' })
  assert.equal(event.transaction, 'POST /debug/crash')
  assert.equal(event.level, 'error')
  assert.equal(event.server_name, 'pod-1')
  assert.equal(event.contexts.k8s.pod, 'pod-1')
  for (const name of ['nodejs', 'v8', 'express', 'mongodb', 'resident_mib', 'heap_used_mib', 'old_space_limit_mib',
    'event_loop_delay_max_ms', 'event_loop_utilisation', 'active_handles', 'threads', 'uptime_s', 'open_requests']) {
    assert.ok(name in event.contexts.runtime, name)
  }
  const ours = outermost(event).stacktrace.frames.filter(frame => frame.in_app)
  assert.deepEqual(ours.map(frame => frame.function), ['crash'])
  assert.match(ours[0].context_line, /throw new TypeError/)
})

test('the same fault twice is two events', async () => {
  const trace = newTrace()

  await payment.fire('/debug/crash', { trace })
  await payment.fire('/debug/crash', { trace })
  const events = await eventsOf(trace)

  assert.equal(events.length, 2)
})

test('an error of a product route is one unhandled event and a 500 that tells nothing of it', async () => {
  const trace = newTrace()

  const answer = await payment.call('POST', '/throws', { trace, headers: { 'Content-Type': 'application/json' }, body: '{"amount": 4711}' })
  const events = await eventsOf(trace)

  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.text, /constant message|4711/)
  assert.equal(events.length, 1)
  assert.equal(outermost(events[0]).mechanism.handled, false)
  assert.doesNotMatch(JSON.stringify(events), /4711/)
})

test('an error after the answer has begun is one event, and the connection ends', async () => {
  const trace = newTrace()

  await assert.rejects(payment.call('POST', '/half', { trace }))
  const events = await eventsOf(trace)

  assert.deepEqual(events.map(event => outermost(event).value), ['the answer had begun'])
})

test('a server error that no exception carries is one event with its status', async () => {
  const trace = newTrace()

  await payment.call('POST', '/silent', { trace })
  const events = await eventsOf(trace)

  assert.deepEqual(
    events.map(({ message, level, transaction, contexts }) => [message, level, transaction, contexts.response.status_code]),
    [['A request was answered with a server error that no exception carries', 'error', 'POST /silent', 500]]
  )
  assert.equal(events[0].contexts.trace.trace_id, trace)
})

test('a problem of 5xx is one handled event that holds its cause', async () => {
  const trace = newTrace()

  const answer = await payment.call('POST', '/away', { trace })
  const [event, ...more] = await eventsOf(trace)

  assert.equal(answer.body.type, 'urn:crash-demo:problem:database-away')
  assert.deepEqual(more, [])
  assert.deepEqual(event.exception.values.map(({ value }) => value), ['connection refused', 'The database does not answer'])
  assert.equal(outermost(event).mechanism.handled, true)
})

test('no refusal of the caller is an event', async () => {
  const trace = newTrace()

  await payment.call('GET', '/nowhere', { trace })
  await payment.call('DELETE', '/notes/3', { trace })
  await payment.call('POST', '/notes/3', { trace, headers: { 'Content-Type': 'application/json' }, body: '{' })
  await payment.call('POST', '/debug/crash', { trace })
  await payment.fire('/debug/crash', { trace, headers: { 'X-Crash-Run': 'no spaces' } })

  assert.deepEqual(await eventsOf(trace), [])
})

for (const [name, type, value] of [
  ['error', 'TypeError', /^nobody waits for this$/],
  ['text', undefined, /a reason that is no error/],
  ['nothing', undefined, /undefined/],
  ['abort', undefined, /aborted/]
]) {
  test(`a promise that is rejected with ${name} and that nobody handles is one unhandled event on the trace, and the process lives`, async () => {
    const trace = newTrace()

    const answer = await payment.fire(`/debug/rejection/${name}`, { trace })
    await sentry.wait('event', 1, trace)
    const alive = await payment.call('GET', '/healthz/live')
    const events = await eventsOf(trace)

    assert.equal(answer.status, 202)
    assert.equal(alive.status, 200)
    assert.equal(events.length, 1)
    const exception = outermost(events[0])
    if (type) assert.equal(exception.type, type)
    assert.match(exception.value, value)
    assert.deepEqual([exception.mechanism.handled, exception.mechanism.type], [false, 'unhandledrejection'])
    assert.equal(events[0].contexts.trace.trace_id, trace)
    assert.equal(events[0].tags.scenario, 'rejection')
  })
}

test('an exception that nobody caught is one fatal event on its trace, and the process ends with 1', async () => {
  const trace = newTrace()

  await payment.fire('/debug/uncaught', { trace }).catch(() => undefined)
  const { code } = await payment.exited
  const events = sentry.of('event', trace)
  payment = await started()

  assert.equal(code, 1)
  assert.equal(events.length, 1)
  assert.deepEqual(
    [outermost(events[0]).value, outermost(events[0]).mechanism.handled, events[0].level, events[0].contexts.trace.trace_id],
    ['nobody caught this', false, 'fatal', trace]
  )
  assert.deepEqual(await marksOfSentry(events), [])
})

test('a long text of an error is cut, far below what Sentry refuses', async () => {
  const trace = newTrace()

  await payment.fire('/debug/long', { trace })
  const [event] = await eventsOf(trace)

  assert.ok(outermost(event).value.length <= 1024 + 3, String(outermost(event).value.length))
})

test('a mistake in what completes an event does not cost the event', async () => {
  const trace = newTrace()
  payment.child.kill('SIGUSR2')
  await waitFor(() => payment.log.includes('broken on purpose'), 'the context is broken')

  await payment.fire('/debug/crash', { trace })
  const [event, ...more] = await eventsOf(trace)

  assert.deepEqual(more, [])
  assert.match(event.extra.before_send_failed, /broken on purpose/)
})
