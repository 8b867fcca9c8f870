/**
 * The odds are computed by trying every stop of every reel, on the thread that paints and listens.
 */
import { REELS, STOPS, SYMBOLS } from '../machine/paytable.js'

const LONG_ENOUGH_MS = 650

/** Compute the odds of every result again and again, until the page has stood still for a while. */
export function blockPage () {
  const strip = SYMBOLS.flatMap(({ name, weight }) => Array.from({ length: weight }, () => name))
  const began = performance.now()
  let wins = 0
  let tried = 0
  while (performance.now() - began < LONG_ENOUGH_MS) {
    for (let stop = 0; stop < STOPS ** REELS; stop++) {
      const shown = [stop % STOPS, Math.floor(stop / STOPS) % STOPS, Math.floor(stop / STOPS ** 2)].map(at => strip[at])
      if (new Set(shown).size === 1) wins++
    }
    tried += STOPS ** REELS
  }
  return wins / tried
}
