/**
 * The last spins: those of this page as they end, those of earlier visits as analytics has stored them.
 */
import { areReels, isMoney, SPIN_ID } from './shapes.js'

export const ROWS = 8
// A spin that the page knows has no doubt about it; more than are shown, because doubt looks further back.
const KNOWN = 40

/**
 * @typedef {object} Row
 * @property {string} spinId
 * @property {string[]|null} reels
 * @property {number} stake minor units.
 * @property {number} win minor units.
 * @property {number} at ms since 1970.
 */

/**
 * @param {{request: Function}} api
 * @param {string} player
 * @param {import('../telemetry.js').Trace} [trace]
 * @returns {Promise<Row[]>} none where analytics is not there.
 */
export async function loadHistory (api, player, trace) {
  const answer = await api.request(`/api/v1/analytics/spins?player_id=${player}&limit=${ROWS}`, { trace })
  if (!answer.ok || !Array.isArray(answer.body?.spins)) return []
  return answer.body.spins.filter(isStored).map(({ spin_id: spinId, reels, stake, win, at }) =>
    ({ spinId, reels, stake, win, at: Date.parse(at) }))
}

/**
 * Put rows together: each spin once, the latest first.
 *
 * @param {Row[]} rows
 * @param {Row[]} more
 * @returns {Row[]}
 */
export function merged (rows, more) {
  const byId = new Map([...more, ...rows].map(row => [row.spinId, row]))
  return [...byId.values()].sort((one, other) => other.at - one.at).slice(0, KNOWN)
}

const isStored = found => SPIN_ID.test(found?.spin_id) && areReels(found.reels) && isMoney(found.stake) &&
  isMoney(found.win) && Number.isFinite(Date.parse(found.at))
