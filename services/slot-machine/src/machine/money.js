/**
 * Play money: whole minor units everywhere, and text only where somebody reads it.
 */
export const OPENING = 10_000
export const TOP_UP = 10_000
export const STAKES = Object.freeze([50, 100, 200, 500, 1000])
export const FIRST_STAKE = 100
const MINOR = 100

/**
 * @param {number} minor whole minor units; may be negative.
 * @returns {string} exact at any size: `1,234.50`.
 */
export function shown (minor) {
  const size = Math.abs(minor)
  const whole = Math.trunc(size / MINOR).toLocaleString('en')
  return `${minor < 0 ? '−' : ''}${whole}.${String(size % MINOR).padStart(2, '0')}`
}

/** With its sign, also where it is none: `+1.00`, `−0.50`, `±0.00`. @param {number} minor */
export const signed = minor => `${minor > 0 ? '+' : minor === 0 ? '±' : ''}${shown(minor)}`

/**
 * Count from one amount to another, fast at first.
 *
 * @param {number} from minor units
 * @param {number} to minor units
 * @param {number} share of the time that has passed, 0 to 1.
 */
export function between (from, to, share) {
  const left = (1 - Math.min(Math.max(share, 0), 1)) ** 3
  return Math.round(to + (from - to) * left)
}
