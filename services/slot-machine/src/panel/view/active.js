/**
 * What runs or holds something now, in all services, whoever fired it; each with a countdown and a stop.
 */
import { presenterOfRun } from '../presenter.js'
import { counted } from '../words.js'
import { h, reconcile, setAttribute, setText } from './dom.js'

const TICK_MS = 500

/**
 * @param {object} does `stop(run)`, `titleOf(caseId)`, `presenter()`, `clock`.
 */
export function activeView (does) {
  const views = new Map()
  const count = h('span', { class: 'count' })
  const heading = h('h3', { id: 'active-heading', tabindex: '-1' }, 'Active now ', count)
  const list = h('ul', { 'data-active': true, 'aria-labelledby': 'active-heading' })
  const none = h('p', { class: 'none' }, 'No fault runs or holds anything.')
  const note = h('p', { class: 'note' })
  let runs = []
  let ticking = null

  function tick () {
    for (const run of runs) views.get(run.run)?.tick()
    ticking = runs.length ? setTimeout(tick, TICK_MS) : null
  }

  return {
    element: h('section', { class: 'active', 'aria-labelledby': 'active-heading' },
      h('header', { class: 'rail-head' }, heading), none, list, note),
    /** @param {object[]} next runs, as `runsOf` gives them. @param {string} said what cannot be told, or nothing. */
    update (next, said) {
      const focused = list.contains(document.activeElement) ? document.activeElement.closest('li')?.dataset.run : null
      runs = next
      reconcile(list, runs, run => run.run, () => runView(does), views)
      if (focused && !views.has(focused)) heading.focus({ preventScroll: true })
      setText(count, runs.length ? String(runs.length) : '')
      none.hidden = runs.length > 0 || said !== ''
      setText(note, said)
      note.hidden = said === ''
      if (ticking === null) tick()
    }
  }
}

/**
 * Put the items of `GET /api/v1/faults` together by their run.
 *
 * @param {object[]} items
 * @param {number} now when they were told (ms).
 */
export function runsOf (items, now) {
  const runs = new Map()
  for (const item of items) {
    const run = runs.get(item.run) ?? { run: item.run, cases: [], holding: false, ends_at: 0 }
    run.cases.push(item.id)
    run.holding ||= item.holding
    run.ends_at = Math.max(run.ends_at, now + item.ends_in_s * 1000)
    runs.set(item.run, run)
  }
  return [...runs.values()]
}

function runView (does) {
  const title = h('span', { class: 'active-title' })
  const who = h('span', { class: 'active-who' })
  const left = h('span', { class: 'active-left' })
  let run = null
  const stop = h('button', { type: 'button', class: 'stop', on: { click: () => does.stop(run.run) } }, 'Stop')
  const tick = () => {
    const seconds = Math.max(0, Math.ceil((run.ends_at - does.clock.now()) / 1000))
    setText(left, seconds ? `${run.holding ? 'holds' : 'runs'}, ${seconds} s left` : 'ends now')
  }
  return {
    element: h('li', {}, h('span', { class: 'active-text' }, title, who, left), stop),
    tick,
    update (next) {
      run = next
      const times = run.cases.length > 1 ? ` × ${run.cases.length}` : ''
      const names = does.titleOf(run.cases[0]) + times
      const presenter = presenterOfRun(run.run)
      setAttribute(this.element, 'data-run', run.run)
      setAttribute(stop, 'data-stop', run.run)
      setAttribute(stop, 'aria-label', `Stop ${names}, run ${run.run}`)
      setText(title, names)
      setText(who, presenter === does.presenter() ? 'yours' : `by ${presenter}`)
      tick()
    }
  }
}

/** What a person hears of a stop. @param {object} answer of `DELETE /api/v1/faults`. */
export function stoppedInWords (answer) {
  const total = Object.values(answer.stopped ?? {}).reduce((sum, one) => sum + one, 0)
  const away = Object.entries(answer.services ?? {}).filter(([, state]) => state !== 'asked').map(([name]) => name)
  const unheard = away.length ? ` ${away.join(', ')} could not be asked: what runs there ends by its budget.` : ''
  return total ? `${counted(total, 'run')} stopped.${unheard}` : `Nothing ran that could be stopped.${unheard}`
}
