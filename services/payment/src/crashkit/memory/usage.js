/**
 * The memory that counts towards the kill, read often: the kernel's files stay open, and the one whose figures it must
 * sum up first is read only where it can matter.
 */
import { closeSync } from 'node:fs'

import { MIB, MOUNT, NO_LIMIT_BYTES, keptOpen, memoryFiles, numberOf, textOf } from '../cgroup.js'

const STAT_BYTES = 8192

/**
 * The files of the memory controller.
 */
export class Usage {
  #bytes = Buffer.alloc(STAT_BYTES)
  /** @type {(number | null)[]} */
  #files
  #cache

  /** @param {string} [mount] where the cgroups are mounted. */
  constructor (mount = MOUNT) {
    const files = memoryFiles(mount)
    this.#files = files ? [files.used, files.limit, files.peak, files.stat].map(keptOpen) : []
    // Pages of files, used lately or not: the kernel takes both back before it kills.
    this.#cache = new RegExp(`^${files?.statPrefix ?? ''}(?:in)?active_file (\\d+)$`, 'gm')
  }

  /**
   * Read use and limit.
   *
   * @param {number} closelyFrom the share of the limit from which pages of files are told from the rest.
   * @returns {{ usedMib: number, limitMib: number } | null} without pages of files; none where there is no limit.
   */
  read (closelyFrom) {
    const [used, limit] = [this.#number(0), this.#number(1)]
    if (used === null || limit === null || limit >= NO_LIMIT_BYTES) return null
    const counted = used > limit * closelyFrom ? Math.max(0, used - this.#ofFiles()) : used
    return { usedMib: counted / MIB, limitMib: limit / MIB }
  }

  /** Give the most that was ever counted, pages of files included (MiB); none where nobody keeps it. */
  peakMib () {
    const peak = this.#number(2)
    return peak === null ? null : peak / MIB
  }

  close () {
    for (const file of this.#files.splice(0)) if (file !== null) closeSync(file)
  }

  #ofFiles () {
    let sum = 0
    for (const [, bytes] of this.#text(3).matchAll(this.#cache)) sum += Number(bytes)
    return sum
  }

  /** @param {number} which */
  #number (which) {
    return numberOf(this.#text(which))
  }

  /** @param {number} which */
  #text (which) {
    return textOf(this.#files[which] ?? null, this.#bytes)
  }
}
