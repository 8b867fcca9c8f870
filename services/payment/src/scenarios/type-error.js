/**
 * The type error: a property is asked of something that is not there.
 */

/** @type {Readonly<Record<string, { perDayMinor: number }>>} */
const LIMITS = {
  bronze: { perDayMinor: 50_000 },
  silver: { perDayMinor: 200_000 }
}

/**
 * Say how much a player may still lose today.
 *
 * @returns {Promise<import('./index.js').Report>} never.
 * @throws {TypeError} always; the player has a level that came after the table of limits.
 */
export async function readLimit () {
  return { leftMinor: leftToday({ id: 'player-7', level: 'gold', lostMinor: 12_000 }) }
}

/**
 * @param {{ id: string, level: string, lostMinor: number }} player
 * @returns {number} minor units.
 */
function leftToday (player) {
  const limits = LIMITS[player.level]
  // @ts-expect-error The mistake: not every level has its limits.
  return limits.perDayMinor - player.lostMinor
}
