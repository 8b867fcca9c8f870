/**
 * How the memory of the main thread is split, for a thread that cannot ask: its own heap is another one.
 *
 * The main thread writes the figures into shared memory with the heartbeat of the watchdog: each second, and with every
 * beat while the other thread wants them.
 */
import { getHeapSpaceStatistics } from 'node:v8'

const MIB = 1024 * 1024
const SELDOM_MS = 1000
const PARTS = /** @type {const} */ (['heapUsed', 'external', 'arrayBuffers'])
// What the parts are called in an event, as in the context `runtime`.
const NAMES = ['heap_used', 'external', 'array_buffers']

/**
 * What the other thread is given.
 *
 * @typedef {object} Shared
 * @property {string[]} names of the figures: parts of the memory, then the spaces of the heap.
 * @property {Float64Array} figures shared; when they were read (milliseconds of the monotonic clock), then each (bytes).
 * @property {Int32Array} wanted shared; not 0 where they are wanted often.
 * @property {number[]} atStart each, when the process began to watch (bytes).
 */

/**
 * Writes the figures.
 */
export class Figures {
  #writtenMs = -Infinity
  /** @type {Shared} */
  shared

  constructor () {
    const spaces = getHeapSpaceStatistics().map(space => space.space_name)
    const names = [...NAMES, ...spaces]
    const figures = new Float64Array(new SharedArrayBuffer((names.length + 1) * Float64Array.BYTES_PER_ELEMENT))
    const wanted = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT))
    this.shared = { names, figures, wanted, atStart: [] }
    this.#write(nowMs())
    this.shared.atStart = [...figures.subarray(1)]
  }

  /** Write them, where they are wanted or old. */
  beat () {
    const atMs = nowMs()
    if (atMs - this.#writtenMs >= SELDOM_MS || Atomics.load(this.shared.wanted, 0)) this.#write(atMs)
  }

  /** @param {number} atMs */
  #write (atMs) {
    const { figures } = this.shared
    const memory = process.memoryUsage()
    this.#writtenMs = atMs
    let place = 0
    figures[place++] = atMs
    for (const part of PARTS) figures[place++] = memory[part]
    for (const space of getHeapSpaceStatistics()) figures[place++] = space.space_used_size
  }
}

/**
 * Say how the memory is split and what grew since the start, the most first.
 *
 * @param {Shared} shared
 * @returns {Record<string, unknown>} sizes are MiB; `told_ms_ago` is old where the main thread is blocked.
 */
export function splitOf ({ names, figures, atStart }) {
  const [atMs = 0, ...bytes] = figures
  const parts = names.map((name, place) => [`${name}_mib`, mib(bytes[place] ?? 0)])
  const split = Object.fromEntries(parts.filter(([, mib]) => mib))
  const grown = names
    .map((kind, place) => ({ kind, mib: mib((bytes[place] ?? 0) - (atStart[place] ?? 0)) }))
    // Buffers are a part of what is external, and the heap is its spaces.
    .filter(({ kind, mib }) => mib > 0 && kind !== 'heap_used')
    .sort((one, other) => other.mib - one.mib)
  return { ...split, told_ms_ago: Math.max(0, Math.round(nowMs() - atMs)), grown_by: 'part of the memory', grown: grown.slice(0, 5) }
}

/** Milliseconds that are the same in all threads. */
export function nowMs () {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}

/** @param {number} bytes */
function mib (bytes) {
  return Math.round(bytes / MIB * 100) / 100
}
