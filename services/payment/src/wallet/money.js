/**
 * What counts as money here: whole minor units between bounds, exact on the way in and in the database.
 */
import { Long } from 'mongodb'

/** The most of each kind, in minor units. */
export const MOST = Object.freeze({
  opening: 1_000_000_000,
  charge: 1_000_000,
  payout: 100_000_000,
  // Below the largest exact number of JavaScript by more than all stakes that could come back at once.
  balance: 9_000_000_000_000_000
})

/**
 * Give money as the database keeps it. A plain number would become an Int32 or a Double, by its size.
 *
 * @param {number} minor minor units.
 * @returns {Long} 64 bits, whole.
 * @throws {RangeError} a mistake of ours made it fractional or too large to be exact.
 */
export function stored (minor) {
  if (!Number.isSafeInteger(minor)) throw new RangeError('Money must be a whole number that is exact; it is not')
  return Long.fromNumber(minor)
}
