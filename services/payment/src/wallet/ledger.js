/**
 * Every statement that the wallets say to the database.
 *
 * The ledger only grows. The balance of a player is that of the last entry; an entry is one document, and inserting it
 * is the whole of a charge, payout or refund: there is no second write that could be missing.
 */
import { after, documentOf, entryOf, idOf } from './entry.js'

/** The collection's name. */
export const COLLECTION = 'ledger'

/** @type {import('mongodb').IndexDescription[]} */
const INDEXES = [
  { key: { key: 1 }, name: 'one_key', unique: true },
  { key: { closes: 1 }, name: 'one_closing', unique: true, sparse: true },
  { key: { hold_until: 1 }, name: 'held', sparse: true }
]

/**
 * @typedef {import('./deadline.js').Deadline} Deadline
 * @typedef {import('./entry.js').Entry} Entry
 *
 * What must be known to decide about a request, as it was at one moment.
 *
 * @typedef {object} Facts
 * @property {Entry} [last] the player's last entry; none without a wallet.
 * @property {Entry} [own] the entry that has the request's key.
 * @property {Entry} [charge] the entry that has the key of the charge to close.
 * @property {Entry} [closing] the entry that closes that charge.
 */

/**
 * The ledger in a database.
 */
export class Ledger {
  #database
  /** @type {Promise<void> | null} */
  #prepared = null

  /** @param {import('./database.js').Database} database */
  constructor (database) {
    this.#database = database
  }

  get #entries () {
    return this.#database.collection(COLLECTION)
  }

  /**
   * Make the indexes, once a process. Nothing is written before they are there: they are what makes keys unique.
   *
   * @param {Deadline} deadline
   */
  async prepare (deadline) {
    this.#prepared ??= this.#database.statement(deadline, options => this.#entries.createIndexes(INDEXES, options))
      .then(() => {})
    const attempt = this.#prepared
    try {
      await attempt
    } catch (error) {
      // The next request tries again. Another replica may have been making the same indexes.
      if (this.#prepared === attempt) this.#prepared = null
      throw error
    }
  }

  /**
   * Read what a decision needs, in one statement.
   *
   * The last entry is read first: whatever comes after it is refused its place, so that a key that is not found then
   * cannot be in the ledger when the place is taken.
   *
   * @param {Deadline} deadline
   * @param {string} player
   * @param {string} key
   * @param {string} [chargeKey]
   * @returns {Promise<Facts>}
   */
  async look (deadline, player, key, chargeKey) {
    await this.prepare(deadline)
    const keys = chargeKey === undefined ? { key } : { $or: [{ key: { $in: [key, chargeKey] } }, { closes: chargeKey }] }
    const found = await this.#database.statement(deadline, options => this.#entries.aggregate([
      ...lastOf(player),
      { $unionWith: { coll: COLLECTION, pipeline: [{ $match: keys }] } }
    ], options).toArray())
    const entries = found.map(entryOf)
    return {
      last: entries.filter(entry => entry.player === player).sort((one, other) => other.seq - one.seq)[0],
      own: entries.find(entry => entry.key === key),
      charge: chargeKey === undefined ? undefined : entries.find(entry => entry.key === chargeKey),
      closing: chargeKey === undefined ? undefined : entries.find(entry => entry.closes === chargeKey)
    }
  }

  /**
   * Add an entry.
   *
   * @param {Deadline} deadline
   * @param {import('./entry.js').NewEntry} entry
   * @returns {Promise<Entry>}
   * @throws {import('./database.js').Duplicate} its place, its key or its charge is taken; nothing was added.
   * @throws {import('./database.js').Unanswered} it may have been added.
   */
  async append (deadline, entry) {
    const document = documentOf(entry, new Date())
    await this.#database.statement(deadline, options => this.#entries.insertOne(document, options))
    const { hold_until: until } = document
    return { ...entry, at: document.at, ...(until ? { hold_until: until } : {}) }
  }

  /**
   * Give the last entry of a player.
   *
   * @param {Deadline} deadline
   * @param {string} player
   * @returns {Promise<Entry | null>} none without a wallet.
   */
  async last (deadline, player) {
    const [last] = await this.#database.statement(deadline, options =>
      this.#entries.aggregate(lastOf(player), options).toArray())
    return last ? entryOf(last) : null
  }

  /**
   * Give the entry that has a key, and the one that closes it.
   *
   * @param {Deadline} deadline
   * @param {string} key
   */
  async byKey (deadline, key) {
    const found = await this.#database.statement(deadline, options =>
      this.#entries.find({ $or: [{ key }, { closes: key }] }, options).toArray())
    const entries = found.map(entryOf)
    return { own: entries.find(entry => entry.key === key), closing: entries.find(entry => entry.closes === key) }
  }

  /**
   * List a player's entries in their order.
   *
   * @param {Deadline} deadline
   * @param {string} player
   * @param {number} afterSeq
   * @param {number} limit
   * @returns {Promise<Entry[]>}
   */
  async list (deadline, player, afterSeq, limit) {
    const found = await this.#database.statement(deadline, options => this.#entries
      .find(/** @type {any} */ ({ _id: after(player, afterSeq) }), options).sort({ _id: 1 }).limit(limit).toArray())
    return found.map(entryOf)
  }

  /**
   * Give held charges whose time is over, those that are closed included.
   *
   * @param {Deadline} deadline
   * @param {Date} now
   * @param {number} limit
   * @returns {Promise<Entry[]>} the oldest first.
   */
  async overdue (deadline, now, limit) {
    const found = await this.#database.statement(deadline, options => this.#entries
      .find({ hold_until: { $lte: now } }, options).sort({ hold_until: 1 }).limit(limit).toArray())
    return found.map(entryOf)
  }

  /**
   * Say which charges are closed.
   *
   * @param {Deadline} deadline
   * @param {string[]} keys of charges.
   * @returns {Promise<Set<string>>}
   */
  async closed (deadline, keys) {
    const found = await this.#database.statement(deadline, options => this.#entries
      .find({ closes: { $in: keys } }, { ...options, projection: { _id: 0, closes: 1 } }).toArray())
    return new Set(found.map(({ closes }) => String(closes)))
  }

  /**
   * Take charges off the list of those that wait, once they are closed. This keeps the list short; no balance and no
   * decision rests on it.
   *
   * @param {Deadline} deadline
   * @param {Entry[]} charges
   */
  async stopWaiting (deadline, charges) {
    const ids = /** @type {any[]} */ (charges.map(({ player, seq }) => idOf(player, seq)))
    await this.#database.statement(deadline, options =>
      this.#entries.updateMany({ _id: { $in: ids } }, { $unset: { hold_until: '' } }, options))
  }
}

/** @param {string} player */
function lastOf (player) {
  return [{ $match: { _id: after(player) } }, { $sort: { _id: -1 } }, { $limit: 1 }]
}
