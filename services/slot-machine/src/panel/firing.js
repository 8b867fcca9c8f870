/**
 * One press: a new trace, as many calls on it as the case needs, each with its answer on the card.
 */
import { answered, called, isAnswered, isRefused, mustRestart, promisedStatus, withBefore } from './card.js'
import { callsOf } from './words.js'

const BEFORE_WITHIN_MS = 2000

/**
 * @param {object} given
 * @param {object} given.one the case, with its scenario.
 * @param {() => object} given.card the card as it is now.
 * @param {(change: (card: object) => object) => void} given.update
 * @param {object} given.gateway fires and answers.
 * @param {object} given.telemetry begins traces.
 * @param {import('./access.js').Access} given.access
 * @param {Record<string, (firing: object) => Promise<boolean>>} given.handlers of the page's own faults.
 * @param {object} given.api what they ask with.
 * @param {object} given.clock
 */
export async function fire (given) {
  const { one, card, update, telemetry, clock } = given
  const inPage = one.scenario.runs_in === 'page'
  let credential = null
  if (!inPage) {
    try {
      credential = await given.access.credential()
    } catch (error) {
      update(now => answered(called(now, null), { status: 0, ms: 0, detail: error.message }, clock.now()))
      return
    }
    if (mustRestart(card())) await lookBefore(given)
  }
  const attributes = { scenario: one.scenario.name, service: one.scenario.service, run: card().run }
  if (one.case) attributes.case = one.case
  await telemetry.newTrace(`fire ${one.id}`, attributes, trace => inPage
    ? fireInPage(given, trace)
    : fireAtService(given, trace, credential))
}

async function lookBefore ({ one, gateway, update, clock }) {
  const question = new AbortController()
  const late = clock.later(BEFORE_WITHIN_MS, () => question.abort(new Error('no answer in time')))
  try {
    const report = await gateway.before(one.scenario.service, question.signal)
    update(now => withBefore(now, report))
  } catch { /* Then the card's own clock tells old from new. */ } finally {
    late()
  }
}

async function fireAtService ({ one, card, update, gateway, access, clock }, trace, credential) {
  for (let call = 1; call <= callsOf(one.expect); call++) {
    update(now => called(now, trace.traceId))
    const began = clock.now()
    let answer = await gateway.press(one.path, { run: card().run, credential, trace })
    if (answer.status === 401 && promisedStatus(card(), call) !== 401 && await access.refused()) {
      credential = await access.credential()
      answer = await gateway.press(one.path, { run: card().run, credential, trace })
    }
    update(now => answered(now, { ...answer, ms: Math.round(clock.now() - began) }, clock.now()))
    if (isRefused(card()) || isAnswered(card())) return
  }
}

async function fireInPage ({ one, card, update, handlers, api, clock }, trace) {
  update(now => called(now, trace.traceId))
  const began = clock.now()
  const handler = handlers[one.scenario.name]
  if (!handler) {
    const detail = `This page has no fault ${one.scenario.name}; load it again.`
    update(now => answered(now, { status: 404, ms: 0, detail }, clock.now()))
    return
  }
  await handler({ scenario: one.scenario.name, case: one.case ?? undefined, run: card().run, trace, api })
  update(now => answered(now, { status: null, ms: Math.round(clock.now() - began) }, clock.now()))
}
