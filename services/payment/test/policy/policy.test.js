/**
 * The capture policy (docs/capture-policy.md) as Express keeps it, beyond what test/process/capture.test.js holds.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { TOKEN, TRACE, start } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'

const program = fileURLToPath(new URL('./program.js', import.meta.url))
const JSON_BODY = { 'Content-Type': 'application/json' }
const SENT = ['4000 1234 5678 9010', 'a-session-of-player-7', 'a-password-in-the-query', TOKEN]

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

/** Start the service, call it, end it, and give what it answered; all that it sent is there then. */
async function during (t, act) {
  sentry.items.length = 0
  sentry.envelopes.length = 0
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '1' }, { program })).ready()
  const answers = await act(payment)
  await payment.end()
  assert.deepEqual(sentry.droppedErrors(), [])
  return answers
}

const outermost = event => event.exception.values.at(-1)
const post = (payment, path, more = {}) => payment.call('POST', path, more)

test('body, cookie, query and token of a request that fails are in nothing that is sent', async t => {
  const sent = {
    headers: { ...JSON_BODY, Cookie: 'session=a-session-of-player-7' }, body: JSON.stringify({ card: SENT[0] })
  }

  const answers = await during(t, async payment => [
    await payment.fire('/debug/crash?password=a-password-in-the-query', sent),
    await post(payment, '/fails-with-a-body?password=a-password-in-the-query', sent)
  ])

  assert.deepEqual(answers.map(({ status }) => status), [500, 500])
  assert.deepEqual([sentry.of('event').length, sentry.of('transaction').length], [2, 2])
  const raw = sentry.envelopes.map(envelope => envelope.raw).join('\n')
  assert.deepEqual(SENT.filter(value => raw.includes(value)), [])
})

test('whatever a handler throws is one unhandled event and a 500, and who wants to go on does', async t => {
  const values = ['undefined', 'null', 'empty', 'zero', 'false', 'route', 'router', 'text', 'nan']
  const paths = values.flatMap(value => [`/throws/${value}`, `/rejects/${value}`])

  const answers = await during(t, async payment => {
    const found = []
    for (const path of paths) found.push((await post(payment, path)).status)
    return [found, await post(payment, '/goes-on')]
  })

  assert.deepEqual(answers[0], paths.map(() => 500))
  assert.deepEqual([answers[1].status, answers[1].body], [200, { went: 'on' }])
  assert.deepEqual(sentry.of('event').map(event => outermost(event).mechanism.handled), paths.map(() => false))
})

test('errors that are held together are one event that holds them', async t => {
  await during(t, payment => post(payment, '/fails-several-times'))

  const [event, ...more] = sentry.of('event')
  assert.deepEqual(more, [])
  assert.deepEqual([outermost(event).type, outermost(event).mechanism.handled], ['AggregateError', false])
  assert.deepEqual(event.exception.values.slice(0, -1).map(({ type }) => type).sort(), ['RangeError', 'TypeError'])
})

test('an error that is caught and captured is handled, and is one event however often it is told', async t => {
  await during(t, async payment => [await post(payment, '/handles'), await post(payment, '/tells-twice')])

  assert.deepEqual(
    sentry.of('event').map(event => [outermost(event).value, outermost(event).mechanism.handled]).sort(),
    [
      ['a day is written as in another country', true],
      ['told where it is thrown, and again further up', true]
    ]
  )
})

test('a rejection with the same object that is no error, twice, is two events', async t => {
  await during(t, async payment => {
    for (const count of [1, 2]) {
      await post(payment, '/rejects-with-its-own')
      await sentry.wait('event', count)
    }
  })

  const titles = sentry.of('event').map(event => [outermost(event).value, outermost(event).mechanism.handled])
  assert.deepEqual(titles, Array(2).fill(['Object captured as exception with keys: code, limit', false]))
})

test('a log line is no event, and a warning is one where the code captures it', async t => {
  await during(t, async payment => [await post(payment, '/logs'), await post(payment, '/warns')])

  assert.deepEqual(
    sentry.of('event').map(({ message, level }) => [message, level]),
    [['the reels turn too slowly to go on', 'warning']]
  )
})

test('probes and scrapes leave nothing, whatever the caller decided', async t => {
  const answers = await during(t, async payment => {
    const paths = ['/healthz/live', '/healthz/ready', '/metrics', '/debug/faults']
    return Promise.all(paths.map(path => payment.call('GET', path)))
  })

  assert.deepEqual(answers.map(({ status }) => status), [200, 200, 200, 200])
  assert.deepEqual(sentry.items.filter(({ type }) => ['event', 'transaction'].includes(type)), [])
})

test('a fault is kept although its caller dropped the trace', async t => {
  const headers = { 'sentry-trace': `${'c'.repeat(32)}-${'d'.repeat(16)}-0` }

  await during(t, payment => payment.fire('/debug/crash', { headers }))

  const [transaction] = sentry.of('transaction')
  const { trace_id: traceId, parent_span_id: parent } = transaction.contexts.trace
  assert.deepEqual([traceId, parent], ['c'.repeat(32), 'd'.repeat(16)])
  assert.equal(sentry.of('event').length, 1)
})

for (const header of ['nonsense', `${'A'.repeat(32)}-${'b'.repeat(16)}-7`, '']) {
  test(`a trace header ${JSON.stringify(header.slice(0, 8))} that cannot be read starts a new trace`, async t => {
    const answer = await during(t, payment => payment.fire('/debug/crash', { headers: { 'sentry-trace': header } }))

    const [event] = sentry.of('event')
    assert.equal(answer.status, 500)
    assert.equal(event.contexts.trace.trace_id, answer.body.trace_id)
    assert.notEqual(event.contexts.trace.trace_id, TRACE)
  })
}
