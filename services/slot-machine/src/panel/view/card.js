/**
 * One card: what was fired, its steps, what was captured, and where to read on.
 */
import { captureOf, isFinished, stateOf } from '../card.js'
import { inSeconds } from '../words.js'
import { copyButton, h, reconcile, setAttribute, setText } from './dom.js'
import { sentencesOf, stateInWords, stepsOf } from './steps.js'

const ROLES = { duplicate: 'duplicate', consequence: 'follows from it', warning: 'near the limit', death: 'the death', other: 'not promised' }

/**
 * @param {object} card
 * @param {object} does `again(card)`, `look(card)`, `remove(card)`, `announce(text)`, `clock`.
 * @returns {{element: HTMLElement, update: (card: object) => void, tick: () => void}}
 */
export function cardView (card, does) {
  let now = card
  const heading = `card-${card.run}`
  const name = card.case ? `${card.title}: ${card.case}` : card.title
  const state = h('span', { class: 'state' })
  const steps = h('ol', { class: 'steps', 'aria-label': 'What became of it' })
  const sentences = h('ul', { class: 'sentences' })
  const events = h('ul', { class: 'events', 'aria-label': 'Captured events' })
  const trace = linkOut('Trace', `Trace of ${name}`)
  const traceId = copyButton('trace id', does.announce)
  const look = button('Look again', `Look again for ${name}`, () => does.look(now))
  const again = button('Fire again', `Fire ${name} again`, () => does.again(now))
  const remove = h('button', {
    type: 'button',
    class: 'remove',
    'aria-label': `Remove the card of ${name}, run ${card.run}`,
    on: { click: () => does.remove(now) }
  }, '×')
  const names = { class: 'card', 'data-case': card.case_id, 'data-run': card.run, 'aria-labelledby': heading }
  const element = h('article', { ...names, tabindex: '-1' },
    h('header', { class: 'card-head' },
      h('h4', { id: heading }, card.title, card.case ? h('span', { class: 'case-name' }, ` ${card.case}`) : null),
      state, remove,
      h('p', { class: 'card-meta' }, h('span', { class: 'service' }, card.service),
        h('span', { class: 'run' }, `run ${card.run}`))),
    steps, sentences, events,
    h('footer', { class: 'card-foot' }, trace.element, traceId.element, look, again))
  const views = { steps: new Map(), sentences: new Map(), events: new Map() }

  function draw () {
    const at = does.clock.now()
    reconcile(steps, stepsOf(now, at), step => step.key, stepView, views.steps)
    reconcile(sentences, sentencesOf(now, at), (one, index) => `${one.kind}${index}`, sentenceView, views.sentences)
  }

  return {
    element,
    tick: draw,
    update (next) {
      now = next
      setAttribute(element, 'data-state', stateOf(now))
      setAttribute(element, 'data-trace', now.trace ?? '')
      setAttribute(element, 'data-captured-ms', now.captured_ms)
      setAttribute(element, 'data-ready-ms', now.ready_ms)
      setText(state, stateInWords(now))
      draw()
      const { rows } = captureOf(now)
      reconcile(events, rows, row => row.event.event_id, row => eventView(row, does.announce), views.events)
      events.hidden = now.events.length === 0
      trace.update(now.links.trace)
      traceId.update(now.trace)
      look.hidden = stateOf(now) !== 'missing'
      again.hidden = !isFinished(now)
    }
  }
}

function stepView () {
  const name = h('span', { class: 'step-name' })
  const what = h('span', { class: 'step-what' })
  const at = h('span', { class: 'step-at' })
  return {
    element: h('li', { class: 'step' }, h('span', { class: 'dot', 'aria-hidden': 'true' }), name, what, at),
    update (step) {
      setAttribute(this.element, 'data-step', step.key)
      setAttribute(this.element, 'data-is', step.is)
      setText(name, step.name)
      setText(what, step.what)
      setText(at, step.at ? timeOfDay(step.at) : step.ms === null ? '' : inSeconds(step.ms))
    }
  }
}

function sentenceView () {
  return {
    element: h('li', {}),
    update (one) {
      setAttribute(this.element, 'data-kind', one.kind)
      setText(this.element, one.text)
    }
  }
}

function eventView (row, announce) {
  const { event } = row
  const role = h('span', { class: 'role' })
  const issue = linkOut('Issue', `Issue of ${event.title ?? event.event_id}`)
  const id = copyButton('event id', announce)
  const handled = { true: 'handled', false: 'unhandled' }[event.handled]
  const flags = [event.service, event.level, handled]
  id.update(event.event_id)
  return {
    element: h('li', { class: 'event' },
      h('p', { class: 'event-title' }, role, event.title ?? 'an event that says nothing'),
      h('p', { class: 'event-flags' }, flags.filter(Boolean).join(' · ')),
      h('p', { class: 'event-links' }, issue.element, id.element)),
    update (next) {
      setAttribute(this.element, 'data-role', next.role)
      setText(role, ROLES[next.role] ?? '')
      role.hidden = !(next.role in ROLES)
      issue.update(next.event.issue_url)
    }
  }
}

/** A link that leads out of the page, or nothing where there is none. */
function linkOut (text, label) {
  const spoken = `${label} (opens a new tab)`
  const element = h('a', { target: '_blank', rel: 'noopener noreferrer', 'aria-label': spoken }, text)
  element.hidden = true
  return {
    element,
    update (url) {
      const safe = /^https?:\/\//.test(url ?? '') ? url : null
      setAttribute(element, 'href', safe)
      element.hidden = safe === null
    }
  }
}

function button (text, label, press) {
  const element = h('button', { type: 'button', class: 'quiet', 'aria-label': label, on: { click: press } }, text)
  element.hidden = true
  return element
}

function timeOfDay (ms) {
  return new Date(ms).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit' })
}
