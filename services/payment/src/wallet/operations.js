/**
 * Opening, charging, paying out, refunding: read the facts, decide, add one entry; again, when the place was taken.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { Problem } from '../crashkit/problem.js'
import { Duplicate, Unanswered, Unsent } from './database.js'
import { Deadline } from './deadline.js'
import * as decide from './decisions.js'
import { Recent } from './recent.js'
import * as refuse from './refusals.js'
import { Turns } from './turns.js'

const ATTEMPTS = 40
const LONGEST_PAUSE_MS = 32

/**
 * @typedef {import('./entry.js').Entry} Entry
 * @typedef {{ entry: Entry, repeated: boolean }} Done `repeated`: the entry was there before.
 *
 * One request.
 *
 * @typedef {object} Task
 * @property {string} player
 * @property {string} key
 * @property {string} [chargeKey] of the charge that is to be closed.
 * @property {(facts: import('./ledger.js').Facts) => decide.Decision} decide throws a refusal.
 * @property {boolean} [foresees] whether what this process has just written may be decided on first.
 */

/**
 * What the wallets can do. Any number of processes may do it to the same ledger.
 */
export class Operations {
  #ledger
  #timeoutMs
  #turns = new Turns()
  #recent = new Recent()

  /**
   * @param {import('./ledger.js').Ledger} ledger
   * @param {number} timeoutMs the most that one request may take, its waiting and all its statements.
   */
  constructor (ledger, timeoutMs) {
    this.#ledger = ledger
    this.#timeoutMs = timeoutMs
  }

  /**
   * Open a wallet.
   *
   * @param {string} player
   * @param {number} opening minor units.
   * @returns {Promise<Done>} with the last entry of the wallet.
   * @throws {Problem} 409 it was opened with another amount.
   */
  open (player, opening) {
    const key = `opening/${player}`
    return this.#inTurn({ player, key, decide: facts => decide.opening({ player, key, opening }, facts) })
  }

  /**
   * Take a stake.
   *
   * @param {{ player: string, key: string, amount: number, holdS?: number }} order
   * @returns {Promise<Done>}
   * @throws {Problem}
   */
  charge (order) {
    const { player, key } = order
    return this.#inTurn({ player, key, decide: facts => decide.charge(order, facts), foresees: true })
  }

  /**
   * Pay, and confirm a charge with it where the order names one.
   *
   * @param {{ player: string, key: string, amount: number, chargeKey?: string }} order
   * @returns {Promise<Done>}
   * @throws {Problem}
   */
  payout (order) {
    const { player, key, chargeKey } = order
    return this.#inTurn({ player, key, chargeKey, decide: facts => decide.payout(order, facts), foresees: true })
  }

  /**
   * Give a stake back, or keep a charge from ever coming.
   *
   * @param {{ player: string, chargeKey: string }} order
   * @returns {Promise<Done>}
   * @throws {Problem}
   */
  refund (order) {
    const { player, chargeKey } = order
    return this.#inTurn({ player, key: decide.refundKeyOf(chargeKey), chargeKey, decide: facts => decide.refund(order, facts) })
  }

  /**
   * Read, within the time of a request.
   *
   * @template Result
   * @param {(ledger: import('./ledger.js').Ledger, deadline: Deadline) => Promise<Result>} read
   * @returns {Promise<Result>}
   * @throws {Problem} 503 the database is away.
   */
  async read (read) {
    try {
      return await read(this.#ledger, new Deadline(this.#timeoutMs))
    } catch (error) {
      throw saysAway(error) ? refuse.databaseAway(error) : error
    }
  }

  /**
   * Wait for the turn of the key, then of the player, and settle. Keys come first everywhere, so that no two requests
   * wait for each other.
   *
   * @param {Task} task
   * @returns {Promise<Done>}
   */
  #inTurn (task) {
    const deadline = new Deadline(this.#timeoutMs)
    const settle = () => this.#settle(deadline, task)
    const next = () => this.#turns.take(task.player, deadline, settle, refuse.walletBusy)
    return this.#turns.take(`key ${task.key}`, deadline, next, refuse.walletBusy)
  }

  /**
   * Decide on the facts and add what follows, until it is in the ledger or refused.
   *
   * A refusal is final even after an insert that nobody answered: it rests on a later entry than the one which that
   * insert wanted to follow (with the same last entry the decision would be the same), so its place is gone.
   *
   * @param {Deadline} deadline
   * @param {Task} task
   * @returns {Promise<Done>}
   */
  async #settle (deadline, task) {
    let foreseen = this.#foresee(task)
    /** @type {unknown} */
    let unanswered
    /** @type {unknown} */
    let away
    for (let attempt = 1; attempt <= ATTEMPTS && deadline.leftMs > 0; attempt++) {
      try {
        const { there, add } = foreseen ?? task.decide(await this.#look(deadline, task))
        if (there) return { entry: there, repeated: true }
        return { entry: await this.#append(deadline, add), repeated: false }
      } catch (error) {
        if (error instanceof AppendUnanswered) unanswered = error.cause
        else if (error instanceof Unanswered) away = error
        else if (error instanceof Unsent) throw unanswered ? refuse.outcomeUnknown(unanswered) : refuse.databaseAway(error)
        else if (!(error instanceof Duplicate)) throw error
      }
      // What was foreseen was overtaken, which is no race lost: nothing is waited for.
      if (!foreseen) await pause(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS))
      foreseen = undefined
    }
    if (unanswered) throw refuse.outcomeUnknown(unanswered)
    throw away ? refuse.databaseAway(away) : refuse.walletBusy()
  }

  /**
   * Decide without asking the database, where enough is known. Only an addition counts: the database refuses it where
   * the knowledge is old. A refusal must rest on what was read.
   *
   * @param {Task} task
   * @returns {decide.Decision | undefined}
   */
  #foresee ({ player, chargeKey, decide, foresees }) {
    const known = foresees ? this.#recent.facts(player, chargeKey) : null
    if (!known) return undefined
    try {
      return decide(known)
    } catch (error) {
      if (error instanceof Problem) return undefined
      throw error
    }
  }

  /**
   * @param {Deadline} deadline
   * @param {Task} task
   */
  #look (deadline, { player, key, chargeKey }) {
    return this.#ledger.look(deadline, player, key, chargeKey)
  }

  /**
   * @param {Deadline} deadline
   * @param {import('./entry.js').NewEntry} entry
   */
  async #append (deadline, entry) {
    try {
      const added = await this.#ledger.append(deadline, entry)
      this.#recent.remember(added)
      return added
    } catch (error) {
      this.#recent.forget(entry.player)
      throw error instanceof Unanswered ? new AppendUnanswered(error.message, { cause: error }) : error
    }
  }
}

/** An insert was not answered, which is another thing than a question that was not. */
class AppendUnanswered extends Error {}

/** @param {unknown} error */
const saysAway = error => error instanceof Unsent || error instanceof Unanswered
