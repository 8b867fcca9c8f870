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
const SERVER_ERROR = 500

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
  /** Name of the error that ended the last pass; empty after a whole one. */
  #failing = ''

  /**
   * @param {import('./ledger.js').Ledger} ledger
   * @param {import('./operations.js').Operations} operations
   * @param {number} timeoutMs the most that one statement may take.
   * @param {(error: unknown) => void} failed told why a pass ended early, the first of several
   *   alike only; the next pass takes up what is left.
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
      refunded += await this.#refundAll(overdue.filter(({ key }) => !closed.has(key)), closed)
      const done = overdue.filter(({ key }) => closed.has(key))
      if (done.length) await this.#ledger.stopWaiting(this.#deadline(), done)
      // One that cannot be refunded waits for somebody to look at it, and keeps nobody else waiting.
      if (overdue.length < BATCH || !done.length) return refunded
    }
  }

  /**
   * @param {import('./entry.js').Entry[]} charges
   * @param {Set<string>} closed gets the keys of those that are closed now.
   * @returns {Promise<number>} how many this pass closed.
   */
  async #refundAll (charges, closed) {
    const waiting = charges.values()
    let refunded = 0
    const work = async () => {
      for (const { player, key } of waiting) {
        const made = await this.#refund(player, key)
        if (made !== null) closed.add(key)
        if (made) refunded++
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, work))
    return refunded
  }

  /**
   * @param {string} player
   * @param {string} chargeKey
   * @returns {Promise<boolean | null>} whether it was this refund that closed the charge; none where it was refused.
   */
  async #refund (player, chargeKey) {
    try {
      const { repeated } = await this.#operations.refund({ player, chargeKey })
      return !repeated
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= SERVER_ERROR) throw error
      if (error.code === 'charge-closed') return false
      this.#failed(new Error('A held charge cannot be given back', { cause: error }))
      return null
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
      this.#failing = ''
    } catch (error) {
      const { name } = /** @type {Error} */ (error)
      if (name !== this.#failing) this.#failed(error)
      this.#failing = name
    }
    if (!this.#stopped) this.#plan()
  }

  #deadline () {
    return new Deadline(this.#timeoutMs)
  }
}
