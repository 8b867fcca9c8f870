/**
 * Every answer of the wallets that is not what was asked for, with its status and its sentence.
 *
 * The sentences of 5xx carry no number or name: they become the title of an event.
 */
import { Problem } from '../crashkit/problem.js'

const RETRY = { 'Retry-After': '1' }

export const unknownPlayer = () =>
  new Problem(404, 'unknown-player', 'This player has no wallet; open one with PUT /wallets/{player_id}')

export const unknownCharge = () =>
  new Problem(404, 'unknown-charge', 'This player has no charge with this key; look at the key, or charge first')

export const noCharge = () =>
  new Problem(404, 'unknown-charge', 'No charge has this key; look at the key, or charge first')

/** @param {number} opening @param {number} asked minor units. */
export const walletExists = (opening, asked) => new Problem(409, 'wallet-exists',
  `The wallet was opened with ${opening}, not with ${asked}; it is kept as it is, take another player`)

/** @param {number} balance @param {number} amount minor units. */
export const insufficientFunds = (balance, amount) => new Problem(402, 'insufficient-funds',
  `The wallet holds ${balance} and the charge is ${amount}; nothing was taken, charge less`)

/** @param {number} balance @param {number} amount minor units. */
export const balanceLimit = (balance, amount) => new Problem(409, 'balance-limit',
  `The wallet holds ${balance}, and ${amount} more are too many to be counted exactly; nothing was paid, charge first`)

export const keyReused = () => new Problem(409, 'key-reused',
  'This key already stands for something else (another kind, player, amount, hold or charge); nothing was done, take a new key')

export const chargeVoid = () => new Problem(409, 'charge-void',
  'A refund came before this charge and made its key void; nothing was taken, take a new key')

/** @param {string} how what the charge was closed by. */
export const chargeClosed = how => new Problem(409, 'charge-closed',
  `This charge is closed already: ${how}; nothing was done, look at GET /charges/{key}`)

/** @param {unknown} cause */
export const databaseAway = cause => caused(new Problem(503, 'database-away',
  'The database does not answer; nothing was done by this request, send it again', RETRY), cause)

/** @param {unknown} cause */
export const outcomeUnknown = cause => caused(new Problem(504, 'outcome-unknown',
  'The database did not say in time whether this was done; it may be done now or soon. ' +
  'Send the same request with the same key again: it is done once at the most', RETRY), cause)

// With no cause: a server names the key that was taken, and a key is nothing for an event.
export const walletBusy = () => new Problem(503, 'wallet-busy',
  'Too many requests want this wallet at once; nothing was done by this one, send it again', RETRY)

/**
 * @param {Problem} problem
 * @param {unknown} cause
 */
function caused (problem, cause) {
  problem.cause = cause
  return problem
}
