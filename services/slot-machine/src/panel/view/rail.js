/**
 * The cards, newest first.
 */
import { isFinished } from '../card.js'
import { counted } from '../words.js'
import { cardView } from './card.js'
import { bringIntoView, h, reconcile, setText } from './dom.js'

const TICK_MS = 250
const NOTHING = 'Nothing has been fired in this tab yet. Press a case: its card appears here, and goes on until ' +
  'all that was promised has come.'

/**
 * @param {object} does what a card can do, and `clear()`: remove all that are over.
 */
export function rail (does) {
  const views = new Map()
  const count = h('span', { class: 'count' })
  const list = h('div', { class: 'cards' })
  const none = h('p', { class: 'none' }, NOTHING)
  const clear = h('button', { type: 'button', class: 'quiet', on: { click: does.clear } }, 'Remove finished')
  const heading = h('h3', { id: 'fired-heading', tabindex: '-1' }, 'Fired ', count)
  let cards = []
  let ticking = null

  function tick () {
    for (const card of cards) if (needsTime(card, does.clock.now())) views.get(card.run)?.tick()
    ticking = cards.some(card => needsTime(card, does.clock.now())) ? setTimeout(tick, TICK_MS) : null
  }

  return {
    element: h('section', { class: 'fired', 'aria-labelledby': 'fired-heading' },
      h('header', { class: 'rail-head' }, heading, clear), none, list),
    update (next) {
      cards = next
      reconcile(list, cards, card => card.run, card => cardView(card, does), views)
      setText(count, cards.length ? String(cards.length) : '')
      count.title = counted(cards.length, 'card')
      none.hidden = cards.length > 0
      clear.hidden = !cards.some(isFinished)
      if (ticking === null) tick()
    },
    /** Lead a person to a card. @param {string} run */
    show (run) {
      const view = views.get(run)
      if (!view) return
      bringIntoView(view.element)
      view.element.focus({ preventScroll: true })
    },
    focus () {
      heading.focus({ preventScroll: true })
    },
    lead () {
      bringIntoView(heading, 'start')
      heading.focus({ preventScroll: true })
    }
  }
}

/** A card counts seconds until it is over, and a refused one until it can be fired again. */
function needsTime (card, now) {
  if (!card.over) return true
  const last = card.answers.at(-1)
  return Boolean(last?.retry_after_s) && now < last.at + (last.retry_after_s + 1) * 1000
}
