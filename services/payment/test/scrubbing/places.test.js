/**
 * What nobody may read, planted where a program can come by it: the real service sends and logs none of it.
 */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { newTrace, start } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'
import { ADDRESS, CARD, CODE, COOKIE, SPACED, TOKEN, found } from './planted.js'

const program = fileURLToPath(new URL('./program.js', import.meta.url))
const PLACES = [
  'message', 'cause', 'aggregate', 'properties', 'thrown', 'text', 'rejection', 'body', 'database', 'breadcrumbs', 'contexts',
  'unnamed', 'log', 'spans', 'block'
]

// Long, because machines are busy.
const WITHIN_S = 100

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

/** A request that carries them in each of its own places. */
function asked (trace) {
  const baggage = `sentry-trace_id=${trace},sentry-transaction=${CARD},sentry-planted=${TOKEN}`
  return {
    trace,
    headers: {
      'Content-Type': 'application/json', Cookie: `session=${COOKIE}`, 'X-Api-Key': TOKEN, 'User-Agent': `x (${CARD})`, baggage
    },
    body: JSON.stringify({ card: SPACED, cvv: CODE, token: TOKEN, email: ADDRESS })
  }
}

test('no byte of it is in an envelope or a line of the log, wherever it was put', { timeout: 400000 }, async t => {
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '1' }, { program })).ready()
  const query = `card=${SPACED.replaceAll(' ', '+')}&access_token=${TOKEN}&email=${ADDRESS}&cvv=${CODE}`
  const traces = Object.fromEntries(PLACES.map(place => [place, newTrace()]))

  const fire = place => payment.call('POST', `/planted/${place}?${query}`, asked(traces[place]))
  await Promise.all(PLACES.filter(place => place !== 'block').map(fire))
  await fire('block')
  for (const place of PLACES) {
    await waitFor(() => sentry.of('event', traces[place]).length > 0, `the event of ${place}`, WITHIN_S)
  }
  await payment.call('GET', `/nowhere/${CARD}/${ADDRESS}?${query}`)
  await payment.end()

  for (const place of PLACES) {
    const [events, sent] = ['event', 'transaction'].map(type => sentry.of(type, traces[place]))
    assert.ok(events.length > 0, place)
    assert.ok(place === 'properties' || JSON.stringify([events, sent]).includes('[Filtered]'), place)
  }
  const telling = sentry.envelopes.filter(({ raw }) => found(raw).length > 0)
  assert.deepEqual(telling.map(({ raw }) => [found(raw), raw.slice(0, 3000)]), [])
  // A line of the log stands for itself: what only another place names is not known there.
  const lines = payment.lines.filter(line => !line.includes('is it '))
  assert.deepEqual(found(lines.join('\n')), [])
  assert.match(payment.log, /\[Filtered\]/)
  assert.ok(!sentry.envelopes.some(({ raw }) => raw.includes('scrubbing_failed')))
})
