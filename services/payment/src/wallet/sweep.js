/**
 * Gives back the stakes of held charges that nobody closed in their time: whoever held them is presumed gone.
 *
 * Every replica sweeps. Two that find the same charge both try to close it, and the ledger takes one.
 */
import { Problem } from '../crashkit/problem.js'
import { Deadline } from './deadline.js'

const EVERY_MS = 2000
const BATCH = 500
const AT_ONCE = 4

/**
 * The sweep of one process.
 */
export class Sweep {
  #ledger
  #operations
  #timeoutMs
  #failed
  /** @type {NodeJS.Timeout | undefined} */
  #timer
  /** @type {Promise<void>} */
  #pass = Promise.resolve()
  #stopped = true

  /**
   * @param {import('./ledger.js').Ledger} ledger
   * @param {import('./operations.js').Operations} operations
   * @param {number} timeoutMs the most that one statement may take.
   * @param {(error: unknown) => void} failed told why a pass ended early; the next pass takes up what is left.
   */
  constructor (ledger, operations, timeoutMs, failed) {
    this.#ledger = ledger
    this.#operations = operations
    this.#timeoutMs = timeoutMs
    this.#failed = failed
  }

  /** Sweep every few seconds from now on. */
  start () {
    if (!this.#stopped) return
    this.#stopped = false
    this.#plan()
  }

  /** Begin no other pass, and wait for the one that runs. */
  async stop () {
    this.#stopped = true
    clearTimeout(this.#timer)
    await this.#pass
  }

  /**
   * Go once over all held charges whose time is over.
   *
   * @param {Date} [now]
   * @returns {Promise<number>} how many stakes this pass gave back.
   * @throws {Error} the database is away; what was not reached stays as it is.
   */
  async once (now = new Date()) {
    let refunded = 0
    for (;;) {
      const overdue = await this.#ledger.overdue(this.#deadline(), now, BATCH)
      if (!overdue.length) return refunded
      const closed = await this.#ledger.closed(this.#deadline(), overdue.map(({ key }) => key))
      const open = overdue.filter(({ key }) => !closed.has(key))
      refunded += await this.#refundAll(open)
      await this.#ledger.stopWaiting(this.#deadline(), overdue)
      if (overdue.length < BATCH) return refunded
    }
  }

  /**
   * @param {import('./entry.js').Entry[]} charges
   * @returns {Promise<number>}
   */
  async #refundAll (charges) {
    const waiting = charges.values()
    let refunded = 0
    const work = async () => {
      for (const { player, key } of waiting) if (await this.#refund(player, key)) refunded++
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return refunded
  }

  /**
   * @param {string} player
   * @param {string} chargeKey
   * @returns {Promise<boolean>} whether it was this refund that closed the charge.
   */
  async #refund (player, chargeKey) {
    try {
      const { repeated } = await this.#operations.refund({ player, chargeKey })
      return !repeated
    } catch (error) {
      if (error instanceof Problem && error.code === 'charge-closed') return false
      throw error
    }
  }

  #plan () {
    // Spread, so that replicas do not sweep in step.
    this.#timer = setTimeout(() => { this.#pass = this.#run() }, EVERY_MS * (0.75 + Math.random() / 2))
    this.#timer.unref()
  }

  async #run () {
    try {
      await this.once()
    } catch (error) {
      this.#failed(error)
    }
    if (!this.#stopped) this.#plan()
  }

  #deadline () {
    return new Deadline(this.#timeoutMs)
  }
}
