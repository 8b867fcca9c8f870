import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'

import { readMemory } from '../../src/crashkit/cgroup.js'

/** Make a folder of such files. */
function mount (t, files) {
  const folder = mkdtempSync(join(tmpdir(), 'cgroup-'))
  t.after(() => rmSync(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
  return folder
}

test('cgroup v2 is read, with its limit, peak and kills', t => {
  const folder = mount(t, {
    'memory.current': '1000\n', 'memory.max': '4000\n', 'memory.peak': '2000\n', 'memory.events': 'oom 3\noom_kill 2\n'
  })

  assert.deepEqual(readMemory(folder), { version: 2, limitBytes: 4000, usageBytes: 1000, peakBytes: 2000, oomKills: 2 })
})

test('cgroup v2 without a limit, on a kernel that keeps no peak', t => {
  const folder = mount(t, { 'memory.current': '1000\n', 'memory.max': 'max\n' })

  assert.deepEqual(readMemory(folder), { version: 2, limitBytes: null, usageBytes: 1000, peakBytes: null, oomKills: null })
})

test('cgroup v1 is read, where the largest number of pages is no limit', t => {
  const folder = mount(t, {
    'memory/memory.usage_in_bytes': '1000\n',
    'memory/memory.limit_in_bytes': '9223372036854771712\n',
    'memory/memory.max_usage_in_bytes': '2000\n',
    'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n'
  })

  assert.deepEqual(readMemory(folder), { version: 1, limitBytes: null, usageBytes: 1000, peakBytes: 2000, oomKills: 1 })
})

test('without a memory controller there is nothing to read', t => {
  assert.equal(readMemory(mount(t, {})), null)
})
