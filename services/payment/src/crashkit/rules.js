/**
 * What the catalogue's schema cannot say, or says in words that nobody understands.
 */

/** @import { Expect, Scenario, Service } from './catalogue.js' */

// What only a process of the cluster has.
const OF_A_PROCESS = /** @type {const} */ (['port', 'baseline_mib'])

/**
 * Say where code in a language runs, and so where its faults are fired: through the gateway, or in the page.
 *
 * @param {Service} service
 * @returns {'cluster' | 'page'}
 */
export function runsIn (service) {
  return service.language === 'browser' ? 'page' : 'cluster'
}

/**
 * Say what a service has that its place does not, or lacks.
 *
 * @param {Service} service
 */
export function misplaced (service) {
  const given = OF_A_PROCESS.filter(name => (service[name] ?? null) !== null)
  if (runsIn(service) === 'page') {
    const found = given.map(name => `${name} ${service[name]}`).join(' and ')
    return `language ${service.language} runs in the page, which has no ${found}; leave it out`
  }
  const missing = OF_A_PROCESS.filter(name => !given.includes(name)).join(' and ')
  return `language ${service.language} runs in the cluster; say its ${missing}`
}

/**
 * Name what two services share.
 *
 * @param {Service[]} services
 * @returns {string[]} mistakes.
 */
export function twice (services) {
  const mistakes = []
  for (const field of /** @type {const} */ (['name', 'prefix', 'port', 'project_id'])) {
    const values = services.map(service => service[field] ?? null).filter(value => value !== null)
    for (const value of new Set(values)) {
      const count = values.filter(other => other === value).length
      if (count > 1) {
        const shown = typeof value === 'number' ? value : `'${value}'`
        mistakes.push(`${field} ${shown} is given ${count} times; each service has its own`)
      }
    }
  }
  return mistakes
}

/**
 * Compare the file of a service with the list of services.
 *
 * @param {string} stem name of the file, without its ending.
 * @param {{ service: string, scenarios: Record<string, Scenario> }} read
 * @param {Service[]} services
 * @returns {string[]} mistakes.
 */
export function acrossFiles (stem, read, services) {
  const mistakes = []
  const names = services.map(service => service.name).sort()
  const owner = services.find(service => service.name === read.service)
  if (read.service !== stem) {
    mistakes.push(`service is '${read.service}', but the file is named '${stem}'; make them one`)
  }
  if (!owner) mistakes.push(`service '${read.service}' is not in services.yaml, which has ${names.join(', ')}`)
  const root = owner?.debug_root ?? ''
  /** @type {Map<string, string>} */
  const seen = new Map()
  for (const [name, scenario] of Object.entries(read.scenarios)) {
    const { path } = scenario
    const other = seen.get(path)
    if (other) mistakes.push(`${name} and ${other} share the path ${path}; each scenario has its own`)
    else seen.set(path, name)
    if (!path.startsWith(`${root}/`)) {
      mistakes.push(`${name} has the path ${path}; those of ${read.service} begin with ${root}/`)
    }
    if (owner) mistakes.push(...outOfPlace(runsIn(owner), `scenarios.${name}`, scenario))
  }
  return mistakes
}

/**
 * @param {'cluster' | 'page'} place
 * @param {string} where
 * @param {Scenario} scenario
 */
function outOfPlace (place, where, { expect, cases }) {
  const check = place === 'page' ? notOfThePage : notOfTheCluster
  const mistakes = expect ? check(expect).map(said => `${where}.expect: ${said}`) : []
  for (const [name, entry] of Object.entries(cases)) {
    mistakes.push(...check(entry.expect).map(said => `${where}.cases.${name}.expect: ${said}`))
  }
  return mistakes
}

/** @param {Expect} expect */
function notOfTheCluster ({ status = null }) {
  return status === null ? ['status is missing; say the HTTP status that a firing answers'] : []
}

/** @param {Expect} expect */
function notOfThePage ({ status = null, events = [], pod = {} }) {
  const { ends = 'none' } = pod
  const said = []
  if (status !== null) said.push(`status is ${status}, but a fault of the page is no request; leave it out`)
  if (ends !== 'none') said.push(`pod.ends is ${ends}, but the page runs in no pod; leave it out`)
  if (events.some(event => event.contexts?.includes('runtime'))) {
    said.push('an event has the context runtime, which the page has not; give it contexts, [] where it has none')
  }
  return said
}
