/**
 * How entries of the ledger look to a caller.
 */

/** @typedef {import('./entry.js').Entry} Entry */

/** @param {Entry} last */
export const wallet = ({ player, balance, seq }) => ({ player_id: player, balance, seq })

/**
 * A charge as it was when it was made: a repeat says the same, whatever happened to the charge since.
 *
 * @param {Entry} entry
 */
export function charge (entry) {
  return { ...moved(entry), status: entry.hold_s === undefined ? 'charged' : 'held' }
}

/**
 * A charge as it is now.
 *
 * @param {Entry} entry the charge, or the void in its place.
 * @param {Entry} [closing] the entry that closes it.
 */
export function chargeNow (entry, closing) {
  const { key, player, amount } = entry
  const status = closing ? CLOSED_AS[closing.kind] : charge(entry).status
  const payout = closing?.kind === 'payout' ? { payout: { key: closing.key, amount: closing.amount } } : {}
  return { key, player_id: player, amount, status, ...payout }
}

/** @param {Entry} entry */
export function payout (entry) {
  return { ...moved(entry), status: 'paid', ...(entry.closes === undefined ? {} : { charge_key: entry.closes }) }
}

/** @param {Entry} entry a refund or a void. */
export function refund ({ player, closes, amount, balance, kind }) {
  return { charge_key: closes, player_id: player, amount, balance, status: CLOSED_AS[kind] }
}

/** @param {Entry} entry */
export function listed ({ seq, kind, key, closes, amount, balance, at }) {
  return { seq, kind, key, ...(closes === undefined ? {} : { closes }), amount, balance, at: at.toISOString() }
}

/** @type {Readonly<Record<string, string>>} */
const CLOSED_AS = { payout: 'closed', refund: 'refunded', void: 'void' }

/** @param {Entry} entry */
const moved = ({ key, player, amount, balance }) => ({ key, player_id: player, amount, balance })
