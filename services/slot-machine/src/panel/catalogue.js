/**
 * The catalogue as the panel shows it: three sections, their scenarios, and what a filter leaves of them.
 */
export const SECTIONS = [
  { panel: 'service-crashes', name: 'Service Crashes' },
  { panel: 'memory-and-threading', name: 'Memory & Threading' },
  { panel: 'service-specific-errors', name: 'Service-Specific Errors' }
]

/**
 * @param {object} document what `GET /api/v1/catalog` answers.
 * @returns {object[]} the sections in order, each with its `scenarios`; a scenario knows its `runs_in`, whether it is
 *   `present`, and each case its scenario.
 */
export function sectionsOf (document) {
  const services = new Map(document.services.map(service => [service.name, service]))
  return SECTIONS.map(section => ({
    ...section,
    scenarios: document.scenarios
      .filter(scenario => scenario.panel === section.panel)
      .map(scenario => withService(scenario, services.get(scenario.service)))
  }))
}

/**
 * @param {object[]} sections
 * @param {{text: string, service: string|null}} wanted every word must be found somewhere in the case.
 * @returns {Set<string>} ids of the cases that fit.
 */
export function fitting (sections, { text, service }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  return new Set(casesOf(sections)
    .filter(one => !service || one.scenario.service === service)
    .filter(one => words.every(word => one.text.includes(word)))
    .map(one => one.id))
}

export function casesOf (sections) {
  return sections.flatMap(section => section.scenarios).flatMap(scenario => scenario.cases)
}

/**
 * Hold the page's own table of faults against the catalogue.
 *
 * @returns {string[]} what one side has and the other lacks, a sentence each.
 */
export function tableMismatches (sections, handlers) {
  const declared = new Set(sections.flatMap(section => section.scenarios)
    .filter(scenario => scenario.runs_in === 'page').map(scenario => scenario.name))
  return [
    ...[...declared].filter(name => !Object.hasOwn(handlers, name))
      .map(name => `the catalogue has ${name}, which this page cannot fire; reload it`),
    ...Object.keys(handlers).filter(name => !declared.has(name))
      .map(name => `this page can fire ${name}, which the catalogue does not have`)
  ]
}

/** The one budget of all cases of a scenario; none when they differ. */
export function sharedBudget (scenario) {
  const texts = new Set(scenario.cases.map(one => JSON.stringify(one.budget)))
  return texts.size === 1 ? scenario.cases[0].budget : null
}

function withService (scenario, service) {
  const name = scenario.id.slice(scenario.id.indexOf('/') + 1)
  const full = {
    ...scenario, name, runs_in: service?.runs_in ?? 'cluster', present: service?.present ?? false
  }
  full.cases = scenario.cases.map(one => ({ ...one, scenario: full, text: textOf(full, one) }))
  return full
}

function textOf (scenario, one) {
  const events = (one.expect.events ?? []).flatMap(event => [event.type, event.message, event.level])
  const pod = one.expect.pod?.ends === 'none' ? null : one.expect.pod?.ends
  return [one.id, scenario.title, scenario.summary, one.summary, one.expect.status, pod, ...events]
    .filter(Boolean).join(' ').toLowerCase()
}
