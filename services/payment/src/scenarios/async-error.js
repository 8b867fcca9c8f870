/**
 * Failures of asynchronous work, in the patterns that Node has for it.
 */
import { EventEmitter } from 'node:events'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setImmediate as turn } from 'node:timers/promises'

import { wayOf } from './ways.js'

const STAKE_AS_TYPED = '12,50'
const BATCH = ['{"player": "player-7", "amount": 100}', 'player-7;200']
/** @type {Readonly<Record<string, { wallet: { balance: number } } | null>>} */
const SEATS = { 'seat-1': { wallet: { balance: 500 } }, 'seat-2': null }
const ACCOUNTS = { card: 'bank.example.com/cards', transfer: '{"iban": }', voucher: 120 }

/**
 * Pay, settle or write receipts asynchronously, in the way that the case names.
 *
 * @param {import('../crashkit/run.js').Run} run `run.case.caseName` is a key of `WAYS`.
 * @returns {Promise<import('./index.js').Report>} what was started, where nobody waits for it.
 * @throws {AggregateError} no account could be paid to.
 * @throws {SyntaxError} a stake or a line of a batch cannot be read.
 * @throws {TypeError} a seat is empty.
 */
export async function settle (run) {
  return wayOf(WAYS, run)()
}

/**
 * Read a stake, after the player's turn has come.
 *
 * @param {string} typed
 * @throws {SyntaxError} it has a decimal comma.
 */
async function readStake (typed) {
  await turn()
  return BigInt(typed)
}

async function takeStake () {
  const stake = await readStake(STAKE_AS_TYPED)
  return { stakeMinor: Number(stake) }
}

/**
 * @param {string} seat
 * @throws {TypeError} nobody sits there.
 */
async function settleSeat (seat) {
  await turn()
  // @ts-expect-error The mistake: a seat may be empty.
  return SEATS[seat].wallet.balance
}

/**
 * Divide what the house took into as many parts as there are winners.
 *
 * @param {number} winners
 * @throws {RangeError} there are fewer than none.
 */
async function divideRest (winners) {
  await turn()
  await turn()
  return new Array(winners).fill(0)
}

/** Settle a table: the empty seat fails first, dividing the rest after it, when nobody listens any more. */
async function settleTable () {
  const [first, second] = await Promise.all([settleSeat('seat-1'), settleSeat('seat-2'), divideRest(-1)])
  return { first, second }
}

/** @throws {TypeError} the address has no scheme. */
async function payToCard () {
  return new URL(ACCOUNTS.card).href
}

/** @throws {SyntaxError} what was stored is not JSON. */
async function payByTransfer () {
  return JSON.parse(ACCOUNTS.transfer).iban
}

/** @throws {RangeError} a voucher is printed with more decimals than there are. */
async function payByVoucher () {
  return (0.5).toFixed(ACCOUNTS.voucher)
}

async function payAnyhow () {
  return { paid: await Promise.any([payToCard(), payByTransfer(), payByVoucher()]) }
}

/**
 * Write the receipt of a win.
 *
 * @param {{ receipt?: { number: number } }} win
 * @throws {TypeError} the win came without a receipt.
 */
async function writeReceipt (win) {
  await turn()
  // @ts-expect-error The mistake: only a win at a table has a receipt.
  const { number } = win.receipt
  return number
}

function announceWin () {
  const wins = new EventEmitter()
  // The mistake: an emitter does not look at what a listener gives back, so the listener's promise is nobody's.
  wins.on('win', writeReceipt)
  wins.emit('win', { amountMinor: 500 })
  return { announced: 1 }
}

/**
 * Add up the stakes of an hour.
 *
 * @param {{ stakesMinor: number[] } | null} hour
 * @throws {TypeError} nothing was played in it.
 */
async function sumHour (hour) {
  await turn()
  // @ts-expect-error The mistake: an hour without a spin was never written.
  return hour.stakesMinor.reduce((sum, stake) => sum + stake, 0)
}

function sumHourLater () {
  // The mistake: a timer does not look at what its callback gives back.
  setTimeout(async () => sumHour(null), 1)
  return { started: 'sum of the hour' }
}

/**
 * @param {AsyncIterable<string>} lines
 * @throws {SyntaxError} a line is not JSON.
 */
async function * readPayouts (lines) {
  for await (const line of lines) yield JSON.parse(line).amount
}

/** @param {AsyncIterable<number>} amounts */
async function addUp (amounts) {
  let sum = 0
  for await (const amount of amounts) sum += amount
  return sum
}

async function payBatch () {
  await pipeline(Readable.from(BATCH), readPayouts, addUp)
  return { paid: BATCH.length }
}

/** @type {Readonly<Record<string, () => Promise<import('./index.js').Report> | import('./index.js').Report>>} */
const WAYS = {
  await: takeStake,
  all: settleTable,
  any: payAnyhow,
  'event-emitter': announceWin,
  'timer-callback': sumHourLater,
  stream: payBatch
}
