/**
 * The pay table is read again from the page, and what is read does not add up.
 */
import { REELS, RETURN_TO_PLAYER, STOPS, SYMBOLS } from '../machine/paytable.js'

export class PayTableError extends Error {
  name = 'PayTableError'
}

/** Begin to read it again, and go on without waiting for it. */
export function checkPayTable () {
  readAgain()
}

async function readAgain () {
  const multipliers = await Promise.all(SYMBOLS.map(({ name }) => shownMultiplier(name)))
  const returned = SYMBOLS.reduce((sum, { weight }, at) => sum + (weight / STOPS) ** REELS * multipliers[at], 0)
  if (returned !== RETURN_TO_PLAYER) {
    throw new PayTableError('The pay table does not add up to what the machine gives back')
  }
}

async function shownMultiplier (name) {
  const cell = document.querySelector(`[data-pays="${name}"] .times`)
  return Number(cell?.textContent) // the cell says ×40, which is no number
}
