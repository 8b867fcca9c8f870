/**
 * The debug panel: the catalogue with a button for each case, and a card for each firing.
 */
import { HANDLERS } from '../faults/index.js'
import { Access } from './access.js'
import { stateOf } from './card.js'
import { Cards } from './cards.js'
import { casesOf, fitting, sectionsOf, tableMismatches } from './catalogue.js'
import { Gateway } from './gateway.js'
import { readLink } from './link.js'
import { pageClock } from './poller.js'
import { keepPresenter, presenterOf } from './presenter.js'
import { watch } from './watch.js'
import { activeView, runsOf, stoppedInWords } from './view/active.js'
import { announcer } from './view/announcer.js'
import { bringIntoView, h } from './view/dom.js'
import { accessField, head, presenterField } from './view/head.js'
import { rail } from './view/rail.js'
import { scenarios } from './view/scenarios.js'
import { announcementOf } from './view/steps.js'
import { loadStyle } from './view/style.js'

const AGAIN_MS = 3000
const PASS_SHOWN_MS = 20_000
const PAGE = 'slot-machine'
const FAULTS_OFF = 'Faults are switched off here: all can be read, nothing fired. global.faults.enabled=true in the ' +
  'values of the chart switches them on.'
const STYLES = ['panel-scenarios.css', 'panel-cards.css']

/**
 * Draw the panel; it stays drawn when it is closed, and its cards go on.
 *
 * @param {HTMLElement} element to draw into.
 * @param {{api: object, telemetry: object, settings: object}} shared
 */
export async function openPanel (element, { api, telemetry, settings }) {
  const clock = pageClock
  const gateway = new Gateway(api)
  const said = announcer(clock)
  const catalogue = await readCatalogue(element, gateway, clock, Promise.all(STYLES.map(loadStyle)))
  const sections = sectionsOf(catalogue)
  const cases = new Map(casesOf(sections).map(one => [one.id, one]))
  const { enabled } = catalogue.faults
  let presenter = presenterOf(localStorageOf())

  const access = new Access({
    offered: enabled && (catalogue.faults.pass ?? settings.faults.pass) === 'offered',
    askPass: () => gateway.askPass(),
    storage: sessionStorage,
    clock,
    onChange: () => right.update()
  })
  const cards = new Cards({
    gateway, telemetry, access, api, clock, handlers: HANDLERS, storage: sessionStorage,
    pageSends: settings.ingest !== null, onChange: cardsChanged
  })

  const top = head({
    close,
    filter: wanted => top.counts(list.filter(fitting(sections, wanted), wanted.text), cases.size),
    jump: panel => lead(list.headings.find(one => one.panel === panel).heading),
    jumpToCards: () => fired.lead(),
    stopAll: () => stop(null)
  })
  const right = accessField(access, clock)
  const list = scenarios(sections, { enabled, fire: press, show: run => fired.show(run) })
  const fired = rail({
    clock,
    announce: said.announce,
    again: card => press(cases.get(card.case_id)),
    look: card => cards.look(card.run),
    remove: card => { cards.remove(card.run); fired.focus() },
    clear: () => { cards.removeOver(); fired.focus() }
  })
  const active = activeView({
    clock, presenter: () => presenter, titleOf, stop
  })
  const looking = watch({
    clock,
    ask: () => gateway.active(),
    isWatched: () => enabled && !element.hidden && !document.hidden,
    isBusy: () => cards.someLive,
    onAnswer: showActive,
    onLost: () => active.update([], 'Connection lost, trying again.')
  })

  function press (one) {
    if (!one) return
    cards.fire(one, presenter).catch(error => telemetry.capture(error))
    looking.hurry()
  }

  function cardsChanged (all, before, after) {
    fired.update(all)
    top.cards(all.length)
    const newest = new Map([...all].reverse().map(card => [card.case_id, card]))
    for (const id of cases.keys()) newest.has(id) ? list.verdict(newest.get(id)) : list.forget(id)
    if (!before || !after || stateOf(before) === stateOf(after)) return
    said.announce(announcementOf(after))
    if (stateOf(after) === 'refused' && !after.trace && access.kind === 'none') right.askFor()
    looking.hurry()
  }

  function showActive (answer) {
    const runs = runsOf(answer.active, clock.now())
    const away = Object.entries(answer.services ?? {}).filter(([, state]) => state !== 'asked').map(([name]) => name)
    active.update(runs, away.length ? `${away.join(', ')} cannot be asked now.` : '')
    top.active(runs.length)
    return runs.length > 0
  }

  async function stop (run) {
    try {
      said.announce(stoppedInWords(await withAccess(access, credential => gateway.stop(run, credential))))
    } catch (error) {
      said.announce(`Nothing was stopped: ${error.message}`)
      notice.textContent = `Nothing was stopped: ${error.message}`
      return
    }
    notice.textContent = ''
    looking.hurry()
  }

  function titleOf (id) {
    const one = cases.get(id)
    return one ? [one.scenario.title, one.case].filter(Boolean).join(': ') : id
  }

  function close () {
    const button = document.getElementById('show-debug-panel')
    button.click()
    button.focus()
  }

  function followLink () {
    const ids = sections.flatMap(section => section.scenarios).map(scenario => scenario.id)
    const link = readLink(location.hash, ids, PAGE)
    if (link.unknown) notice.textContent = `The address asks for “${link.unknown}”, which is not in the catalogue.`
    if (!link.scenario) return
    top.clearFilter()
    const target = list.find(link.scenario)
    for (const other of element.querySelectorAll('[data-linked]')) other.removeAttribute('data-linked')
    target.setAttribute('data-linked', '')
    // Whoever opened the panel leads to its top; that is done before this.
    clock.later(0, () => lead(target, 'center'))
  }

  const notice = h('p', { class: 'notice', role: 'alert' })
  const banner = enabled ? '' : h('p', { class: 'banner' }, FAULTS_OFF)
  element.removeAttribute('aria-label')
  element.setAttribute('aria-labelledby', 'debug-panel-title')
  element.replaceChildren(top.element, banner, notice,
    h('div', { class: 'panel-settings' },
      presenterField(presenter, name => { presenter = name; keepPresenter(localStorageOf(), name) }),
      enabled ? right.element : '', top.chips),
    h('div', { class: 'panel-body' },
      list.element,
      h('aside', { class: 'rail', 'aria-label': 'Active faults and firings' }, active.element, fired.element)),
    said.element)

  top.offer(list.headings, catalogue.services.map(service => service.name)
    .filter(name => [...cases.values()].some(one => one.scenario.service === name)))
  top.clearFilter()
  cards.revive()
  sayMismatches(tableMismatches(sections, HANDLERS), notice, telemetry)
  if (enabled && access.offered && access.kind === 'none') access.renew()
  followLink()
  looking.hurry()
  repeat(clock, PASS_SHOWN_MS, right.update)

  element.addEventListener('keydown', event => {
    if (event.key === 'Escape' && !event.defaultPrevented) close()
  })
  addEventListener('hashchange', followLink)
  addEventListener('online', () => { cards.hurry(); looking.hurry() })
  document.addEventListener('visibilitychange', () => looking.hurry())
  new ResizeObserver(([{ borderBoxSize: [{ blockSize }] }]) => element.style.setProperty('--head', `${blockSize}px`))
    .observe(top.element)
  new MutationObserver(() => looking.hurry()).observe(element, { attributes: true, attributeFilter: ['hidden'] })
}

async function readCatalogue (element, gateway, clock, style) {
  element.setAttribute('aria-busy', 'true')
  const note = h('p', { class: 'loading' }, 'Reading the catalogue …')
  element.replaceChildren(note)
  await style
  for (;;) {
    try {
      return await gateway.catalogue()
    } catch (error) {
      note.textContent = `The catalogue cannot be read (${error.message}); trying again.`
      await new Promise(resolve => void clock.later(AGAIN_MS, resolve))
    } finally {
      element.removeAttribute('aria-busy')
    }
  }
}

async function withAccess (access, work) {
  try {
    return await work(await access.credential())
  } catch (error) {
    if (error.status !== 401 || !await access.refused()) throw error
    return work(await access.credential())
  }
}

function sayMismatches (mismatches, notice, telemetry) {
  if (!mismatches.length) return
  notice.textContent = `Page and catalogue disagree: ${mismatches.join('; ')}.`
  telemetry.captureWarning('The faults of the page are not those of the catalogue', { table: { mismatches } })
}

function lead (target, block = 'start') {
  bringIntoView(target, block)
  target.focus({ preventScroll: true })
}

function repeat (clock, ms, work) {
  clock.later(ms, () => { work(); repeat(clock, ms, work) })
}

function localStorageOf () {
  try {
    return localStorage
  } catch {
    return { getItem: () => null, setItem () {} }
  }
}
