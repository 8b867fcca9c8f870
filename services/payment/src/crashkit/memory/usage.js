/**
 * The memory that counts towards the kill, read often: the kernel's files stay open, and the one whose figures it must
 * sum up first is read only where it can matter.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'

const MOUNT = '/sys/fs/cgroup'
const MIB = 1024 * 1024
// v1 writes "no limit" as the largest number of whole pages; anything of this size is no limit of a container.
const NO_LIMIT_BYTES = 2 ** 60
const STAT_BYTES = 8192

// Used, limit, peak, and the parts of the use. Pages of files, used lately or not, the kernel takes back before it kills;
// v1 gives those of the cgroups below under names of their own.
const VERSIONS = [
  {
    files: ['memory.current', 'memory.max', 'memory.peak', 'memory.stat'],
    cache: /^(?:in)?active_file (\d+)$/gm
  },
  {
    files: ['memory.usage_in_bytes', 'memory.limit_in_bytes', 'memory.max_usage_in_bytes', 'memory.stat'].map(name => `memory/${name}`),
    cache: /^total_(?:in)?active_file (\d+)$/gm
  }
]

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
    const version = VERSIONS.find(({ files: [used = ''] }) => existsSync(join(mount, used)))
    this.#files = (version?.files ?? []).map(name => open(join(mount, name)))
    this.#cache = version?.cache ?? /(?!)/g
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
    const text = this.#text(which).trim()
    return /^\d+$/.test(text) ? Number(text) : null
  }

  /** @param {number} which */
  #text (which) {
    const file = this.#files[which] ?? null
    if (file === null) return ''
    try {
      return this.#bytes.toString('latin1', 0, readSync(file, this.#bytes, 0, STAT_BYTES, 0))
    } catch {
      return ''
    }
  }
}

/** @param {string} path */
function open (path) {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}
