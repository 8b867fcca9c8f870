/**
 * A card in words: its steps with their seconds, its state, and what there is to say about it. Pure.
 */
import {
  cannotAsk, captureOf, isAnswered, isRefused, isUnheard, mustRestart, promisedStatus, stateOf, untraced
} from '../card.js'
import { callsOf, counted, inSeconds, refusalInWords } from '../words.js'

const PUT_OFF = 'Kubernetes puts off restarts that follow one another'
const UNHEARD = 'No answer came: the connection was lost, or the page was left. What was captured is looked for ' +
  'all the same.'

export const STATES = {
  firing: 'firing',
  answered: 'answered',
  captured: 'captured',
  restarting: 'restarting',
  ready: 'ready again',
  missing: 'not captured',
  refused: 'refused'
}

/**
 * @returns {{key: string, is: 'done'|'now'|'later'|'bad'|'unsure', name: string, what: string, ms: number|null}[]}
 *   `ms` from the press; of a step that is `now` it is how long ago that was. The first has `at` (ms since 1970).
 */
export function stepsOf (card, now) {
  const steps = [firedStep(card), answeredStep(card, now)]
  if (!isRefused(card)) {
    steps.push(capturedStep(card, now))
    if (card.traced_by.length && !cannotAsk(card)) steps.push(tracedStep(card))
    if (mustRestart(card)) steps.push(containerStep(card, now))
  }
  return steps
}

/** The state in one word or two, as a person sees it. */
export function stateInWords (card) {
  const state = stateOf(card)
  if (state === 'missing' && captureOf(card).complete) return 'not ready again'
  if (state === 'answered' && card.over && cannotAsk(card)) return 'answered, not looked for'
  return STATES[state]
}

/** State with its seconds, for the row that was pressed: `captured · 0.42 s`. */
export function verdictOf (card) {
  const state = stateOf(card)
  const ms = state === 'ready' ? card.ready_ms : state === 'captured' ? card.captured_ms : null
  return ms === null ? stateInWords(card) : `${stateInWords(card)} · ${inSeconds(ms)}`
}

/** What is worth a sentence, the worst first. */
export function sentencesOf (card, now) {
  const said = []
  if (isRefused(card)) {
    const refused = card.answers.at(-1)
    const call = callsOf(card.expect) > 1 ? `At call ${card.made} of ${callsOf(card.expect)}: ` : ''
    said.push({ kind: 'bad', text: call + refusalInWords(refused) })
    if (refused.detail) said.push({ kind: 'detail', text: refused.detail })
    const wait = waitOf(refused, now)
    const when = wait > 0 ? `in ${wait} s` : 'now'
    if (wait !== null) said.push({ kind: 'note', text: `It can be fired again ${when}.` })
    return said
  }
  if (card.lost && !card.over) said.push({ kind: 'warn', text: 'Connection lost, trying again.' })
  if (isUnheard(card)) said.push({ kind: 'warn', text: UNHEARD })
  said.push(...missingOf(card), ...surprisesOf(card))
  if (cannotAsk(card)) said.push({ kind: 'note', text: `Nobody can be asked what was captured: ${card.sink}.` })
  return said
}

/** One sentence for somebody who does not look: only what is worth an interruption. */
export function announcementOf (card) {
  const name = card.case ? `${card.title}, ${card.case}` : card.title
  switch (stateOf(card)) {
    case 'captured': return mustRestart(card) ? null : `${name}: captured after ${inSeconds(card.captured_ms)}.`
    case 'restarting': return `${name}: the container ended and restarts.`
    case 'ready': return `${name}: ready again after ${inSeconds(card.ready_ms)}.`
    case 'missing': return `${name}: ${stateInWords(card)} in time.`
    case 'refused': return `${name}: refused. ${sentencesOf(card, 0)[0].text}`
    default: return null
  }
}

function firedStep (card) {
  const calls = callsOf(card.expect)
  const what = calls > 1 ? `call ${Math.max(1, card.made)} of ${calls}` : ''
  return { key: 'fired', is: card.made > 0 ? 'done' : 'now', name: 'Fired', what, ms: null, at: card.pressed_at }
}

function answeredStep (card, now) {
  const name = card.runs_in === 'page' ? 'Set off' : 'Answered'
  const waiting = { key: 'answered', is: 'now', name, what: waitingWords(card), ms: now - card.pressed_at }
  if (!isAnswered(card)) return waiting
  const last = card.answers.at(-1)
  const ms = last.at - card.pressed_at
  if (isRefused(card)) {
    return { key: 'answered', is: 'bad', name, what: last.status ? `${last.status}, refused` : 'not sent', ms }
  }
  if (isUnheard(card)) return { key: 'answered', is: 'unsure', name, what: 'the answer is not known', ms: null }
  if (card.runs_in === 'page') return { key: 'answered', is: 'done', name, what: 'in this page, no HTTP', ms }
  const wrong = card.answers.findIndex((answer, index) => answer.status !== promisedStatus(card, index + 1))
  const found = card.answers.map(answer => answer.status).join(', then ')
  if (wrong === -1) return { key: 'answered', is: 'done', name, what: `${found}, as promised`, ms }
  return { key: 'answered', is: 'bad', name, what: `${found}; promised ${promisedStatus(card, wrong + 1)}`, ms }
}

function waitingWords (card) {
  if (callsOf(card.expect) === 1) return 'waiting'
  const heard = card.answers.map(answer => answer.status).join(', ')
  return heard ? `${heard}; call ${card.made} runs` : 'call 1 runs'
}

function capturedStep (card, now) {
  const { captured, due, complete, rows } = captureOf(card)
  const step = { key: 'captured', name: 'Captured' }
  const again = rows.filter(row => row.role === 'duplicate').length
  const doubled = again ? `, ${counted(again, 'duplicate')}` : ''
  const what = `${captured} of ${counted(due, 'event')}${doubled}`
  if (complete) return { ...step, is: again ? 'bad' : 'done', what, ms: card.captured_ms }
  if (cannotAsk(card)) return { ...step, is: 'unsure', what: 'nobody can be asked', ms: null }
  if (card.over) return { ...step, is: 'bad', what, ms: null }
  return { ...step, is: card.made > 0 ? 'now' : 'later', what, ms: now - card.pressed_at }
}

function tracedStep (card) {
  const step = { key: 'traced', name: 'Traced', ms: card.traced_ms }
  const missing = untraced(card)
  const there = card.traced_by.filter(service => !missing.includes(service)).join(', ')
  if (!missing.length) return { ...step, is: 'done', what: there }
  const what = [there, `${missing.join(', ')} ${card.over ? 'did not come' : 'to come'}`].filter(Boolean).join('; ')
  return { ...step, is: card.over ? 'unsure' : card.made > 0 ? 'now' : 'later', what }
}

function containerStep (card, now) {
  const step = { key: 'container', name: 'Ready again' }
  const down = card.down_ms === null ? '' : `away after ${inSeconds(card.down_ms)}`
  if (card.ready_ms !== null) return { ...step, is: 'done', what: 'the container has restarted', ms: card.ready_ms }
  if (card.over) return { ...step, is: 'bad', what: down || 'it did not end', ms: null }
  if (!isAnswered(card)) return { ...step, is: 'later', what: '', ms: null }
  const { recovers_within_s: withinS } = card.expect.pod
  const late = now - card.answers.at(-1).at > withinS * 1000
  const what = late ? `later than the promised ${withinS} s; ${PUT_OFF}` : down || 'the container ends'
  return { ...step, is: 'now', what, ms: now - card.pressed_at }
}

function missingOf (card) {
  if (stateOf(card) !== 'missing') return []
  const { missing } = captureOf(card)
  if (missing.length && isUnheard(card)) {
    return [{ kind: 'bad', text: 'Nothing of it has arrived, so it was probably never fired.' }]
  }
  if (missing.length) {
    const names = [...new Set(missing)].join(', ')
    const late = `Not captured within ${card.expect.within_s} s after the answer: ${names}.`
    return [{ kind: 'bad', text: `${late} It is lost, or very late.` }]
  }
  return [{ kind: 'bad', text: `${card.service} is not ready again; its container may be waiting to be restarted.` }]
}

function surprisesOf (card) {
  const { rows } = captureOf(card)
  return rows.flatMap(({ event, wrongs }) => wrongs.map(wrong => (
    { kind: 'warn', text: `${event.type ?? 'The message'} ${wrong}.` }
  )))
}

function waitOf (answer, now) {
  if (!answer.retry_after_s) return null
  return Math.max(0, Math.ceil((answer.at - now) / 1000 + answer.retry_after_s))
}
