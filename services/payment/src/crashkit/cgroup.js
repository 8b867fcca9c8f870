/**
 * What the kernel says of the memory of this container, on cgroup v1 and v2.
 *
 * Files and their meaning: the kernel's documentation of the memory controller, `admin-guide/cgroup-v2` and
 * `admin-guide/cgroup-v1/memory`.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const MOUNT = '/sys/fs/cgroup'
// v1 writes "no limit" as the largest number of whole pages; anything of this size is no limit of a container.
const NO_LIMIT_BYTES = 2 ** 60

/**
 * Memory of the container as the kernel counts it; none where the kernel does not say.
 *
 * @typedef {object} CgroupMemory
 * @property {1 | 2} version
 * @property {number | null} limitBytes above this the kernel kills; none where there is no limit.
 * @property {number} usageBytes counted now, with the page cache.
 * @property {number | null} peakBytes the most that was counted.
 * @property {number | null} oomKills processes of this container that the kernel has killed for memory.
 */

/**
 * Read the files of whichever version is mounted.
 *
 * @param {string} [mount] where the cgroups are mounted.
 * @returns {CgroupMemory | null} what they say, or none where there is no memory controller to read.
 */
export function readMemory (mount = MOUNT) {
  if (existsSync(join(mount, 'memory.current'))) {
    return {
      version: 2,
      limitBytes: limit(join(mount, 'memory.max')),
      usageBytes: number(join(mount, 'memory.current')) ?? 0,
      peakBytes: number(join(mount, 'memory.peak')),
      oomKills: field(join(mount, 'memory.events'), 'oom_kill')
    }
  }
  const v1 = join(mount, 'memory')
  if (existsSync(join(v1, 'memory.usage_in_bytes'))) {
    return {
      version: 1,
      limitBytes: limit(join(v1, 'memory.limit_in_bytes')),
      usageBytes: number(join(v1, 'memory.usage_in_bytes')) ?? 0,
      peakBytes: number(join(v1, 'memory.max_usage_in_bytes')),
      oomKills: field(join(v1, 'memory.oom_control'), 'oom_kill')
    }
  }
  return null
}

/** @param {string} file */
function text (file) {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** @param {string} file */
function number (file) {
  const found = text(file)
  return /^\d+$/.test(found) ? Number(found) : null
}

/** @param {string} file */
function limit (file) {
  const bytes = number(file)
  return bytes === null || bytes >= NO_LIMIT_BYTES ? null : bytes
}

/**
 * @param {string} file
 * @param {string} name
 */
function field (file, name) {
  const found = new RegExp(`^${name} (\\d+)$`, 'm').exec(text(file))
  return found ? Number(found[1]) : null
}
