/**
 * What an answer means for a file, and how long to wait after one that was no success.
 */
import { ALL_CATEGORIES, TOO_MANY, limitsOf, retryAfterS } from '../wire/limits.js'

const LONGEST_S = 60
// Of all 4xx, those that say that the same may be taken another time, and those that the address of envelopes never
// answers: while Sentry is away a proxy or whoever has its place may say them.
const TRY_AGAIN = new Set([408, TOO_MANY, 404, 405, 407, 421, 425])
const CATEGORY = 'error'

export const TOO_LARGE = 413

/**
 * What came back.
 *
 * @typedef {object} Answer
 * @property {number | null} status none where no answer came.
 * @property {string | undefined} [retryAfter] the header of this name.
 * @property {string | undefined} [rateLimits] the header `X-Sentry-Rate-Limits`.
 */

/**
 * @param {number | null} status
 * @returns {'delivered' | 'kept' | 'too_large' | 'refused'}
 */
export function becomes (status) {
  if (status === null || TRY_AGAIN.has(status)) return 'kept'
  if (status >= 200 && status < 300) return 'delivered'
  if (status === TOO_LARGE) return 'too_large'
  return status >= 400 && status < 500 ? 'refused' : 'kept'
}

/**
 * @param {number} failures in a row.
 * @param {() => number} [random] from 0 to 1.
 * @returns {number} seconds to wait.
 */
export function backoffS (failures, random = Math.random) {
  return Math.min(LONGEST_S, 2 ** failures) * (0.5 + random() / 2)
}

/**
 * Say for how long Sentry takes no events, which is obeyed whoever waits.
 *
 * @param {Answer} answer
 * @param {number} [nowMs] milliseconds since 1970.
 * @returns {number} seconds; 0 where there is no limit.
 */
export function limitedS (answer, nowMs = Date.now()) {
  const limits = limitsOf(answer, nowMs)
  return Math.max(limits.get(CATEGORY) ?? 0, limits.get(ALL_CATEGORIES) ?? 0)
}

/**
 * Say after how long a Sentry that could not answer well wants to be asked again.
 *
 * @param {Answer} answer
 * @param {number} [nowMs] milliseconds since 1970.
 * @returns {number} seconds; 0 where it does not say.
 */
export function askedS ({ retryAfter }, nowMs = Date.now()) {
  return Math.min(LONGEST_S, retryAfterS(retryAfter ?? '', nowMs))
}
