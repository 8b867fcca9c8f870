/**
 * How much memory is used, and how fast that grows. Read often: the kernel's files stay open.
 */
import { getHeapStatistics } from 'node:v8'

import { MIB, MOUNT, NO_LIMIT_BYTES, keptOpen, memoryFiles, numberOf, textOf } from '../cgroup.js'

// Shorter is noise, longer hides the beginning of a leak.
const SLOPE_OVER_MS = 3000
// Limit and peak change seldom, and each reading is a call of the system that every process pays for all the time.
const SELDOM_MS = 1000
const STATM = '/proc/self/statm'
// From this share of a limit on, or where it grows by so much between two readings, it is read often.
const NEAR = 0.75
const GROWS_MIB = 1
const PAGE_BYTES = 4096

/**
 * @typedef {object} MemoryFigures
 * @property {number | null} used_mib of the container; of this process, where no container has a limit.
 * @property {number | null} limit_mib
 * @property {number | null} peak_mib
 * @property {number | null} slope_mib_s
 * @property {number | null} oom_kills processes of the container that the kernel has killed.
 * @property {number} [oom_killed_at] when the last of these was seen (seconds since the epoch), once there is one.
 * @property {number} heap_used_mib
 * @property {number} heap_limit_mib of the old generation, where V8 gives up.
 */

/**
 * Reads what the kernel counts, and V8.
 */
export class MemoryGauge {
  #heapLimitMib
  #nowMs
  /** @type {(number | null)[]} */
  #files
  #pages
  #bytes = Buffer.alloc(512)
  /** @type {{ atMs: number, usedMib: number }[]} */
  #samples = []
  #kills = 0
  /** @type {number | undefined} */
  #killedAt
  #seldomMs = -Infinity
  /** @type {number | null} */
  #limit = null
  /** @type {number | null} */
  #peak = null

  /**
   * @param {number} heapLimitMib
   * @param {string} [mount] where the cgroups are mounted.
   * @param {() => number} [nowMs] milliseconds that only go forward.
   */
  constructor (heapLimitMib, mount = MOUNT, nowMs = () => performance.now()) {
    this.#heapLimitMib = heapLimitMib
    this.#nowMs = nowMs
    const files = memoryFiles(mount)
    this.#files = files ? [files.used, files.limit, files.peak, files.kills].map(keptOpen) : []
    // Without a limit the figures may be those of the whole machine, of which no process dies.
    this.#pages = this.#limitMib(this.#text(this.#files[1] ?? null)) === null
    if (this.#pages) this.#files = [keptOpen(STATM), null, null, this.#files[3] ?? null]
  }

  /**
   * Read it anew; limit and peak are at most a second old, the peak no less than what is used now.
   *
   * @returns {MemoryFigures}
   */
  read () {
    const [usedFile = null, limitFile = null, peakFile = null, killsFile = null] = this.#files
    const nowMs = this.#nowMs()
    if (nowMs - this.#seldomMs >= SELDOM_MS) {
      this.#seldomMs = nowMs
      this.#limit = this.#limitMib(this.#text(limitFile))
      this.#peak = mib(numberOf(this.#text(peakFile)))
    }
    const used = this.#text(usedFile)
    const oomKills = numberOf(/^oom_kill (\d+)$/m.exec(this.#text(killsFile))?.[1])
    if (oomKills !== null && oomKills > this.#kills) {
      this.#kills = oomKills
      this.#killedAt = Date.now() / 1000
    }
    const usedMib = this.#pages ? mib(numberOf(used.split(' ')[1]), PAGE_BYTES) : mib(numberOf(used))
    return {
      used_mib: usedMib,
      limit_mib: this.#limit,
      peak_mib: this.#peak === null ? null : Math.max(this.#peak, usedMib ?? 0),
      slope_mib_s: usedMib === null ? null : this.#slope(usedMib, nowMs),
      oom_kills: oomKills,
      ...(this.#killedAt === undefined ? {} : { oom_killed_at: this.#killedAt }),
      heap_used_mib: rounded(getHeapStatistics().used_heap_size / MIB),
      heap_limit_mib: this.#heapLimitMib
    }
  }

  /** @param {string} text */
  #limitMib (text) {
    const bytes = numberOf(text)
    return bytes === null || bytes >= NO_LIMIT_BYTES ? null : mib(bytes)
  }

  /**
   * @param {number} usedMib
   * @param {number} atMs
   */
  #slope (usedMib, atMs) {
    this.#samples.push({ atMs, usedMib })
    while (this.#samples[0] && atMs - this.#samples[0].atMs > SLOPE_OVER_MS) this.#samples.shift()
    const [first] = this.#samples
    if (!first || atMs === first.atMs) return 0
    return rounded((usedMib - first.usedMib) / ((atMs - first.atMs) / 1000))
  }

  /** @param {number | null} file */
  #text (file) {
    return textOf(file, this.#bytes)
  }
}

/**
 * Say whether the memory may be full soon; that of a container without a limit never is.
 *
 * @param {MemoryFigures | null} figures
 * @param {MemoryFigures | null} before
 */
export function inMotion (figures, before) {
  if (figures === null) return false
  if (figures.heap_used_mib >= NEAR * figures.heap_limit_mib) return true
  const { used_mib: used, limit_mib: limit } = figures
  if (used === null || limit === null) return false
  return used >= NEAR * limit || used - (before?.used_mib ?? used) >= GROWS_MIB
}

/**
 * @param {number | null} count
 * @param {number} [unitBytes]
 */
function mib (count, unitBytes = 1) {
  return count === null ? null : rounded(count * unitBytes / MIB)
}

/** @param {number} value */
function rounded (value) {
  return Math.round(value * 10) / 10
}
