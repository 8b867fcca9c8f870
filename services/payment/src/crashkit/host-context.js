/**
 * The contexts `app`, `os`, `device` and `culture` of every event.
 *
 * Read once, at the start: the SDK's own integration for this (`Context`) waits for its first reading in every event, so
 * that the call that captures returns before there is an event to keep.
 */
import { readFileSync } from 'node:fs'
import os from 'node:os'

const RELEASE_FILE = '/etc/os-release'
const FRESH_MS = 1000

/**
 * Make the reader.
 *
 * @returns {() => Record<string, Record<string, unknown>>} gives them, at most a second old.
 */
export function hostContexts () {
  const app = { app_start_time: before(process.uptime()) }
  const [cpu] = os.cpus()
  const device = {
    arch: os.arch(),
    boot_time: before(os.uptime()),
    memory_size: os.totalmem(),
    processor_count: os.availableParallelism(),
    ...(cpu ? { cpu_description: cpu.model, processor_frequency: cpu.speed } : {})
  }
  const { locale, timeZone: timezone } = Intl.DateTimeFormat().resolvedOptions()
  const fixed = { os: distribution(), culture: { locale, timezone } }
  let atMs = -Infinity
  let now = {}
  return () => {
    // Each reading opens some files of the kernel; the context `runtime` has the figures of the very moment.
    if (performance.now() - atMs < FRESH_MS) return now
    atMs = performance.now()
    now = {
      ...fixed,
      app: { ...app, app_memory: process.memoryUsage.rss(), free_memory: process.availableMemory() },
      device: { ...device, free_memory: os.freemem() }
    }
    return now
  }
}

/** @param {number} seconds */
function before (seconds) {
  return new Date(Date.now() - seconds * 1000).toISOString()
}

function distribution () {
  const kernel = { name: os.type(), kernel_version: os.release() }
  try {
    const text = readFileSync(RELEASE_FILE, 'utf8')
    const said = (/** @type {string} */ name) => new RegExp(`^${name}="?([^"\\n]*)"?$`, 'm').exec(text)?.[1]
    return { ...kernel, name: said('NAME') ?? kernel.name, version: said('VERSION_ID') }
  } catch {
    return kernel
  }
}
