/**
 * One entry of the ledger: how it is named, and how it looks here and in the database.
 */
import { stored } from './money.js'

// Padded, so that the order of the names is the order of the entries.
const DIGITS = 10

/**
 * An entry that is not yet in the ledger, or that was read from it.
 *
 * @typedef {object} Entry
 * @property {string} player
 * @property {number} seq place in the player's chain: 1, 2, 3 … without a gap.
 * @property {'opening' | 'charge' | 'payout' | 'refund' | 'void'} kind
 * @property {string} key unique in the whole ledger.
 * @property {string} [closes] key of the charge that this entry closes; unique in the whole ledger.
 * @property {number} amount minor units, never negative; the kind says which way they went.
 * @property {number} balance minor units in the wallet after this entry.
 * @property {Date} at
 * @property {number} [hold_s] of a held charge: how long it waits to be closed.
 * @property {Date} [hold_until] the same as a moment; taken away once the charge is closed.
 *
 * @typedef {Omit<Entry, 'at'>} NewEntry
 */

/**
 * Name a place in a player's chain. That the name is the document's `_id` is what makes a charge safe: of all that want
 * to follow the same entry, the database takes one.
 *
 * @param {string} player
 * @param {number} seq
 */
export const idOf = (player, seq) => `${player}:${String(seq).padStart(DIGITS, '0')}`

/**
 * Match a player's entries after a place, by `_id`: ';' follows ':'.
 *
 * @param {string} player
 * @param {number} [afterSeq]
 */
export const after = (player, afterSeq) => ({
  [afterSeq ? '$gt' : '$gte']: afterSeq ? idOf(player, afterSeq) : `${player}:`,
  $lt: `${player};`
})

/**
 * Give the document of a new entry.
 *
 * @param {NewEntry} entry
 * @param {Date} at
 * @returns {import('mongodb').Document}
 */
export function documentOf (entry, at) {
  return {
    _id: idOf(entry.player, entry.seq),
    player: entry.player,
    seq: stored(entry.seq),
    kind: entry.kind,
    key: entry.key,
    ...(entry.closes === undefined ? {} : { closes: entry.closes }),
    amount: stored(entry.amount),
    balance: stored(entry.balance),
    at,
    ...(entry.hold_s === undefined
      ? {}
      : { hold_s: stored(entry.hold_s), hold_until: new Date(at.getTime() + entry.hold_s * 1000) })
  }
}

/**
 * Give the entry of a document.
 *
 * @param {import('mongodb').Document} document
 * @returns {Entry}
 */
export function entryOf (document) {
  const { _id, ...entry } = document
  return /** @type {Entry} */ (entry)
}
