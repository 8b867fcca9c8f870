/**
 * The stack overflow: a bonus that goes from player to inviter, in a ring of players who invited one another.
 */
import { trimStack } from './stack-trace.js'

/** @type {Readonly<Record<string, string>>} */
const INVITED_BY = { 'player-7': 'player-3', 'player-3': 'player-9', 'player-9': 'player-7' }
const SHARE = 0.1
// Together as many as the SDK takes from a stack: it cuts at 50, and would keep the innermost alone.
const INNERMOST = 20
const OUTERMOST = 30
// More than fit on the stack of a process: every frame is there when it is decided which ones to keep.
const ALL_FRAMES = 1_000_000

/**
 * Share a bonus with all who stand above a player.
 *
 * @param {import('../crashkit/run.js').Run} _run
 * @param {import('./index.js').Context} context
 * @returns {Promise<import('./index.js').Report>} never.
 * @throws {RangeError} always; the stack ends before the ring does. Its trace is trimmed, and the context `stack` says
 *   how much of it was left out.
 */
export async function shareBonus (_run, { sentry }) {
  const limit = Error.stackTraceLimit
  Error.stackTraceLimit = ALL_FRAMES
  try {
    return { sharedMinor: shareAbove('player-7', 10_000) }
  } catch (error) {
    if (error instanceof RangeError) sentry.setContext('stack', trimStack(error, INNERMOST, OUTERMOST))
    throw error
  } finally {
    Error.stackTraceLimit = limit
  }
}

/**
 * @param {string} player
 * @param {number} amountMinor
 * @returns {number} minor units.
 */
function shareAbove (player, amountMinor) {
  const inviter = INVITED_BY[player]
  // The mistake: nobody thought of a ring, so the end is never reached.
  if (!inviter) return 0
  return amountMinor * SHARE + shareAbove(inviter, amountMinor * SHARE)
}
