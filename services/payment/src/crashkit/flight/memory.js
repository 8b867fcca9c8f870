/**
 * How much memory is used, and how fast that grows.
 */
import { readMemory } from '../cgroup.js'

const MIB = 1024 * 1024
const KIB = 1024
const SLOPE_OVER_MS = 2000

/**
 * Reads what the kernel counts for the container; of the process alone, where there is no container.
 */
export class MemoryGauge {
  #read
  #nowMs
  /** @type {{ atMs: number, usedMib: number }[]} */
  #samples = []

  /**
   * @param {() => import('../cgroup.js').CgroupMemory | null} [read]
   * @param {() => number} [nowMs] milliseconds that only go forward.
   */
  constructor (read = readMemory, nowMs = () => performance.now()) {
    this.#read = read
    this.#nowMs = nowMs
  }

  /** Whether nobody has read it for so long (ms). */
  isOlderThan (/** @type {number} */ ms) {
    const latest = this.#samples.at(-1)
    return !latest || this.#nowMs() - latest.atMs >= ms
  }

  /**
   * Read it anew.
   *
   * @returns {{ used_mib: number, limit_mib: number | null, peak_mib: number | null, slope_mib_s: number }}
   */
  read () {
    const counted = this.#read()
    const bounded = counted !== null && counted.limitBytes !== null
    const usedMib = mib(bounded ? counted.usageBytes : process.memoryUsage.rss())
    return {
      used_mib: usedMib,
      limit_mib: bounded ? mib(counted.limitBytes ?? 0) : null,
      peak_mib: bounded ? peak(counted) : mib(process.resourceUsage().maxRSS * KIB),
      slope_mib_s: this.#slope(usedMib)
    }
  }

  /** @param {number} usedMib */
  #slope (usedMib) {
    const atMs = this.#nowMs()
    this.#samples = this.#samples.filter(sample => atMs - sample.atMs <= SLOPE_OVER_MS)
    this.#samples.push({ atMs, usedMib })
    const [first] = this.#samples
    if (!first || atMs === first.atMs) return 0
    return rounded((usedMib - first.usedMib) / ((atMs - first.atMs) / 1000))
  }
}

/** @param {import('../cgroup.js').CgroupMemory} counted */
function peak ({ peakBytes }) {
  return peakBytes === null ? null : mib(peakBytes)
}

/** @param {number} bytes */
function mib (bytes) {
  return rounded(bytes / MIB)
}

/** @param {number} value */
function rounded (value) {
  return Math.round(value * 10) / 10
}
