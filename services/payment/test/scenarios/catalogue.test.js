import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { after, before, test } from 'node:test'

import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'
import { CASES, assertAsPromised, outermost, started, stopAll } from './faults.js'

const LIVING = CASES.filter(bound => (bound.expect.pod?.ends ?? 'none') === 'none')
const DETACHED = 202

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

const traceOf = payload => payload.contexts?.trace?.trace_id

test('every case does what the catalogue says, and no event is lost, doubled or malformed', { timeout: 120_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)
  const traces = new Map()

  for (const bound of LIVING) {
    await t.test(bound.id, async () => {
      const trace = randomBytes(16).toString('hex')
      traces.set(trace, bound)
      const items = (type, of = trace) => sentry.of(type).filter(payload => traceOf(payload) === of)

      const answer = await payment.fire(bound.localPath, { trace })
      await waitFor(() => items('event').length, 'the event')
      await waitFor(() => items('transaction').length, 'the transaction')
      await stopAll(payment)

      const events = items('event')
      assert.equal(answer.status, bound.expect.status)
      assert.equal(answer.body.trace_id, trace)
      assert.equal(events.length, bound.expect.events.length)
      assertAsPromised(bound.expect.events[0], events[0])
      assertSaysWhoWhatAndWhere(bound, events[0])
      if (answer.status === DETACHED) assert.deepEqual(Object.keys(answer.body.report).length > 0, true)
    })
  }
  await payment.end()

  // Whatever was still under way has arrived with the end.
  const counts = Object.fromEntries([...traces].map(([trace, { id }]) => [id, sentry.of('event').filter(event => traceOf(event) === trace).length]))
  assert.deepEqual(counts, Object.fromEntries(LIVING.map(({ id }) => [id, 1])))
  assert.equal(sentry.of('event').length, LIVING.length)
  assert.deepEqual(sentry.droppedErrors(), [])
  assert.deepEqual(await marksOfSentry(sentry.of('event')), [])
  assertGivesNothingAway(sentry.envelopes.map(({ raw }) => raw).join('\n'))
  assertAreIssuesOfTheirOwn(sentry.of('event'))
})

function assertSaysWhoWhatAndWhere (bound, event) {
  const { scenarioName: scenario, caseName } = bound
  assert.deepEqual(event.tags, { service: 'payment', scenario, ...(caseName ? { case: caseName } : {}), run: 'test-run' })
  assert.deepEqual(event.user, { id: 'player-7', email: 'player-7@example.com' })
  assert.equal(event.transaction, `POST ${bound.scenario.path}`)
  assert.equal(event.server_name, 'pod-1')
  assert.ok(event.breadcrumbs.some(({ message }) => message === 'player opened the wallet'))
}

/** Look for the fault token, the database's password, card numbers, and addresses of anybody outside example.com. */
function assertGivesNothingAway (sent) {
  assert.ok(!sent.includes('a-fault-token-of-the-tests'))
  assert.ok(!sent.includes(new URL(process.env.MONGODB_URI).password || 'no password'))
  assert.deepEqual(sent.match(/[\w.+-]+@(?!example\.com\b|127)[a-z][\w-]*\.[a-z]{2,}/g) ?? [], [])
  assert.deepEqual(sent.match(/\b[3-6]\d{3}(?:[ -]\d{4}){3}\b/g) ?? [], [])
}

/** Bugsink groups by type and text, with numbers masked: two faults must differ in them. */
function assertAreIssuesOfTheirOwn (events) {
  const texts = events.map(event => {
    const { type, value } = outermost(event) ?? { type: 'message', value: event.message }
    return `${type}: ${value.replace(/\d+/g, '0')}`
  })
  assert.equal(new Set(texts).size, texts.length, texts.join('\n'))
}
