/**
 * When memory is near its limit, and how often to look. Pure: no clock, no file.
 *
 * Both languages are held to `tests/contract/memory.json`.
 */

// Parts of the share at which it warns: above this a steep slope is enough, and below it the next approach begins.
const FLOOR = 0.75
// Above this it looks often.
const OFTEN_FROM = 0.625
// A slope that reaches the limit within so long warns.
const REACHED_WITHIN_S = 2
// The slope is that of this long: shorter is noise, longer hides the beginning of a fast leak.
const SLOPE_OVER_S = 1
const RARELY_S = 0.1
const OFTEN_S = 0.01

/**
 * Sees readings one after the other, and says once for each approach that the limit is near.
 */
export class Approach {
  #share
  #armed = true
  #often = false
  /** @type {{ atS: number, usedMib: number }[]} */
  #seen = []
  #slopeMibS = 0

  /** @param {number} share of the limit, at which it is near in any case (0 to 1). */
  constructor (share) {
    this.#share = share
  }

  /** The share of the limit below which no reading can matter, however it is made up. */
  get lookCloselyFrom () {
    return this.#share * OFTEN_FROM
  }

  /** How long until the next reading (seconds). */
  get pauseS () {
    return this.#often ? OFTEN_S : RARELY_S
  }

  /** Whether the limit is not far, and nobody was warned yet. */
  get isClose () {
    return this.#often
  }

  /** How fast it grew in the last second (MiB/s). */
  get slopeMibS () {
    return this.#slopeMibS
  }

  /**
   * Take a reading.
   *
   * @param {number} atS when it was made (seconds that only go forward).
   * @param {number} usedMib without what the kernel takes back (MiB).
   * @param {number} limitMib above this it kills (MiB).
   * @returns {boolean} whether to warn now.
   */
  sees (atS, usedMib, limitMib) {
    this.#slopeMibS = this.#slope(atS, usedMib)
    const near = limitMib * this.#share
    const floor = near * FLOOR
    if (usedMib < floor) this.#armed = true
    const soon = this.#slopeMibS > 0 && (limitMib - usedMib) / this.#slopeMibS <= REACHED_WITHIN_S
    const warns = this.#armed && (usedMib > near || (usedMib > floor && soon))
    if (warns) this.#armed = false
    this.#often = this.#armed && usedMib > near * OFTEN_FROM
    return warns
  }

  /**
   * @param {number} atS
   * @param {number} usedMib
   */
  #slope (atS, usedMib) {
    const seen = this.#seen
    seen.push({ atS, usedMib })
    // One from before that long stays, so that a reading that comes late is held against something.
    while (seen[1] && seen[1].atS <= atS - SLOPE_OVER_S) seen.shift()
    const [then] = seen
    return then && atS > then.atS ? (usedMib - then.usedMib) / (atS - then.atS) : 0
  }
}
