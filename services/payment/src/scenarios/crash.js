/**
 * The crash: a mistake in a handler, which costs one request, and one outside of it, which costs the process.
 */
import { wayOf } from './ways.js'

const CHIPS = { code: 'CHIPS', perUnit: 100 }
const TILL = { bookedMinor: 125_000n, countedMinor: 124_900 }
const CLOSING_AFTER_MS = 20

/**
 * Print a receipt, or close the till, as the case says.
 *
 * @param {import('../crashkit/run.js').Run} run `run.case.caseName` is a key of `WAYS`.
 * @returns {Promise<import('./index.js').Report>} never.
 * @throws {RangeError} the receipt is in a currency that no bank knows.
 */
export async function crash (run) {
  return wayOf(WAYS, run)()
}

/**
 * Write an amount in the currency of the house, which has no code in ISO 4217.
 *
 * @param {number} amountMinor
 * @returns {string}
 * @throws {RangeError} always.
 */
function writeAmount (amountMinor) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: CHIPS.code })
  return format.format(amountMinor / CHIPS.perUnit)
}

async function printReceipt () {
  return { receipt: writeAmount(12_500) }
}

/** Compare what was booked with what was counted; the books count in BigInt, the till does not. */
function closeTill () {
  // @ts-expect-error The mistake: the kinds of number are mixed, which only shows when it runs.
  return TILL.bookedMinor - TILL.countedMinor
}

/**
 * Wait until a timer has closed the till. What is thrown in the timer's callback passes the handler by: nobody can
 * catch it, and the process ends before it answers.
 *
 * @returns {Promise<import('./index.js').Report>} never.
 */
function closeTillLater () {
  return new Promise(resolve => {
    setTimeout(() => resolve({ differenceMinor: closeTill() }), CLOSING_AFTER_MS)
  })
}

/** @type {Readonly<Record<string, () => Promise<import('./index.js').Report>>>} */
const WAYS = {
  handler: printReceipt,
  uncaught: closeTillLater
}
