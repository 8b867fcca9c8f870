/**
 * What the machine says: a headline and a sentence, shown and read out alike.
 */
import { shown } from './money.js'
import { symbolOf } from './paytable.js'

/**
 * @typedef {object} Saying
 * @property {'calm'|'win'|'loss'|'warn'} tone
 * @property {string} head
 * @property {string} detail
 * @property {boolean} [silent] is shown and not read out.
 */

/** @type {(tone: Saying['tone'], head: string, detail: string) => Saying} */
const say = (tone, head, detail) => ({ tone, head, detail })

export const ENTERING = { ...say('calm', 'Opening your wallet', 'One moment, please.'), silent: true }
export const WELCOME = say('calm', 'Three of a kind wins', 'Choose a stake and press Spin, Space or Enter.')
export const SPINNING = { ...say('calm', 'Good luck', 'The reels are turning.'), silent: true }
export const TOO_POOR = say('warn', 'Not enough for this stake', 'Choose a smaller one, or add play money.')
export const DOUBT = say('warn', 'The answer was lost', 'Your spin may have been played. Asking what became of it.')
export const UNKNOWN = say('warn', 'Still no answer',
  'Nobody could say what became of the spin. A stake that was not played for comes back by itself.')
export const RETURNED = say('warn', 'The spin does not count', 'It took too long, and your stake was given back.')
export const NOT_PLAYED = say('warn', 'The spin was not played', 'It never arrived. Nothing was taken.')
export const UNREADABLE = say('warn', 'The machine gave a strange answer', 'Your balance was read anew. Reload the page if this stays.')
export const NO_TOP_UP = say('warn', 'No money was added', 'Payment does not answer. Try again in a moment.')

/** Why no spin came about, by the kind of the problem. */
const AWAY = {
  'payment-away': say('warn', 'Payment does not answer', 'The spin was not played. What was taken comes back by itself.'),
  'spin-returned': RETURNED,
  'not-in-release': say('warn', 'No spins here', 'This release has no payment, and no spin is played without it.'),
  'upstream-unreachable': say('warn', 'The game engine is away', 'Nothing was taken. It is usually back in a moment.')
}
const REFUSED = {
  'insufficient-funds': TOO_POOR,
  'balance-limit': say('warn', 'Your wallet is full', 'The win would be more than a wallet holds. Your stake was given back.'),
  'unknown-player': say('warn', 'The casino was built anew', 'Nothing was taken. A new wallet was opened for you.')
}

/** @param {string} why */
export const away = why => AWAY[why] ?? say('warn', 'The machine is busy', 'Nothing was taken. Try again in a moment.')

/** @param {string} why */
export const refused = why => REFUSED[why] ?? say('warn', 'The spin was refused', `Nothing was taken (${why}).`)

/** @param {number} inS */
export const noEntry = inS => say('warn', 'The casino does not answer', `Trying again in ${inS} s, and as often as it takes.`)

/** @param {number} amount minor units @param {number} balance minor units */
export const toppedUp = (amount, balance) => say('calm', `${shown(amount)} added`, `Balance ${shown(balance)}.`)

/**
 * @param {{reels: string[]|null, win: number, stake: number, balance: number}} spin
 * @returns {Saying}
 */
export function result ({ reels, win, stake, balance }) {
  const then = `Balance ${shown(balance)}.`
  if (win > 0) return say('win', winHead(reels, win), `${Math.round(win / stake)} times your stake. ${then}`)
  if (!reels) return say('loss', 'No win this time', `The reels were not told. ${then}`)
  const labels = reels.map(name => symbolOf(name).label)
  const listed = `${labels[0]}, ${labels[1].toLowerCase()}, ${labels[2].toLowerCase()}. ${then}`
  const twice = reels.find((name, at) => reels.indexOf(name) !== at)
  return say('loss', twice ? `So close: two ${symbolOf(twice).plural}` : 'No win this time', listed)
}

function winHead (reels, win) {
  return reels ? `Three ${symbolOf(reels[0]).plural} pay ${shown(win)}` : `You win ${shown(win)}`
}
