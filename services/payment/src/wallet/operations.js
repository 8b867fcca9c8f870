/**
 * Opening, charging, paying out, refunding: read the facts, decide, add one entry; again, when the place was taken.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { Problem } from '../crashkit/problem.js'
import { Duplicate, Unanswered, Unsent } from './database.js'
import { Deadline } from './deadline.js'
import * as decide from './decisions.js'
import * as refuse from './refusals.js'
import { Turns } from './turns.js'

const ATTEMPTS = 40
const LONGEST_PAUSE_MS = 32

/**
 * @typedef {import('./entry.js').Entry} Entry
 * @typedef {{ entry: Entry, repeated: boolean }} Done `repeated`: the entry was there before.
 */

/**
 * What the wallets can do. Any number of processes may do it to the same ledger.
 */
export class Operations {
  #ledger
  #timeoutMs
  #turns = new Turns()

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
   * @returns {Promise<{ last: Entry, repeated: boolean }>}
   * @throws {Problem} 409 it was opened with another amount.
   */
  async open (player, opening) {
    const key = `opening/${player}`
    const { entry, repeated } = await this.#inTurn(player, key, async deadline => {
      const { last, own } = await this.#ledger.look(deadline, player, key)
      if (own && own.amount !== opening) throw refuse.walletExists(own.amount, opening)
      if (own && last) return { there: last }
      return { add: { player, seq: 1, kind: 'opening', key, amount: opening, balance: opening } }
    })
    return { last: entry, repeated }
  }

  /**
   * Take a stake.
   *
   * @param {{ player: string, key: string, amount: number, holdS?: number }} order
   * @returns {Promise<Done>}
   * @throws {Problem}
   */
  charge (order) {
    return this.#inTurn(order.player, order.key, async deadline =>
      decide.charge(order, await this.#ledger.look(deadline, order.player, order.key)))
  }

  /**
   * Pay, and confirm a charge with it where the order names one.
   *
   * @param {{ player: string, key: string, amount: number, chargeKey?: string }} order
   * @returns {Promise<Done>}
   * @throws {Problem}
   */
  payout (order) {
    return this.#inTurn(order.player, order.key, async deadline =>
      decide.payout(order, await this.#ledger.look(deadline, order.player, order.key, order.chargeKey)))
  }

  /**
   * Give a stake back, or keep a charge from ever coming.
   *
   * @param {{ player: string, chargeKey: string }} order
   * @returns {Promise<Done>}
   * @throws {Problem}
   */
  refund (order) {
    const key = decide.refundKeyOf(order.chargeKey)
    return this.#inTurn(order.player, order.chargeKey, async deadline =>
      decide.refund(order, await this.#ledger.look(deadline, order.player, key, order.chargeKey)))
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
   * @param {string} player
   * @param {string} key
   * @param {(deadline: Deadline) => Promise<decide.Decision>} decision
   * @returns {Promise<Done>}
   */
  #inTurn (player, key, decision) {
    const deadline = new Deadline(this.#timeoutMs)
    return this.#turns.take(`key ${key}`, deadline, () =>
      this.#turns.take(player, deadline, () => this.#settle(deadline, decision), refuse.walletBusy), refuse.walletBusy)
  }

  /**
   * Decide on the facts and add what follows, until it is in the ledger or refused.
   *
   * A refusal is final even after an insert that nobody answered: it rests on a later entry than the one which that
   * insert wanted to follow (with the same last entry the decision would be the same), so its place is gone.
   *
   * @param {Deadline} deadline
   * @param {(deadline: Deadline) => Promise<decide.Decision>} decision
   * @returns {Promise<Done>}
   */
  async #settle (deadline, decision) {
    /** @type {unknown} */
    let unanswered
    /** @type {unknown} */
    let away
    /** @type {unknown} */
    let lost
    for (let attempt = 1; attempt <= ATTEMPTS && deadline.leftMs > 0; attempt++) {
      try {
        const { there, add } = await decision(deadline)
        if (there) return { entry: there, repeated: true }
        return { entry: await this.#append(deadline, add), repeated: false }
      } catch (error) {
        if (error instanceof Duplicate) lost = error
        else if (error instanceof AppendUnanswered) unanswered = error.cause
        else if (error instanceof Unanswered) away = error
        else if (error instanceof Unsent) throw unanswered ? refuse.outcomeUnknown(unanswered) : refuse.databaseAway(error)
        else throw error
      }
      await pause(Math.random() * Math.min(2 ** attempt, LONGEST_PAUSE_MS))
    }
    if (unanswered) throw refuse.outcomeUnknown(unanswered)
    throw away ? refuse.databaseAway(away) : refuse.walletBusy(lost)
  }

  /**
   * @param {Deadline} deadline
   * @param {import('./entry.js').NewEntry} entry
   */
  async #append (deadline, entry) {
    try {
      return await this.#ledger.append(deadline, entry)
    } catch (error) {
      throw error instanceof Unanswered ? new AppendUnanswered(error.message, { cause: error }) : error
    }
  }
}

/** An insert was not answered, which is another thing than a question that was not. */
class AppendUnanswered extends Error {}

/** @param {unknown} error */
const saysAway = error => error instanceof Unsent || error instanceof Unanswered
