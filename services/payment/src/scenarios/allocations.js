/**
 * Says which functions have allocated what is on the V8 heap.
 */
import { Session } from 'node:inspector'
import { basename } from 'node:path'

import { MIB, mib } from './heap.js'

const INTERVAL_BYTES = 64 * 1024
const SHOWN = 5

/**
 * Samples allocations while it runs: V8 notes the stack of about one in every 64 KiB, and forgets it again when the
 * object is collected, so that what is left is what is held.
 */
export class AllocationSampler {
  #session = new Session()

  start () {
    this.#session.connect()
    this.#session.post('HeapProfiler.startSampling', { samplingInterval: INTERVAL_BYTES })
  }

  /**
   * Give the largest sites that are still held, while sampling goes on. V8 collects all garbage for it.
   *
   * @returns {{ sampled_mib: number, top: string[] }} each site with its MiB, function, file and line.
   */
  top () {
    /** @type {Map<string, number>} */
    const bytes = new Map()
    // The answer to a session of the same thread comes before `post` returns.
    this.#session.post('HeapProfiler.getSamplingProfile', (error, answer) => {
      if (!error) addUp(answer.profile.head, bytes)
    })
    const sites = [...bytes].sort(([, one], [, other]) => other - one)
    const sampled = sites.reduce((sum, [, size]) => sum + size, 0)
    return {
      sampled_mib: mib(sampled),
      top: sites.slice(0, SHOWN).map(([site, size]) => `${(size / MIB).toFixed(1)} MiB ${site}`)
    }
  }

  /** Stop. The debugger's `stopSampling` would collect all garbage once more, for a profile that nobody reads. */
  stop () {
    this.#session.disconnect()
  }
}

/**
 * @param {import('node:inspector').HeapProfiler.SamplingHeapProfileNode} node
 * @param {Map<string, number>} bytes by site.
 */
function addUp (node, bytes) {
  const { functionName, url, lineNumber } = node.callFrame
  if (node.selfSize) {
    const place = url ? `${basename(url)}:${lineNumber + 1}` : 'inside V8'
    const site = `${functionName || '(anonymous)'} (${place})`
    bytes.set(site, (bytes.get(site) ?? 0) + node.selfSize)
  }
  for (const child of node.children) addUp(child, bytes)
}
