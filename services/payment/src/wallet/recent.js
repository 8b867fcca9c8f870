/**
 * What this process has just added to the ledger, so that a spin need not read it again.
 *
 * Acting on it is as safe as acting on what was read: an entry that follows one which is not the last any more is refused
 * by the database, which takes each place once. Refusing a caller because of it would not be safe, and is not done.
 */

/** @typedef {import('./entry.js').Entry} Entry */

const MOST = 5000
// Longer than between a stake and its win, and so short that nobody restores a backup meanwhile.
const FRESH_MS = 3000

/**
 * The newest entries of a process.
 */
export class Recent {
  /** @type {Map<string, { entry: Entry, untilMs: number }>} by player. */
  #lasts = new Map()
  /** @type {Map<string, { entry: Entry, untilMs: number }>} by key. */
  #charges = new Map()

  /**
   * Note an entry that the database has taken.
   *
   * @param {Entry} entry
   */
  remember (entry) {
    const noted = { entry, untilMs: performance.now() + FRESH_MS }
    note(this.#lasts, entry.player, noted)
    if (entry.kind === 'charge') note(this.#charges, entry.key, noted)
  }

  /**
   * Distrust what is known of a player.
   *
   * @param {string} player
   */
  forget (player) {
    this.#lasts.delete(player)
  }

  /**
   * Give the facts that seem to hold.
   *
   * @param {string} player
   * @param {string} [chargeKey] key of a charge that must be among them.
   * @returns {import('./ledger.js').Facts | null} none where too little is known.
   */
  facts (player, chargeKey) {
    const last = fresh(this.#lasts, player)
    const charge = chargeKey === undefined ? undefined : fresh(this.#charges, chargeKey)
    return !last || (chargeKey !== undefined && !charge) ? null : { last, charge }
  }
}

/**
 * @template Noted
 * @param {Map<string, Noted>} map
 * @param {string} name
 * @param {Noted} noted
 */
function note (map, name, noted) {
  map.delete(name)
  map.set(name, noted)
  if (map.size <= MOST) return
  const [oldest] = map.keys()
  map.delete(String(oldest))
}

/**
 * @param {Map<string, { entry: Entry, untilMs: number }>} map
 * @param {string} name
 */
function fresh (map, name) {
  const noted = map.get(name)
  return noted && performance.now() < noted.untilMs ? noted.entry : undefined
}
