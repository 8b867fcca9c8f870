import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { Approach } from '../../src/crashkit/memory/approach.js'
import { Figures, splitOf } from '../../src/crashkit/memory/figures.js'
import { Usage } from '../../src/crashkit/memory/usage.js'
import { MESSAGE, blamedIn, warningOf } from '../../src/crashkit/memory/warning.js'
import { watchMemory } from '../../src/crashkit/memory/watch.js'
import { holds } from '../support/memory.js'
import { seeded } from '../wallet/harness/seeded.js'

const CONTRACT = JSON.parse(readFileSync(new URL('../../../../tests/contract/memory.json', import.meta.url), 'utf8'))
const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const MIB = 1024 * 1024

function folder (t) {
  const path = mkdtempSync(join(tmpdir(), 'memory-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

test('the message is that of the contract', () => {
  assert.equal(MESSAGE, CONTRACT.message)
})

for (const { why, share, readings } of CONTRACT.rows) {
  test(`as the contract says: ${why}`, () => {
    const approach = new Approach(share)

    for (const { at_s: atS, used_mib: usedMib, limit_mib: limitMib, ...expected } of readings) {
      const warns = approach.sees(atS, usedMib, limitMib)
      const found = { warns, slope_mib_s: Math.round(approach.slopeMibS * 1000) / 1000, pause_s: approach.pauseS }
      assert.deepEqual(found, expected)
    }
  })
}

test('there is one warning for each approach, whatever the memory does', () => {
  const random = seeded(7)
  for (let round = 0; round < 200; round += 1) {
    const approach = new Approach(0.8)
    let atS = 0
    let armed = true
    for (let step = 0; step < 60; step += 1) {
      atS += 0.01 + random() * 5
      const usedMib = random() * 200
      armed ||= usedMib < 120
      const warns = approach.sees(atS, usedMib, 200)
      assert.ok(!warns || (armed && usedMib > 120), `${round} ${step}`)
      armed &&= !warns
      assert.ok(!(armed && usedMib > 160), `${round} ${step}`)
    }
  }
})

for (const version of [1, 2]) {
  test(`on cgroup v${version}, pages of files do not count, and are asked for only where they matter`, t => {
    const mount = folder(t)
    const usage = (holds(mount, version, 95, { inactiveMib: 40, activeMib: 30 }), new Usage(mount))
    t.after(() => usage.close())

    const closely = usage.read(0.5)
    const far = usage.read(0.99)

    assert.deepEqual([closely, far], [{ usedMib: 25, limitMib: 100 }, { usedMib: 95, limitMib: 100 }])
    assert.equal(usage.peakMib(), 95)
  })

  test(`on cgroup v${version}, what has no limit is not near it`, t => {
    const mount = folder(t)
    holds(mount, version, 95, { limitMib: null })

    assert.equal(new Usage(mount).read(0.5), null)
  })
}

test('without a memory controller nothing is read', t => {
  const usage = new Usage(folder(t))

  assert.deepEqual([usage.read(0.5), usage.peakMib()], [null, null])
})

test('what grew is the part that grew, the most first', () => {
  const figures = new Figures()
  const held = Buffer.alloc(40 * MIB, 1)
  Atomics.store(figures.shared.wanted, 0, 1)
  figures.beat()

  const split = splitOf(figures.shared)

  assert.ok(split.array_buffers_mib >= 40)
  assert.deepEqual(split.grown.slice(0, 2).map(({ kind }) => kind).sort(), ['array_buffers', 'external'])
  assert.ok(split.grown[0].mib >= 40 && split.grown[0].mib < 60, JSON.stringify(split.grown))
  assert.ok(split.told_ms_ago < 5000)
  assert.equal(held.length, 40 * MIB)
})

test('the first request of the record is blamed: its faults stand first', t => {
  const file = join(folder(t), 'termination-log')
  const open = [
    { trace: TRACE, span: SPAN, route: 'POST /debug/memory-leak', scenario: 'memory-leak', case: null, run: 'demo-1' },
    { trace: '1'.repeat(32), span: '2'.repeat(16), route: 'GET /wallets/:id' }
  ]
  writeFileSync(file, `${JSON.stringify({ open, breadcrumbs: [{ at: 7, category: 'till', message: 'paid' }] })}\n   `)

  const event = warningOf({ tags: { service: 'payment' }, contexts: {}, release: 'r' }, { used_mib: 85 }, blamedIn(file))

  assert.deepEqual(event.tags, { service: 'payment', scenario: 'memory-leak', run: 'demo-1' })
  assert.deepEqual(event.contexts.trace, { trace_id: TRACE, span_id: SPAN })
  assert.deepEqual([event.message, event.level, event.transaction], [MESSAGE, 'warning', 'POST /debug/memory-leak'])
  assert.deepEqual(event.breadcrumbs, [{ timestamp: 7, category: 'till', message: 'paid' }])
})

for (const [why, text] of [
  ['there is no record', null],
  ['it is torn', '{"open":[{"trace":"0af7'],
  ['nothing is open', '{"open":[]}'],
  ['its ids are none', '{"open":[{"trace":null,"span":null}]}']
]) {
  test(`nobody is blamed where ${why}, and the warning has a trace of its own`, t => {
    const file = join(folder(t), 'termination-log')
    if (text !== null) writeFileSync(file, text)

    const event = warningOf({ tags: { service: 'payment' } }, {}, blamedIn(file))

    assert.deepEqual(event.tags, { service: 'payment' })
    assert.match(event.contexts.trace.trace_id, /^[0-9a-f]{32}$/)
  })
}

for (const [why, percent, limitMib] of [['it is switched off', 0, 100], ['there is no limit', 80, null]]) {
  test(`nobody looks where ${why}`, t => {
    const mount = folder(t)
    holds(mount, 2, 95, { limitMib })
    const timers = t.mock.method(globalThis, 'setTimeout', () => undefined)

    watchMemory({ percent, record: null, shared: new Figures().shared }, {}, assert.fail, assert.fail, new Usage(mount))

    assert.equal(timers.mock.callCount(), 0)
  })
}

test('a mistake of ours is said once, and it looks again', t => {
  const mount = folder(t)
  const said = []
  const timers = t.mock.method(globalThis, 'setTimeout', () => undefined)
  const fails = () => { throw new RangeError('no memory') }
  holds(mount, 2, 85)
  watchMemory({ percent: 80, record: null, shared: new Figures().shared }, {}, fails, line => said.push(line), new Usage(mount))
  for (const usedMib of [20, 85, 20, 85]) {
    holds(mount, 2, usedMib)
    timers.mock.calls.at(-1).arguments[0]()
  }

  assert.deepEqual(said, ['memory near its limit is not reported: RangeError: no memory'])
  assert.equal(timers.mock.callCount(), 5)
})
