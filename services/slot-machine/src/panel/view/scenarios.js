/**
 * The three sections: every scenario with its cases, a button each.
 */
import { sharedBudget } from '../catalogue.js'
import { stateOf } from '../card.js'
import { answerInWords, budgetInWords, counted, endsPod, eventInWords, memoryWarningInWords, podInWords } from '../words.js'
import { h, setAttribute, setText } from './dom.js'
import { verdictOf } from './steps.js'

/**
 * @param {object[]} sections of the catalogue.
 * @param {object} does `fire(case)`, `show(run)`; `enabled`: whether faults can be fired at all.
 */
export function scenarios (sections, does) {
  const views = sections.map(section => sectionView(section, does))
  const rows = new Map(views.flatMap(view => [...view.rows]))
  const nothing = h('p', { class: 'none', role: 'status' })
  nothing.hidden = true
  return {
    element: h('div', { class: 'sections' }, ...views.map(view => view.element), nothing),
    headings: views.map(view => ({ name: view.name, panel: view.panel, heading: view.heading })),
    /** @param {Set<string>} ids of the cases to show. @returns {Map<string, number>} how many by section. */
    filter (ids, text) {
      const shown = new Map(views.map(view => [view.panel, view.filter(ids)]))
      nothing.hidden = ids.size > 0
      setText(nothing, ids.size ? '' : `No case fits “${text}”.`)
      return shown
    },
    /** @param {object} card the newest of its case. */
    verdict (card) {
      rows.get(card.case_id)?.verdict(card)
    },
    forget (caseId) {
      rows.get(caseId)?.verdict(null)
    },
    /** @param {string} id of a scenario. @returns {HTMLElement|null} */
    find (id) {
      return views.map(view => view.find(id)).find(Boolean) ?? null
    }
  }
}

function sectionView (section, does) {
  const count = h('span', { class: 'count' })
  const heading = h('h3', { id: `section-${section.panel}`, tabindex: '-1' }, section.name)
  const views = section.scenarios.map(scenario => scenarioView(scenario, does))
  const element = h('section', { class: 'section', 'data-panel': section.panel, 'aria-labelledby': heading.id },
    h('header', { class: 'section-head' }, heading, count),
    h('div', { class: 'section-list' }, ...views.map(view => view.element)))
  return {
    element,
    heading,
    name: section.name,
    panel: section.panel,
    rows: views.flatMap(view => view.rows),
    find: id => views.find(view => view.id === id)?.element,
    filter (ids) {
      const shown = views.map(view => view.filter(ids)).filter(cases => cases > 0)
      const cases = shown.reduce((sum, one) => sum + one, 0)
      setText(count, `${counted(shown.length, 'scenario')}, ${counted(cases, 'case')}`)
      element.hidden = shown.length === 0
      return cases
    }
  }
}

function scenarioView (scenario, does) {
  const heading = h('h4', { id: `scenario-${scenario.service}-${scenario.name}` }, scenario.title)
  const several = scenario.cases.some(one => one.case)
  const shared = several ? sharedBudget(scenario) : null
  const rows = scenario.cases.map(one => [one.id, caseRow(one, shared, does)])
  const names = { class: 'scenario', 'data-scenario': scenario.id, 'aria-labelledby': heading.id }
  const element = h('article', { ...names, tabindex: '-1' },
    h('header', { class: 'scenario-head' }, heading,
      h('code', { class: 'service' }, h('b', {}, scenario.service), `/${scenario.name}`),
      scenario.present ? null : h('span', { class: 'absent' }, `${scenario.service} is not part of this release`)),
    runbook(scenario),
    several ? h('p', { class: 'summary' }, scenario.summary) : null,
    shared ? fact('Costs', budgetInWords(shared)) : null,
    h('ul', { class: 'cases' }, ...rows.map(([, row]) => row.element)))
  return {
    id: scenario.id,
    element,
    rows,
    filter (ids) {
      const shown = rows.filter(([id, row]) => {
        row.element.hidden = !ids.has(id)
        return ids.has(id)
      }).length
      element.hidden = shown === 0
      return shown
    }
  }
}

function caseRow (one, shared, does) {
  const { scenario } = one
  const about = `about-${one.id.replaceAll('/', '-')}`
  const name = one.case ? `${scenario.title}: ${one.case}` : scenario.title
  const fire = h('button', {
    type: 'button',
    class: 'fire',
    'data-fire': one.id,
    'data-ends-pod': endsPod(one.expect),
    'aria-label': `Fire ${name}`,
    'aria-describedby': about,
    on: { click: () => does.fire(one) }
  }, one.case ?? 'Fire')
  fire.disabled = !does.enabled || !scenario.present
  let last = null
  const verdict = h('button', { type: 'button', class: 'verdict', on: { click: () => does.show(last.run) } })
  verdict.hidden = true
  const said = [...(one.expect.events ?? []).map(eventInWords), memoryWarningInWords(one.expect)]
  const events = said.filter(Boolean).join('; ')
  const pod = podInWords(one.expect)
  const element = h('li', { class: 'case', 'data-row': one.id },
    h('div', { class: 'case-do' }, fire, verdict),
    h('p', { class: 'case-summary', id: about }, one.case ? one.summary : scenario.summary),
    h('div', { class: 'case-facts' },
      shared ? null : fact('Costs', budgetInWords(one.budget)),
      fact('Expect', `${answerInWords(one.expect)}; ${events}`),
      pod ? fact('Container', pod, 'ends') : null))
  return {
    element,
    verdict (card) {
      last = card
      verdict.hidden = card === null
      if (!card) return
      setAttribute(verdict, 'data-state', stateOf(card))
      setText(verdict, verdictOf(card))
      setAttribute(verdict, 'aria-label', `${name}: ${verdictOf(card)}. Show its card`)
    }
  }
}

function fact (label, text, kind = null) {
  return h('p', { class: 'fact', 'data-kind': kind }, h('span', { class: 'fact-label' }, `${label} `), text)
}

function runbook ({ title, runbook: book }) {
  return h('details', { class: 'runbook' },
    h('summary', {}, 'Runbook', h('span', { class: 'visually-hidden' }, ` of ${title}`)),
    h('dl', {},
      h('dt', {}, 'Symptom'), h('dd', {}, book.symptom),
      h('dt', {}, 'Look at'), h('dd', {}, book.look_at),
      h('dt', {}, 'Remedy'), h('dd', {}, book.remedy)))
}
