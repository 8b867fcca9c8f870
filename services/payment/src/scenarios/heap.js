/**
 * What V8 says of its heap, and a way to ask for a collection.
 */
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

export const MIB = 1024 * 1024
const OPTION = /--max[-_]old[-_]space[-_]size=(\d+)/g

const PLAIN = { type: 'major', execution: 'sync', flavor: 'regular' }
// As V8 does it before it gives up: what is empty goes back to the kernel.
const THOROUGH = { ...PLAIN, flavor: 'last-resort' }

/** @type {((options: typeof PLAIN) => void) | undefined} */
let collect
/** @type {NodeJS.Immediate | undefined} */
let asked

/**
 * Give the limit of the old generation, at which V8 ends the process (MiB).
 *
 * `heap_size_limit` of V8 is no such limit: it adds the most that the young generation might take.
 *
 * @param {readonly string[]} [options] as the process was started with; the last one that names it holds.
 * @returns {number}
 */
export function oldSpaceLimitMib (options = [process.env.NODE_OPTIONS ?? '', ...process.execArgv]) {
  const named = [...options.join(' ').matchAll(OPTION)].at(-1)
  return named ? Number(named[1]) : mib(getHeapStatistics().heap_size_limit)
}

/**
 * Give the figures of the heap for an event. Sizes are MiB.
 *
 * @returns {Record<string, number>}
 */
export function heapFigures () {
  const heap = getHeapStatistics()
  return {
    old_space_limit_mib: oldSpaceLimitMib(),
    heap_size_limit_mib: mib(heap.heap_size_limit),
    total_heap_mib: mib(heap.total_heap_size),
    used_heap_mib: mib(heap.used_heap_size),
    physical_heap_mib: mib(heap.total_physical_size),
    malloced_mib: mib(heap.malloced_memory),
    external_mib: mib(heap.external_memory),
    resident_mib: mib(process.memoryUsage.rss()),
    native_contexts: heap.number_of_native_contexts,
    detached_contexts: heap.number_of_detached_contexts
  }
}

/** Give what is in use of the heap (MiB), garbage that was not collected yet included. */
export function usedHeapMib () {
  return mib(getHeapStatistics().used_heap_size)
}

/** Collect all garbage; the room stays with the process. */
export function collectGarbage () {
  collect ??= exposedCollector()
  collect(PLAIN)
}

/**
 * Collect all garbage in the next turn, and give the room back to the kernel. V8 does so when it needs room, and an idle
 * process never: without this, what a fault has let go would stay with the process.
 *
 * However many ask for it in one turn, it is done once: each time blocks the event loop.
 */
export function giveBack () {
  asked ??= setImmediate(() => {
    asked = undefined
    collect ??= exposedCollector()
    collect(THOROUGH)
  })
}

/**
 * Give V8's function `gc`, which it shows only to contexts that are made after the option was set.
 *
 * @returns {(options: typeof PLAIN) => void}
 */
function exposedCollector () {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc')
}

/** @param {number} bytes */
export function mib (bytes) {
  return Math.round(bytes / MIB * 10) / 10
}
