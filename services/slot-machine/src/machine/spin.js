/**
 * One spin, from the request to what is known of it. A request that broke off is not repeated: it may have been played.
 */
import { ConnectionLostError } from '../api.js'
import { SPIN_ID, UnexpectedAnswerError, readSpin } from './shapes.js'

/**
 * @typedef {object} Settled
 * @property {'settled'} kind
 * @property {string} spinId
 * @property {string[]|null} reels what they show; null where nobody has told.
 * @property {number} win minor units.
 * @property {number} balance minor units.
 *
 * @typedef {object} NotPlayed the stake is where it was, or comes back by itself.
 * @property {'refused'|'away'} kind refused: by the rules; away: later, perhaps.
 * @property {string} why the kind of the problem.
 * @property {number|null} retryAfterS
 *
 * @typedef {object} Doubt it may be played.
 * @property {'doubt'} kind
 * @property {string|null} spinId where it is known.
 */

// Nothing was handed over, or what was taken goes back by itself.
const AWAY = new Set(['payment-away', 'spin-returned', 'not-in-release', 'upstream-unreachable'])

/**
 * @param {{request: Function}} api
 * @param {{player: string, stake: number}} order
 * @param {import('../telemetry.js').Trace} [trace]
 * @returns {Promise<Settled|NotPlayed|Doubt>}
 * @throws {UnexpectedAnswerError} it was answered, and not as a spin is.
 */
export async function spin (api, { player, stake }, trace) {
  let answer
  try {
    const body = { player_id: player, stake }
    answer = await api.request('/api/v1/game-engine/spin', { method: 'POST', body, trace })
  } catch (error) {
    if (error instanceof ConnectionLostError) return { kind: 'doubt', spinId: null }
    throw error
  }
  if (answer.ok) return { kind: 'settled', ...readSpin(answer.body) }
  return notSettled(answer)
}

/** @param {import('../api.js').Answer} answer */
function notSettled (answer) {
  const { status, problem, retryAfterS, body } = answer
  if (AWAY.has(problem) || status === 429) return { kind: 'away', why: problem ?? 'too-many', retryAfterS }
  if (status >= 500) return { kind: 'doubt', spinId: SPIN_ID.test(body?.spin_id) ? body.spin_id : null }
  if (problem) return { kind: 'refused', why: problem, retryAfterS }
  throw new UnexpectedAnswerError(`A spin was refused by something on the way: ${status}`)
}
