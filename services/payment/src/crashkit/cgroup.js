/**
 * What the kernel says of the memory of this container, on cgroup v1 and v2.
 *
 * Files and their meaning: the kernel's documentation of the memory controller, `admin-guide/cgroup-v2` and
 * `admin-guide/cgroup-v1/memory`.
 */
import { existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { join } from 'node:path'

export const MOUNT = '/sys/fs/cgroup'
// v1 writes "no limit" as the largest number of whole pages; anything of this size is no limit of a container.
export const NO_LIMIT_BYTES = 2 ** 60

export const MIB = 1024 * 1024

/**
 * Name the files of the memory controller, of whichever version is mounted.
 *
 * @param {string} [mount] where the cgroups are mounted.
 * @returns {{ version: 1 | 2, used: string, limit: string, peak: string, kills: string, stat: string, statPrefix: string } | null}
 * counted now, with the page cache; above this the kernel kills; the most that was counted; kills of processes of this
 * container, in a field `oom_kill`; the parts of the use, and what stands before the names of those that count the cgroups
 * below, too. None where there is no memory controller.
 */
export function memoryFiles (mount = MOUNT) {
  const v2 = (/** @type {string} */ name) => join(mount, `memory.${name}`)
  const v1 = (/** @type {string} */ name) => join(mount, 'memory', `memory.${name}`)
  if (existsSync(v2('current'))) {
    return {
      version: 2, used: v2('current'), limit: v2('max'), peak: v2('peak'), kills: v2('events'), stat: v2('stat'), statPrefix: ''
    }
  }
  if (!existsSync(v1('usage_in_bytes'))) return null
  return {
    version: 1,
    used: v1('usage_in_bytes'),
    limit: v1('limit_in_bytes'),
    peak: v1('max_usage_in_bytes'),
    kills: v1('oom_control'),
    stat: v1('stat'),
    statPrefix: 'total_'
  }
}

/**
 * Open a file that is read often.
 *
 * @param {string} path
 * @returns {number | null} none where that cannot be.
 */
export function keptOpen (path) {
  try {
    return openSync(path, 'r')
  } catch {
    return null
  }
}

/**
 * Read a file that was kept open.
 *
 * @param {number | null} file as `keptOpen` gave it.
 * @param {Buffer} bytes to read into; no more than it holds is read.
 * @returns {string} without the space around it; empty where it cannot be read.
 */
export function textOf (file, bytes) {
  if (file === null) return ''
  try {
    return bytes.toString('latin1', 0, readSync(file, bytes, 0, bytes.length, 0)).trim()
  } catch {
    return ''
  }
}

/**
 * Read a number; none where the kernel says `max`, or nothing.
 *
 * @param {string | undefined} text
 */
export function numberOf (text) {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : null
}

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
  const files = memoryFiles(mount)
  return files && {
    version: files.version,
    limitBytes: limit(files.limit),
    usageBytes: number(files.used) ?? 0,
    peakBytes: number(files.peak),
    oomKills: field(files.kills, 'oom_kill')
  }
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
  return numberOf(text(file))
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
