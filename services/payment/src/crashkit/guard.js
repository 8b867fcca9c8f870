/**
 * Decides whether a fault may be fired now: switch, method, token, name, rate, how many at once.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

import { Problem } from './problem.js'
import { Run, monotonicS } from './run.js'

const RATE_WINDOW_S = 60

/**
 * The switches of the fault surface.
 *
 * @typedef {object} Policy
 * @property {boolean} enabled whether faults can be fired at all.
 * @property {boolean} allowGet whether a plain `GET` without a token fires too.
 * @property {string} token what `Authorization: Bearer` must carry.
 */

/**
 * The guard of one process.
 */
export class Guard {
  #catalogue
  #policy
  #clock
  /** @type {Map<string, number[]>} */
  #fired = new Map()
  /** @type {Run[]} */
  #active = []

  /**
   * @param {import('./catalogue.js').Catalogue} catalogue what can be fired.
   * @param {Policy} policy the switches.
   * @param {() => number} [clock] seconds that only go forward.
   */
  constructor (catalogue, policy, clock = monotonicS) {
    this.#catalogue = catalogue
    this.#policy = policy
    this.#clock = clock
  }

  /**
   * Refuse everything while faults are off.
   *
   * @throws {Problem} 403.
   */
  requireEnabled () {
    if (this.#policy.enabled) return
    const detail = "Faults are switched off here; set global.faults.enabled=true in the chart's values"
    throw new Problem(403, 'faults-off', detail)
  }

  /**
   * Refuse a caller who does not know the token.
   *
   * @param {string | null | undefined} authorization the header `Authorization`.
   * @throws {Problem} 401.
   */
  requireToken (authorization) {
    const [, scheme = '', given = ''] = /^([^ ]*) ?(.*)$/s.exec(authorization ?? '') ?? []
    if (scheme.toLowerCase() === 'bearer' && same(given.trim(), this.#policy.token)) return
    const found = authorization ? 'another token was given' : 'no token was given'
    const detail = `This needs the header 'Authorization: Bearer <fault token>'; ${found}`
    throw new Problem(401, 'fault-token', detail, { 'WWW-Authenticate': 'Bearer realm="faults"' })
  }

  /**
   * Say which case a request fires, if it may.
   *
   * @param {string} service name of the service.
   * @param {string} scenario name of the scenario, as in the catalogue.
   * @param {string | null | undefined} caseName name of the case as the caller spells it; none means the first.
   * @param {{ method: string, authorization?: string | null }} request HTTP method and header `Authorization`.
   * @returns {import('./catalogue.js').BoundCase}
   * @throws {Problem} 401, 403, 404 or 405.
   */
  admit (service, scenario, caseName, { method, authorization }) {
    this.requireEnabled()
    if (method !== 'GET' && method !== 'POST') {
      throw new Problem(405, 'method', `A fault is fired by POST; found ${method}`, { Allow: 'POST' })
    }
    if (method === 'GET' && !this.#policy.allowGet) {
      const detail = 'Firing by GET is switched off here; use POST with the token, or set global.faults.allowGet=true'
      throw new Problem(405, 'get-off', detail, { Allow: 'POST' })
    }
    if (method === 'POST' || authorization) this.requireToken(authorization)
    const bound = this.#catalogue.find(service, scenario, caseName)
    if (bound) return bound
    throw new Problem(404, ...this.#unknown(service, scenario, caseName ?? ''))
  }

  /**
   * Count one firing against the budget, and keep it listed while it runs or holds something.
   *
   * @template Result
   * @param {import('./catalogue.js').BoundCase} bound what is fired.
   * @param {string} tag who fires it.
   * @param {(run: Run) => Promise<Result> | Result} act what the firing does.
   * @returns {Promise<Result>} what it gives.
   * @throws {Problem} 409 when as many as allowed run already, 429 when the minute's firings are used up.
   */
  async firing (bound, tag, act) {
    const run = new Run(bound, tag, this.#clock)
    this.#dropEnded()
    this.#requireFree(bound)
    this.#requireRate(bound)
    this.#active.push(run)
    try {
      return await act(run)
    } finally {
      if (!run.holding) this.#active = this.#active.filter(other => other !== run)
    }
  }

  /** List what runs or holds something now, and free what has been held long enough. */
  active () {
    this.#dropEnded()
    return [...this.#active]
  }

  /**
   * Stop the runs of one tag, or every run, and free what they hold.
   *
   * @param {string | null} [tag] whose runs; none means all.
   * @returns {number} how many there were.
   */
  stop (tag = null) {
    const runs = this.#active.filter(run => tag === null || run.tag === tag)
    for (const run of runs) run.stop()
    this.#dropEnded()
    return runs.length
  }

  #dropEnded () {
    for (const run of this.#active) {
      if (run.holding && run.endsInS === 0) {
        run.endHold()
        run.stop()
      }
    }
    this.#active = this.#active.filter(run => run.holding || !run.stopped)
  }

  /** @param {import('./catalogue.js').BoundCase} bound */
  #requireFree (bound) {
    const alike = this.#active.filter(run => run.case.scenarioId === bound.scenarioId)
    const [first] = alike
    if (!first || alike.length < bound.budget.at_once) return
    const who = `${first.case.id}, run ${first.tag}, ${first.endsInS.toFixed(0)} s left`
    const detail = `${bound.scenarioId} is active already (${who}); wait or DELETE /api/v1/faults`
    throw new Problem(409, 'already-active', detail)
  }

  /** @param {import('./catalogue.js').BoundCase} bound */
  #requireRate (bound) {
    const now = this.#clock()
    const fired = (this.#fired.get(bound.id) ?? []).filter(at => at > now - RATE_WINDOW_S)
    this.#fired.set(bound.id, fired)
    if (fired.length >= bound.budget.per_minute) {
      const waitS = Math.trunc((fired[0] ?? now) + RATE_WINDOW_S - now) + 1
      const detail = `${bound.id} may be fired ${bound.budget.per_minute} times a minute; try again in ${waitS} s`
      throw new Problem(429, 'rate', detail, { 'Retry-After': String(waitS) })
    }
    fired.push(now)
  }

  /**
   * @param {string} service
   * @param {string} scenario
   * @param {string} caseName
   * @returns {[code: string, detail: string]}
   */
  #unknown (service, scenario, caseName) {
    const entry = this.#catalogue.scenario(service, scenario)
    if (!entry) {
      return ['unknown-scenario', `${service} has no scenario '${scenario}'; GET /api/v1/catalog lists all`]
    }
    const names = Object.keys(entry.cases)
    if (!names.length) {
      return ['unknown-case', `${service}/${scenario} has no cases; found '${caseName}'; leave it out`]
    }
    return ['unknown-case', `${service}/${scenario} has no case '${caseName}'; it has ${names.join(', ')}`]
  }
}

/**
 * Compare in a time that does not tell how much of it is right.
 *
 * @param {string} given
 * @param {string} token
 */
function same (given, token) {
  const digest = (/** @type {string} */ text) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(token))
}
