/**
 * The `runtime` context of every event: what the process was at that moment.
 */
import { readFileSync } from 'node:fs'
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'

import { readMemory } from './cgroup.js'
import { monotonicS } from './run.js'

const MIB = 1024 * 1024
const US_PER_S = 1e6

/**
 * Reads the figures anew for each event; costs some system calls.
 */
export class RuntimeContext {
  #lifecycle
  #loop
  #fixed
  #cpuSince = { atS: monotonicS(), usage: process.cpuUsage() }

  /**
   * @param {import('./settings.js').ServiceSettings} settings name of pod, namespace and node.
   * @param {import('./lifecycle.js').Lifecycle} lifecycle open requests and restarts.
   * @param {import('./loop-delay.js').LoopDelay} loop how late the event loop is.
   * @param {Record<string, string>} versions versions of what the service is built on, by name.
   */
  constructor (settings, lifecycle, loop, versions) {
    this.#lifecycle = lifecycle
    this.#loop = loop
    const named = Object.entries({
      pod: settings.podName,
      namespace: settings.podNamespace,
      pod_uid: settings.podUid,
      node: settings.nodeName,
      restart_count: lifecycle.restartCount
    }).filter(([, value]) => value !== null)
    const known = Object.fromEntries(named)
    /** What the context `k8s` of each event holds; empty outside of a pod. */
    this.kubernetes = Object.freeze(settings.podName ? known : {})
    this.#fixed = {
      nodejs: process.versions.node,
      v8: process.versions.v8,
      ...versions,
      ...known,
      old_space_limit_mib: oldSpaceLimitMib(settings.nodeOptions)
    }
  }

  /**
   * Give the context as it is now. Sizes are MiB, times seconds, the delays of the loop milliseconds.
   *
   * @returns {Record<string, unknown>}
   */
  read () {
    const memory = process.memoryUsage()
    const heap = getHeapStatistics()
    return {
      ...this.#fixed,
      resident_mib: mib(memory.rss),
      heap_used_mib: mib(memory.heapUsed),
      heap_total_mib: mib(memory.heapTotal),
      heap_limit_mib: mib(heap.heap_size_limit),
      heap_malloced_mib: mib(heap.malloced_memory),
      native_contexts: heap.number_of_native_contexts,
      detached_contexts: heap.number_of_detached_contexts,
      old_space_used_mib: mib(oldSpaceUsed()),
      external_mib: mib(memory.external),
      array_buffers_mib: mib(memory.arrayBuffers),
      ...this.#cpu(),
      threads: threads(),
      active_handles: process.getActiveResourcesInfo().length,
      open_requests: this.#lifecycle.openRequests,
      uptime_s: Math.round((monotonicS() - this.#lifecycle.startedS) * 10) / 10,
      ...this.#loop.figures(),
      ...memoryFigures()
    }
  }

  #cpu () {
    const nowS = monotonicS()
    const usage = process.cpuUsage()
    const { atS, usage: before } = this.#cpuSince
    this.#cpuSince = { atS: nowS, usage }
    const busyS = (usage.user + usage.system - before.user - before.system) / US_PER_S
    return {
      cpu_percent: nowS > atS ? Math.round(busyS / (nowS - atS) * 1000) / 10 : 0,
      cpu_user_s: Math.round(usage.user / US_PER_S * 100) / 100,
      cpu_system_s: Math.round(usage.system / US_PER_S * 100) / 100
    }
  }
}

/**
 * Give what the kernel counts for this container (MiB); empty where there is no cgroup to read.
 *
 * @returns {Record<string, number>}
 */
export function memoryFigures () {
  const memory = readMemory()
  if (memory === null) return {}
  return {
    cgroup_version: memory.version,
    memory_usage_mib: mib(memory.usageBytes),
    ...(memory.limitBytes === null ? {} : { memory_limit_mib: mib(memory.limitBytes) }),
    ...(memory.peakBytes === null ? {} : { memory_peak_mib: mib(memory.peakBytes) }),
    ...(memory.oomKills === null ? {} : { oom_kills: memory.oomKills })
  }
}

function oldSpaceUsed () {
  return getHeapSpaceStatistics().find(space => space.space_name === 'old_space')?.space_used_size ?? 0
}

/**
 * V8's own limit counts three times the young generation with it; a process ends when the old one is full.
 *
 * @param {string} nodeOptions
 */
export function oldSpaceLimitMib (nodeOptions) {
  const flags = [...process.execArgv, nodeOptions].join(' ')
  const found = /--max[-_]old[-_]space[-_]size[= ](\d+)/.exec(flags)
  return found ? Number(found[1]) : mib(getHeapStatistics().heap_size_limit)
}

function threads () {
  const status = /^Threads:\s+(\d+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return status ? Number(status[1]) : 0
}

/** @param {number} bytes */
function mib (bytes) {
  return Math.round(bytes / MIB * 10) / 10
}
