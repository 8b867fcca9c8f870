/**
 * What follows from the facts: an entry to add, an entry that is there already, or a refusal. No time, no database.
 */
import { MOST } from './money.js'
import * as refuse from './refusals.js'

/**
 * @typedef {import('./entry.js').NewEntry} NewEntry
 * @typedef {import('./entry.js').Entry} Entry
 * @typedef {import('./ledger.js').Facts} Facts
 * @typedef {{ add: NewEntry, there?: undefined } | { there: Entry, add?: undefined }} Decision
 */

/** The key under which a charge's stake goes back; no caller's key has a '/'. @param {string} chargeKey */
export const refundKeyOf = chargeKey => `refund/${chargeKey}`

/**
 * @param {{ player: string, key: string, opening: number }} order
 * @param {Facts} facts
 * @returns {Decision} where the wallet is there already, its last entry.
 */
export function opening ({ player, key, opening }, { last, own }) {
  if (own && own.amount !== opening) throw refuse.walletExists(own.amount, opening)
  if (own && last) return { there: last }
  return { add: { player, seq: 1, kind: 'opening', key, amount: opening, balance: opening } }
}

/**
 * @param {{ player: string, key: string, amount: number, holdS?: number }} order
 * @param {Facts} facts
 * @returns {Decision}
 */
export function charge ({ player, key, amount, holdS }, { last, own }) {
  if (own) {
    if (own.kind === 'void' && own.player === player) throw refuse.chargeVoid()
    const same = own.kind === 'charge' && own.player === player && own.amount === amount && own.hold_s === holdS
    if (!same) throw refuse.keyReused()
    return { there: own }
  }
  if (!last) throw refuse.unknownPlayer()
  if (last.balance < amount) throw refuse.insufficientFunds(last.balance, amount)
  return { add: next(last, { kind: 'charge', key, amount, balance: last.balance - amount, hold_s: holdS }) }
}

/**
 * @param {{ player: string, key: string, amount: number, chargeKey?: string }} order
 * @param {Facts} facts
 * @returns {Decision}
 */
export function payout ({ player, key, amount, chargeKey }, { last, own, charge: closed, closing }) {
  if (own) {
    const same = own.kind === 'payout' && own.player === player && own.amount === amount && own.closes === chargeKey
    if (!same) throw refuse.keyReused()
    return { there: own }
  }
  if (!last) throw refuse.unknownPlayer()
  if (chargeKey !== undefined) {
    if (closed?.player !== player || !CLOSABLE.has(closed.kind)) throw refuse.unknownCharge()
    if (closing) throw refuse.chargeClosed(HOW[closing.kind] ?? closing.kind)
  }
  if (last.balance + amount > MOST.balance) throw refuse.balanceLimit(last.balance, amount)
  return { add: next(last, { kind: 'payout', key, closes: chargeKey, amount, balance: last.balance + amount }) }
}

/**
 * Give the stake of a charge back; where the charge never came, take its key, so that it cannot come any more.
 *
 * @param {{ player: string, chargeKey: string }} order
 * @param {Facts} facts
 * @returns {Decision}
 */
export function refund ({ player, chargeKey }, { last, charge: closed, closing }) {
  if (closed && (closed.player !== player || !CLOSABLE.has(closed.kind))) throw refuse.keyReused()
  if (closing?.kind === 'payout') throw refuse.chargeClosed(HOW.payout ?? '')
  if (closing) return { there: closing }
  if (!last) throw refuse.unknownPlayer()
  if (!closed) {
    return { add: next(last, { kind: 'void', key: chargeKey, closes: chargeKey, amount: 0, balance: last.balance }) }
  }
  const { amount } = closed
  const key = refundKeyOf(chargeKey)
  return { add: next(last, { kind: 'refund', key, closes: chargeKey, amount, balance: last.balance + amount }) }
}

// A void closes itself, so that neither a payout nor a second refund can.
const CLOSABLE = new Set(['charge', 'void'])
/** @type {Readonly<Record<string, string>>} */
const HOW = { payout: 'a payout confirmed it', refund: 'its stake was given back', void: 'it was made void' }

/**
 * Put an entry behind the last one.
 *
 * @param {Entry} last
 * @param {Omit<NewEntry, 'player' | 'seq'>} entry
 * @returns {NewEntry}
 */
function next (last, entry) {
  return { player: last.player, seq: last.seq + 1, ...entry }
}
