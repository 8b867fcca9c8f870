/**
 * A memory cgroup as a tree of files, which a test fills and empties. The kernel's own is in tests/integration/memory.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const MIB = 1024 * 1024

/**
 * Let the kernel count so much, of which so much is pages of files.
 *
 * @param {string} mount where the cgroup looks as if mounted.
 * @param {1 | 2} version
 * @param {number} usedMib
 * @param {{ limitMib?: number | null, inactiveMib?: number, activeMib?: number }} [more]
 */
export function holds (mount, version, usedMib, { limitMib = 100, inactiveMib = 0, activeMib = 0 } = {}) {
  const v1 = version === 1
  const folder = v1 ? join(mount, 'memory') : mount
  const names = v1
    ? ['memory.usage_in_bytes', 'memory.limit_in_bytes', 'memory.max_usage_in_bytes']
    : ['memory.current', 'memory.max', 'memory.peak']
  const none = v1 ? '9223372036854771712' : 'max'
  const prefix = v1 ? 'total_' : ''
  const own = v1 ? 'inactive_file 1\nactive_file 1\n' : ''
  mkdirSync(folder, { recursive: true })
  const stat = `anon 1\n${own}${prefix}inactive_file ${inactiveMib * MIB}\n${prefix}active_file ${activeMib * MIB}\n`
  const texts = [String(usedMib * MIB), limitMib === null ? none : String(limitMib * MIB), String(usedMib * MIB)]
  writeFileSync(join(folder, 'memory.stat'), stat)
  names.forEach((name, place) => writeFileSync(join(folder, name), `${texts[place]}\n`))
}
