/**
 * Reads a ledger past the service and checks what must hold for every ledger.
 */
import { deepEqual, equal, ok } from 'node:assert/strict'

import { ledgerOf } from './database.js'

/** Which way each kind moves the money. */
const SIGN = { opening: 1, charge: -1, payout: 1, refund: 1, void: 0 }

/**
 * Check that every player's chain has no gap and adds up, that no balance was ever negative, that no key and no closing
 * is there twice, and that a refund gives back what the charge took.
 *
 * @param {string} database
 * @returns {Promise<Map<string, { balance: number, entries: any[] }>>} by player.
 */
export async function audited (database) {
  const all = await ledgerOf(database).find().sort({ player: 1, seq: 1 }).toArray()
  const byKey = new Map(all.map(entry => [entry.key, entry]))
  const closings = all.flatMap(({ closes }) => closes ?? [])
  equal(all.length, byKey.size, 'a key is there twice')
  equal(closings.length, new Set(closings).size, 'a charge is closed twice')

  const players = Map.groupBy(all, ({ player }) => String(player))
  return new Map(Array.from(players, ([player, entries]) => {
    deepEqual(entries.map((_, index) => index + 1), entries.map(({ seq }) => seq), `${player}: the chain has a gap`)
    let balance = 0
    for (const entry of entries) {
      balance += SIGN[/** @type {keyof typeof SIGN} */ (entry.kind)] * entry.amount
      equal(balance, entry.balance, `${player}: entry ${entry.seq} does not add up`)
      ok(balance >= 0, `${player}: entry ${entry.seq} is below zero`)
      const closed = entry.kind === 'refund' ? byKey.get(entry.closes) : undefined
      if (entry.kind === 'refund') deepEqual([closed?.player, closed?.amount], [player, entry.amount], 'a refund of something else')
    }
    return [player, { balance, entries }]
  }))
}
