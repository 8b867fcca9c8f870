/**
 * Chance that can be had again: give the seed that a failed test names.
 */

/**
 * @param {number} seed
 * @returns {() => number} uniform from 0 up to 1, by Mulberry32.
 */
export function seeded (seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
