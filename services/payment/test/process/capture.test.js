import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { TRACE, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

/** Start the service, with an outbox of its own. */
async function started (t, changes) {
  sentry.items.length = 0
  return (await start(t, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '0', ...changes })).ready()
}

/** End the service, and give the events of its whole life. */
async function eventsOf (payment) {
  await payment.end()
  assert.deepEqual(sentry.droppedErrors(), [])
  assert.deepEqual(await marksOfSentry(sentry.of('event')), [])
  return sentry.of('event')
}

const outermost = event => event.exception.values.at(-1)

test('an error that a handler throws is one event, unhandled, on the caller\'s trace, and says who, what and where', async t => {
  const payment = await started(t)

  const answer = await payment.fire('/debug/crash')
  const events = await eventsOf(payment)

  assert.equal(answer.status, 500)
  assert.equal(answer.headers.get('content-type'), 'application/problem+json; charset=utf-8')
  assert.equal(answer.body.trace_id, TRACE)
  assert.equal(events.length, 1)
  const [event] = events
  assert.deepEqual(
    [outermost(event).type, outermost(event).value, outermost(event).mechanism.handled],
    ['TypeError', 'a handler failed', false]
  )
  assert.deepEqual(event.exception.values.map(({ type }) => type), ['RangeError', 'TypeError'])
  assert.equal(event.contexts.trace.trace_id, TRACE)
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

test('the same fault twice is two events', async t => {
  const payment = await started(t)

  await payment.fire('/debug/crash')
  await payment.fire('/debug/crash')
  const events = await eventsOf(payment)

  assert.equal(events.length, 2)
})

test('an error of a product route is one unhandled event and a 500 that tells nothing of it', async t => {
  const payment = await started(t)

  const answer = await payment.call('POST', '/throws', { headers: { 'Content-Type': 'application/json' }, body: '{"amount": 4711}' })
  const events = await eventsOf(payment)

  assert.equal(answer.status, 500)
  assert.doesNotMatch(answer.text, /constant message|4711/)
  assert.equal(events.length, 1)
  assert.equal(outermost(events[0]).mechanism.handled, false)
  assert.doesNotMatch(JSON.stringify(sentry.items), /4711/)
})

test('an error after the answer has begun is one event, and the connection ends', async t => {
  const payment = await started(t)

  await assert.rejects(payment.call('POST', '/half'))
  const events = await eventsOf(payment)

  assert.deepEqual(events.map(event => outermost(event).value), ['the answer had begun'])
})

test('a server error that no exception carries is one event with its status', async t => {
  const payment = await started(t)

  await payment.call('POST', '/silent')
  const events = await eventsOf(payment)

  assert.deepEqual(
    events.map(({ message, level, transaction, contexts }) => [message, level, transaction, contexts.response.status_code]),
    [['A request was answered with a server error that no exception carries', 'error', 'POST /silent', 500]]
  )
  assert.equal(events[0].contexts.trace.trace_id, TRACE)
})

test('a problem of 5xx is one handled event that holds its cause', async t => {
  const payment = await started(t)

  const answer = await payment.call('POST', '/away')
  const [event, ...more] = await eventsOf(payment)

  assert.equal(answer.body.type, 'urn:crash-demo:problem:database-away')
  assert.deepEqual(more, [])
  assert.deepEqual(event.exception.values.map(({ value }) => value), ['connection refused', 'The database does not answer'])
  assert.equal(outermost(event).mechanism.handled, true)
})

test('no refusal of the caller is an event', async t => {
  const payment = await started(t)

  await payment.call('GET', '/nowhere')
  await payment.call('DELETE', '/notes/3')
  await payment.call('POST', '/notes/3', { headers: { 'Content-Type': 'application/json' }, body: '{' })
  await payment.call('POST', '/debug/crash')
  await payment.fire('/debug/crash', { headers: { 'X-Crash-Run': 'no spaces' } })

  assert.deepEqual(await eventsOf(payment), [])
})

for (const [name, type, value] of [
  ['error', 'TypeError', /^nobody waits for this$/],
  ['text', undefined, /a reason that is no error/],
  ['nothing', undefined, /undefined/],
  ['abort', undefined, /aborted/]
]) {
  test(`a promise that is rejected with ${name} and that nobody handles is one unhandled event on the trace, and the process lives`, async t => {
    const payment = await started(t)

    const answer = await payment.fire(`/debug/rejection/${name}`)
    await sentry.wait('event')
    const alive = await payment.call('GET', '/healthz/live')
    const events = await eventsOf(payment)

    assert.equal(answer.status, 202)
    assert.equal(alive.status, 200)
    assert.equal(events.length, 1)
    const exception = outermost(events[0])
    if (type) assert.equal(exception.type, type)
    assert.match(exception.value, value)
    assert.deepEqual([exception.mechanism.handled, exception.mechanism.type], [false, 'unhandledrejection'])
    assert.equal(events[0].contexts.trace.trace_id, TRACE)
    assert.equal(events[0].tags.scenario, 'rejection')
  })
}

test('an exception that nobody caught is one fatal event on its trace, and the process ends with 1', async t => {
  const payment = await started(t)

  await payment.fire('/debug/uncaught').catch(() => undefined)
  const { code } = await payment.exited
  const events = await sentry.wait('event')

  assert.equal(code, 1)
  assert.equal(events.length, 1)
  assert.deepEqual(
    [outermost(events[0]).value, outermost(events[0]).mechanism.handled, events[0].level, events[0].contexts.trace.trace_id],
    ['nobody caught this', false, 'fatal', TRACE]
  )
  assert.deepEqual(await marksOfSentry(events), [])
})

test('a mistake in what completes an event does not cost the event', async t => {
  const payment = await started(t, {}, )
  payment.child.kill('SIGUSR2')
  await waitFor(() => payment.log.includes('broken on purpose'), 'the context is broken')

  await payment.fire('/debug/crash')
  const [event, ...more] = await eventsOf(payment)

  assert.deepEqual(more, [])
  assert.match(event.extra.before_send_failed, /broken on purpose/)
})
