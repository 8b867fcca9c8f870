/**
 * Whether what came back is what the page can work with: an answer of another release must not become a wrong number.
 */
import { REELS, symbolOf } from './paytable.js'

export const SPIN_ID = /^[0-9a-f]{16}$/

/** An answer that is no answer to what was asked. */
export class UnexpectedAnswerError extends Error {
  name = 'UnexpectedAnswerError'
}

/** @param {unknown} value */
export const isMoney = value => Number.isSafeInteger(value) && value >= 0

/** @param {unknown} found */
export const areReels = found => Array.isArray(found) && found.length === REELS && found.every(name => symbolOf(name))

/**
 * @param {any} body of a spin that was settled.
 * @throws {UnexpectedAnswerError} names the first member that does not fit.
 */
export function readSpin (body) {
  const fits = {
    spin_id: SPIN_ID.test(body?.spin_id),
    reels: areReels(body?.reels),
    win: isMoney(body?.win),
    balance: isMoney(body?.balance)
  }
  const wrong = Object.keys(fits).find(name => !fits[name])
  if (wrong) throw new UnexpectedAnswerError(`A spin was answered with a ${wrong} that this page does not know; reload it`)
  return { spinId: body.spin_id, reels: body.reels, win: body.win, balance: body.balance }
}

/**
 * @param {any} body of a wallet, a payout.
 * @returns {number} minor units.
 * @throws {UnexpectedAnswerError}
 */
export function readBalance (body) {
  if (!isMoney(body?.balance)) throw new UnexpectedAnswerError('A wallet was answered with a balance that is no amount')
  return body.balance
}
