/**
 * A firing from the press to its end, as data: what happened to it only ever adds to it. Pure: no clock, no network.
 *
 * All moments are milliseconds since 1970 (`..._at`) or since the press (`..._ms`), so that a card outlives a reload.
 */
import { compare } from './contract.js'
import { callsOf, endsPod } from './words.js'

// On top of what the catalogue promises: the polls' own steps, and a busy machine.
export const MARGIN_MS = 5000
// The longest time that a kubelet, by its own default, puts off the restart of a container that ended often.
export const PUT_OFF_MS = 300_000
// A started_at that differs counts as new from a little before the press on: clocks of two containers differ.
const SKEW_S = 1
const NOBODY = 0 // the status of a call that nobody answered
const PAGE = 'slot-machine'
const GATEWAY = 'gateway'
// Nothing was fired. A 503 is the gateway's: the service is not there, or restarts.
const REFUSALS = new Set([400, 401, 403, 404, 405, 409, 413, 429, 503])

/**
 * @param {object} one case of the catalogue, with its scenario.
 * @param {{run: string, now: number, pageSends?: boolean}} press `pageSends`: whether this page sends its own spans.
 */
export function newCard (one, { run, now, pageSends = false }) {
  return {
    run,
    trace: null,
    case_id: one.id,
    case: one.case,
    title: one.scenario.title,
    service: one.scenario.service,
    scenario: one.scenario.name,
    runs_in: one.scenario.runs_in,
    wall_s: one.budget.wall_s,
    expect: one.expect,
    pressed_at: now,
    before: null,
    made: 0,
    answers: [],
    sink: null,
    events: [],
    transactions: [],
    traced_by: tracedBy(one, pageSends),
    links: { issues: null, trace: null },
    service_now: null,
    captured_ms: null,
    traced_ms: null,
    down_ms: null,
    ready_ms: null,
    watch_until: null,
    lost: false,
    over: false
  }
}

/** Before a press that ends a container: since when it runs, by the gateway's clock. */
export function withBefore (card, report) {
  return { ...card, before: { started_at: report.service?.started_at ?? null, now: report.now } }
}

export function called (card, trace) {
  return { ...card, trace: trace ?? card.trace, made: card.made + 1 }
}

/**
 * @param {object} answer `status` (0: there was none; null: it happens in the page), `ms`, and of a problem `code`,
 *   `detail`, `retry_after_s`, of a success `report`.
 */
export function answered (card, answer, now) {
  const next = { ...card, answers: [...card.answers, { ...answer, at: now }] }
  return isAnswered(next) ? { ...next, watch_until: watchUntil(next, now) } : next
}

/** What `GET /api/v1/firings/<trace>` said. */
export function reported (card, report, now) {
  const ms = Math.round(now - card.pressed_at)
  const next = {
    ...card,
    lost: false,
    sink: report.sink,
    events: report.events ?? [],
    transactions: report.transactions ?? [],
    links: { issues: report.links?.issues ?? null, trace: report.links?.trace ?? null },
    service_now: report.service ?? null
  }
  if (next.captured_ms === null && captureOf(next).complete) next.captured_ms = ms
  if (next.traced_ms === null && next.transactions.length > 0 && untraced(next).length === 0) next.traced_ms = ms
  if (mustRestart(next)) {
    const service = report.service
    const back = service?.ready && isNew(card, service.started_at)
    if (next.down_ms === null && service && (back || (!service.ready && card.made > 0))) next.down_ms = ms
    if (next.ready_ms === null && back) next.ready_ms = ms
  }
  return settled(next, now)
}

export function connectionLost (card) {
  return { ...card, lost: true }
}

/** The moment a poll asks whether it may end. */
export function settled (card, now) {
  if (card.over) return card
  if (isRefused(card)) return { ...card, over: true, lost: false }
  if (!isAnswered(card)) return card
  const all = isFinished(card) && untraced(card).length === 0
  return { ...card, over: all || now >= card.watch_until }
}

/** Look again at a card that was given up. */
export function watchedAgain (card, now) {
  return { ...card, over: false, lost: false, watch_until: watchUntil(card, now) }
}

/**
 * A card as it comes back after a reload: a press that waited for its answer will not get it any more.
 */
export function revived (card, now) {
  if (card.over || isAnswered(card)) return card
  return settled(answered(card, { status: NOBODY, ms: Math.round(now - card.pressed_at) }, now), now)
}

/** The one word of it: `data-state`. */
export function stateOf (card) {
  if (isRefused(card)) return 'refused'
  if (!isAnswered(card)) return 'firing'
  const { complete } = captureOf(card)
  if (mustRestart(card)) {
    if (complete && card.ready_ms !== null) return 'ready'
    if (card.over) return cannotAsk(card) ? 'answered' : 'missing'
    if (card.down_ms !== null || (complete && isBroken(last(card)))) return 'restarting'
    return complete ? 'captured' : 'answered'
  }
  if (complete) return 'captured'
  return card.over && !cannotAsk(card) ? 'missing' : 'answered'
}

/** Whether nothing more has to come but spans. */
export function isFinished (card) {
  return card.over || ['captured', 'ready'].includes(stateOf(card)) && !(mustRestart(card) && card.ready_ms === null)
}

/** The services whose transactions are still to come. */
export function untraced (card) {
  const there = new Set(card.transactions.map(one => one.service))
  return card.traced_by.filter(service => !there.has(service))
}

/** How many of how many, which are duplicates, and whether all is there. */
export function captureOf (card) {
  const found = compare(card, card.events)
  return { ...found, complete: card.made > 0 && found.captured === found.due }
}

/** Whether nobody can be asked what was captured, so that nothing can be said to be missing. */
export function cannotAsk (card) {
  return card.sink !== null && card.sink !== 'asked'
}

export function mustRestart (card) {
  return card.runs_in !== 'page' && endsPod(card.expect) && !isRefused(card)
}

export function isRefused (card) {
  return card.answers.some((answer, index) => isRefusal(card, answer, index + 1))
}

/** Whether no further answer will come. */
export function isAnswered (card) {
  const final = last(card)
  if (!final) return false
  return final.status === NOBODY || card.answers.length >= callsOf(card.expect) || isBroken(final) || isRefused(card)
}

/** What the catalogue promises of the answer to a call, counted from 1; null in the page. */
export function promisedStatus (card, call) {
  if (card.runs_in === 'page') return null
  return endsPod(card.expect) && call === callsOf(card.expect) ? 502 : card.expect.status
}

/** Whether a call ended its container: no further one is made. */
export function isBroken (answer) {
  return answer?.status === 502
}

function isRefusal (card, answer, call) {
  if (answer.status === null || answer.status === promisedStatus(card, call)) return false
  return answer.status === NOBODY ? !card.trace : REFUSALS.has(answer.status)
}

/** Whether its answer got lost, so that nobody knows whether it was fired; the sink may know. */
export function isUnheard (card) {
  return card.trace !== null && last(card)?.status === NOBODY
}

function isNew (card, startedAt) {
  if (typeof startedAt !== 'number') return false
  const before = card.before ?? { started_at: null, now: card.pressed_at / 1000 }
  return startedAt !== before.started_at && startedAt > before.now - SKEW_S
}

/** Who must have a transaction on the trace; what ends its process sends none. */
function tracedBy (one, pageSends) {
  const { service, runs_in: runsIn } = one.scenario
  const own = one.expect.items?.transaction ? [service] : []
  const services = runsIn === 'page' ? own : [PAGE, GATEWAY, ...own]
  return [...new Set(services)].filter(name => name !== PAGE || pageSends)
}

function watchUntil (card, now) {
  const runsOnMs = isUnheard(card) ? card.wall_s * 1000 : 0
  const promisedMs = card.expect.within_s * 1000 + MARGIN_MS + runsOnMs
  if (!mustRestart(card)) return now + promisedMs
  return now + Math.max(promisedMs, card.expect.pod.recovers_within_s * 1000 + PUT_OFF_MS)
}

function last (card) {
  return card.answers.at(-1)
}
