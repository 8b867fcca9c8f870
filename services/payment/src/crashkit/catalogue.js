/**
 * The catalogue as objects: what a scenario is, what it may take, and what must come of it.
 *
 * Keys are those of the files (`catalog/*.yaml`), units included.
 *
 * @typedef {object} Budget
 * @property {number} memory_mib memory that one firing may hold (MiB).
 * @property {number} wall_s how long one firing may run (seconds).
 * @property {number} hold_s how long what it holds may stay after the answer (seconds).
 * @property {number} per_minute firings in any 60 seconds.
 * @property {number} at_once firings that may run or hold at the same time.
 *
 * @typedef {object} ExpectedEvent
 * @property {string | null} [type] type of the outermost exception; none for a message.
 * @property {string | null} [message] the whole message, or the exception's whole value.
 * @property {'warning' | 'error' | 'fatal'} [level]
 * @property {boolean | null} [handled]
 * @property {string[]} [contexts] those that must be there, besides the SDK's own.
 *
 * @typedef {object} Expect
 * @property {number | null} [status] HTTP status of a firing that does not end the pod; none in the page.
 * @property {ExpectedEvent[]} [events]
 * @property {'never' | 'may' | 'once'} [memory_warning] how often its firings together bring that warning.
 * @property {{ ends?: string, after_calls?: number, recovers_within_s?: number }} [pod]
 *
 * @typedef {{ summary: string, budget: Budget | null, expect: Expect }} Case
 *
 * @typedef {object} Scenario
 * @property {string} path
 * @property {string} title
 * @property {string} summary
 * @property {Budget} budget
 * @property {Expect | null} expect
 * @property {Record<string, Case>} cases
 *
 * @typedef {object} Service
 * @property {string} name
 * @property {string} prefix where it is at the gateway.
 * @property {number | null} [port] none of the page.
 * @property {number} project_id
 * @property {string} language
 * @property {number | null} [baseline_mib] none of the page.
 * @property {string} api_root
 * @property {string} debug_root
 */

import { runsIn } from './rules.js'

const DEBUG = '/debug'
// What stands behind # never leaves the browser: a link opens the page there, and fires nothing.
const PAGE = '/#'
const SUCCESS_BELOW = 300

/**
 * A case with all that surrounds it: the unit that is fired, drilled and documented.
 */
export class BoundCase {
  /**
   * @param {Service} service
   * @param {string} scenarioName
   * @param {Scenario} scenario
   * @param {string | null} caseName
   */
  constructor (service, scenarioName, scenario, caseName) {
    const entry = caseName === null ? undefined : scenario.cases[caseName]
    this.service = service
    this.scenarioName = scenarioName
    this.scenario = scenario
    this.caseName = caseName
    this.summary = entry?.summary ?? scenario.summary
    this.budget = entry?.budget ?? scenario.budget
    this.expect = /** @type {Expect} */ (entry?.expect ?? scenario.expect)
    Object.freeze(this)
  }

  /** `service/scenario`. */
  get scenarioId () {
    return `${this.service.name}/${this.scenarioName}`
  }

  /** `service/scenario` or `service/scenario/case`. */
  get id () {
    return this.caseName === null ? this.scenarioId : `${this.scenarioId}/${this.caseName}`
  }

  /** Path and query at the service itself. */
  get localPath () {
    const { path } = this.scenario
    if (path.includes('{case}')) return path.replace('{case}', this.caseName ?? '')
    return this.caseName === null ? path : `${path}?case=${this.caseName}`
  }

  /**
   * Path and query through the gateway, where every fault surface is at `/debug`; of the page, where it opens beside the
   * case's button.
   */
  get path () {
    const { debug_root: root } = this.service
    const prefix = runsIn(this.service) === 'page' ? PAGE : this.service.prefix
    const below = this.localPath.startsWith(root) ? this.localPath.slice(root.length) : this.localPath
    return `${prefix}${DEBUG}${below}`
  }

  /** HTTP status of a firing that answers with its report, which a fault may do without being meant to. */
  get successStatus () {
    const { status = null } = this.expect
    return status !== null && status < SUCCESS_BELOW ? status : 200
  }
}

/**
 * Every scenario of the release.
 */
export class Catalogue {
  /**
   * @param {Service[]} services
   * @param {Record<string, Record<string, Scenario>>} scenarios by service name, then by scenario name.
   */
  constructor (services, scenarios) {
    this.services = services
    this.scenarios = scenarios
  }

  /**
   * Find a service by its name.
   *
   * @param {string} name
   * @returns {Service}
   * @throws {Error} there is no service of that name.
   */
  service (name) {
    const found = this.services.find(service => service.name === name)
    if (!found) throw new Error(`the catalogue has no service '${name}'`)
    return found
  }

  /**
   * Find a scenario by its name.
   *
   * @param {string} service
   * @param {string} name
   * @returns {Scenario | undefined}
   */
  scenario (service, name) {
    const scenarios = Object.hasOwn(this.scenarios, service) ? this.scenarios[service] : undefined
    return scenarios && Object.hasOwn(scenarios, name) ? scenarios[name] : undefined
  }

  /**
   * Go through every case, in the order of the files.
   *
   * @param {string} [service] only of this service.
   * @returns {Generator<BoundCase>}
   */
  * cases (service) {
    for (const [name, scenarios] of Object.entries(this.scenarios)) {
      if (service !== undefined && service !== name) continue
      for (const scenarioName of Object.keys(scenarios)) yield * this.#casesOf(name, scenarioName)
    }
  }

  /**
   * Find a case as a caller spells it.
   *
   * @param {string} service name of the service.
   * @param {string} scenario name of the scenario.
   * @param {string | null} [caseName] name of the case, where hyphens, underscores and upper case do not matter
   *   (`ValueError` is `value-error`); without one, the first case.
   * @returns {BoundCase | undefined}
   */
  find (service, scenario, caseName = null) {
    for (const bound of this.#casesOf(service, scenario)) {
      if (caseName === null) return bound
      if (bound.caseName !== null && plain(bound.caseName) === plain(caseName)) return bound
    }
    return undefined
  }

  /**
   * @param {string} service
   * @param {string} name
   * @returns {Generator<BoundCase>}
   */
  * #casesOf (service, name) {
    const scenario = this.scenario(service, name)
    if (!scenario) return
    const owner = this.service(service)
    if (scenario.expect) yield new BoundCase(owner, name, scenario, null)
    for (const caseName of Object.keys(scenario.cases)) yield new BoundCase(owner, name, scenario, caseName)
  }
}

/** @param {string} name */
function plain (name) {
  return name.replace(/[-_]/g, '').toLowerCase()
}
