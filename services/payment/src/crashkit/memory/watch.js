/**
 * Looks at the memory in the thread of the watchdog: ten times a second, a hundred times where the limit is not far.
 */
import { Approach } from './approach.js'
import { nowMs, splitOf } from './figures.js'
import { Usage } from './usage.js'
import { blamedIn, warningOf } from './warning.js'

/**
 * What it is given.
 *
 * @typedef {object} Order
 * @property {number} percent of the limit at which it warns; 0 never does.
 * @property {string | null} record the flight record, which knows whose trace the warning belongs to.
 * @property {import('./figures.js').Shared} shared
 */

/**
 * Look from now on; where there is no limit, there is nothing to do.
 *
 * @param {Order} order
 * @param {Record<string, any>} known what every event of this process carries.
 * @param {(event: Record<string, any>) => void} send puts it on disk before it returns.
 * @param {(message: string) => void} complain is told once what is wrong with it.
 * @param {Usage} [usage]
 */
export function watchMemory ({ percent, record, shared }, known, send, complain, usage = new Usage()) {
  const approach = new Approach(percent / 100)
  if (!percent || usage.read(approach.lookCloselyFrom) === null) return
  let failed = false
  const look = () => {
    try {
      const reading = usage.read(approach.lookCloselyFrom)
      if (reading !== null && approach.sees(nowMs() / 1000, reading.usedMib, reading.limitMib)) {
        send(warningOf(known, memoryOf(reading, approach, usage, shared), blamedIn(record)))
      }
    } catch (error) {
      if (!failed) complain(`memory near its limit is not reported: ${String(error)}`)
      failed = true
    }
    Atomics.store(shared.wanted, 0, Number(approach.isClose))
    setTimeout(look, approach.pauseS * 1000)
  }
  look()
}

/**
 * @param {{ usedMib: number, limitMib: number }} reading
 * @param {Approach} approach
 * @param {Usage} usage
 * @param {import('./figures.js').Shared} shared
 */
function memoryOf ({ usedMib, limitMib }, approach, usage, shared) {
  const peakMib = usage.peakMib()
  return {
    used_mib: rounded(usedMib),
    limit_mib: rounded(limitMib),
    slope_mib_s: rounded(approach.slopeMibS),
    ...(peakMib === null ? {} : { peak_mib: rounded(peakMib) }),
    ...splitOf(shared)
  }
}

/** @param {number} mib */
function rounded (mib) {
  return Math.round(mib * 10) / 10
}
