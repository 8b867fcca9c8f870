/**
 * One firing of a case while it runs or holds something: it knows its budget and can be stopped.
 */
import { randomBytes } from 'node:crypto'

import { Problem } from './problem.js'

const RUN_TAG = /^[A-Za-z0-9._-]{1,64}$/
const SHOWN = 80

/** The run must not go on. */
export class RunEnded extends Error {}

/** The run took more than its budget allows. */
export class BudgetExceeded extends RunEnded {
  name = 'BudgetExceeded'
}

/** Somebody asked the run to stop. */
export class RunStopped extends RunEnded {
  name = 'RunStopped'
}

/** Seconds that only go forward. */
export const monotonicS = () => performance.now() / 1000

/**
 * One firing.
 */
export class Run {
  #clock
  #startedS
  #stopped = false
  /** @type {(() => void) | null} */
  #release = null
  /** @type {number | null} */
  #heldUntilS = null

  /**
   * @param {import('./catalogue.js').BoundCase} bound the case that is fired.
   * @param {string} tag who fired it, as the tag `run` of every event.
   * @param {() => number} [clock] seconds that only go forward.
   */
  constructor (bound, tag, clock = monotonicS) {
    this.case = bound
    this.tag = tag
    this.startedAt = new Date()
    this.#clock = clock
    this.#startedS = clock()
  }

  /** The most that this run may take. */
  get budget () {
    return this.case.budget
  }

  /** Seconds since the run started. */
  get elapsedS () {
    return this.#clock() - this.#startedS
  }

  /** Whether somebody asked it to stop. */
  get stopped () {
    return this.#stopped
  }

  /** Whether it still holds something after its answer. */
  get holding () {
    return this.#release !== null
  }

  /** Seconds until the run is over at the latest: of the hold, once it holds; of the budget before that. */
  get endsInS () {
    if (this.#heldUntilS !== null) return Math.max(0, this.#heldUntilS - this.#clock())
    return Math.max(0, this.budget.wall_s - this.elapsedS)
  }

  /**
   * Say whether the run may go on. Every loop that burns or holds something asks it.
   *
   * @throws {RunStopped} somebody asked it to stop.
   * @throws {BudgetExceeded} it ran longer than `budget.wall_s` (seconds).
   */
  check () {
    if (this.#stopped) throw new RunStopped(`${this.case.id} was stopped after ${this.elapsedS.toFixed(1)} s`)
    if (this.elapsedS > this.budget.wall_s) {
      throw new BudgetExceeded(
        `${this.case.id} ran for more than its budget of ${this.budget.wall_s} s and was ended`
      )
    }
  }

  /**
   * Keep the run active after its answer, for `budget.hold_s` seconds at the most.
   *
   * A run that was stopped while it still worked holds nothing: what it would hold is freed at once.
   *
   * @param {() => void} release frees what is held; called once, when the hold is over or the run is stopped.
   */
  hold (release) {
    this.#release = release
    this.#heldUntilS = this.#clock() + this.budget.hold_s
    if (this.#stopped) this.endHold()
  }

  /** Ask the run to stop, and free what it holds. */
  stop () {
    this.#stopped = true
    this.endHold()
  }

  /** Free what the run holds; harmless when it holds nothing. */
  endHold () {
    const release = this.#release
    this.#release = null
    release?.()
  }

  /**
   * Give the run as `GET /debug/faults` lists it.
   *
   * @returns {Record<string, unknown>}
   */
  listed () {
    return {
      id: this.case.id,
      run: this.tag,
      started_at: this.startedAt.toISOString(),
      holding: this.holding,
      ends_in_s: Math.round(this.endsInS * 10) / 10
    }
  }

  /**
   * Give the body of a firing that succeeded.
   *
   * @param {Record<string, unknown>} report what the scenario says it did.
   * @param {string} [traceId] 32 hex digits; none without the SDK.
   * @returns {Record<string, unknown>}
   */
  answer (report, traceId) {
    return {
      service: this.case.service.name,
      scenario: this.case.scenarioName,
      case: this.case.caseName,
      run: this.tag,
      trace_id: traceId ?? null,
      report
    }
  }
}

/**
 * Take the caller's run tag, or make one.
 *
 * @param {string | null | undefined} given the header `X-Crash-Run` or the parameter `run`.
 * @returns {string}
 * @throws {Problem} 400 when it has other characters than letters, digits, `.`, `_`, `-`, or more than 64.
 */
export function runTag (given) {
  if (given === null || given === undefined) return `run-${randomBytes(4).toString('hex')}`
  if (RUN_TAG.test(given)) return given
  const detail = `A run tag has 1 to 64 letters, digits, '.', '_' or '-'; found '${given.slice(0, SHOWN)}'`
  throw new Problem(400, 'run-tag', detail)
}

/**
 * Read whose runs a caller wants to stop.
 *
 * @param {string | null | undefined} given the parameter `run`; none means all.
 * @returns {string | null}
 * @throws {Problem} 400 as {@link runTag}: what cannot be a tag must not stop everybody's runs.
 */
export const tagToStop = given => given === null || given === undefined ? null : runTag(given)
