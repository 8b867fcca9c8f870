/**
 * For how long whoever answers wants to be left alone, in the two headers that say so.
 *
 * Both languages are held to it by `tests/contract/limits.json`.
 */

/** @import { Answer } from '../spool/pace.js' */

export const TOO_MANY = 429
export const ALL_CATEGORIES = ''
// The longest time that a header can make us wait, and that of a 429 which does not say for how long.
const LONGEST_S = 7 * 24 * 3600
const DEFAULT_S = 60
const SECONDS = /^\s*[0-9]{1,12}(\.[0-9]{1,6})?\s*$/
// The form that HTTP prescribes; the language reads much more into a text.
const DATE = /^\s*(?:[A-Za-z]{3}, )?\d{1,2} [A-Za-z]{3} \d{4} \d{2}:\d{2}:\d{2} GMT\s*$/

/**
 * Read what an answer limits.
 *
 * @param {Answer} answer its `X-Sentry-Rate-Limits` counts with every status, its `Retry-After` with a 429 that has no
 *   readable limits.
 * @param {number} nowMs milliseconds since 1970.
 * @returns {Map<string, number>} category to seconds; the empty category stands for all.
 */
export function limitsOf ({ status, rateLimits, retryAfter }, nowMs) {
  const found = readLimits(rateLimits ?? '')
  if (found.size || status !== TOO_MANY) return found
  return new Map([[ALL_CATEGORIES, retryAfterS(retryAfter ?? '', nowMs) || DEFAULT_S]])
}

/**
 * Read `Retry-After`, as seconds or as a date.
 *
 * @param {string} header
 * @param {number} nowMs milliseconds since 1970.
 * @returns {number} seconds; 0 where there is none.
 */
export function retryAfterS (header, nowMs) {
  const seconds = secondsOf(header)
  if (seconds || !DATE.test(header)) return seconds
  return Math.min(LONGEST_S, Math.max(0, (Date.parse(header) - nowMs) / 1000)) || 0
}

/** @param {string} header `<seconds>:<category>;<category>:<scope>:…, …`; what cannot be read is left out. */
function readLimits (header) {
  /** @type {Map<string, number>} */
  const found = new Map()
  for (const limit of header.split(',')) {
    const [first = '', names = ALL_CATEGORIES] = limit.split(':')
    const seconds = secondsOf(first)
    if (seconds <= 0) continue
    for (const name of names.split(';')) found.set(name.trim(), Math.max(seconds, found.get(name.trim()) ?? 0))
  }
  return found
}

/** @param {string} text */
function secondsOf (text) {
  return SECONDS.test(text) ? Math.min(Number(text), LONGEST_S) : 0
}
