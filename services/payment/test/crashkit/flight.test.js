import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { MemoryGauge, inMotion } from '../../src/crashkit/flight/memory.js'
import { FlightRecord } from '../../src/crashkit/flight/record.js'
import { loadCatalogue } from '../../src/crashkit/loading.js'
import { Run } from '../../src/crashkit/run.js'
import { scrubbed } from '../../src/crashkit/scrubbing.js'
import { makeApp } from '../../src/app.js'
import { routeTable } from '../../src/web/route-table.js'
import { waitFor } from '../support/waiting.js'

const MOST_BYTES = 4096
const MIB = 1024 * 1024
const NOTHING = { read: () => null }
const CONTRACT = JSON.parse(readFileSync(fileURLToPath(new URL('../../../../packages/crashkit/tests/contract/flight.json', import.meta.url)), 'utf8'))
const CATALOGUE = loadCatalogue(fileURLToPath(new URL('../support/catalog', import.meta.url)))

/** A record in a file of its own, and what stands in the file. */
function record (t, { path, before, memory = NOTHING } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'flight-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = path ?? join(folder, 'termination-log')
  if (before) writeFileSync(file, before)
  const flight = new FlightRecord({ path: file, service: 'payment', release: 'crash-demo@0.1.0', memory })
  const bytes = () => readFileSync(file)
  return { flight, bytes, read: () => JSON.parse(bytes().toString()) }
}

const hex = (number, digits) => number.toString(16).padStart(digits, '0')

/** A request, by its number. */
const request = (number, { route = `POST /spins/${number}`, breadcrumbs = [] } = {}) => () => ({
  trace: hex(number, 32), span: hex(number, 16), route, breadcrumbs: () => breadcrumbs
})

const run = (scenario, name, tag = 'demo-1') => new Run(CATALOGUE.find('payment', scenario, name), tag)

test('an open request is in the record with its trace, and gone when it is over', async t => {
  const { flight, read } = record(t)
  const fromS = Date.now() / 1000

  const entry = flight.opened(request(7, { route: 'POST /charges' }))
  const opened = read()
  flight.closed(entry)
  const closed = await waitFor(() => read().open.length === 0 && read(), 'the next tick', 10)

  const [open, ...more] = opened.open
  assert.deepEqual(more, [])
  assert.deepEqual({ ...open, since: 0 }, {
    trace: hex(7, 32), span: hex(7, 16), route: 'POST /charges', since: 0
  })
  assert.ok(open.since >= fromS && open.since <= opened.updated_at)
  assert.deepEqual([opened.format, opened.version, opened.service, opened.release, opened.opened, opened.ended],
    ['crash-demo-flight', 1, 'payment', 'crash-demo@0.1.0', 1, null])
  assert.match(opened.instance, /^[0-9a-f]{16}$/)
  assert.deepEqual([closed.opened, closed.instance], [1, opened.instance])
  const { until, ...last } = closed.last
  assert.deepEqual(last, open)
  assert.ok(until >= open.since)
})

test('a request that fires a fault says which, and stands before all others, the newest of which are kept', t => {
  const { flight, read } = record(t)

  const fault = flight.opened(request(1))
  flight.fires(fault, run('hold', 'two'))
  for (let number = 2; number <= 12; number += 1) flight.opened(request(number))

  const { open, opened } = read()
  assert.equal(opened, 12)
  assert.deepEqual(open.map(entry => Number.parseInt(entry.trace, 16)), [1, 12, 11, 10, 9, 8, 7, 6])
  assert.deepEqual([open[0].scenario, open[0].case, open[0].run], ['hold', 'two', 'demo-1'])
})

test('a fault that holds something after its answer stays open until it lets go', async t => {
  const { flight, read } = record(t)
  const held = run('hold', 'one')
  const fault = flight.opened(request(1))
  flight.fires(fault, held)
  held.hold(() => {})

  flight.closed(fault)
  const [holding] = read().open
  held.endHold()
  await waitFor(() => read().open.length === 0, 'the record lets go, too', 10)

  assert.ok(holding.held_since >= holding.since)
})

test('the breadcrumbs are the last five of the newest fault, or else of the newest request, cut and scrubbed', t => {
  const { flight, read } = record(t)
  const crumbs = Array.from({ length: 7 }, (_, number) => ({ timestamp: number, category: 'till', message: `step ${number}` }))
  crumbs[6].message = `card 4000 1234 5678 9010 of jane.doe@example.org ${'x'.repeat(200)}`
  flight.fires(flight.opened(request(1, { breadcrumbs: crumbs })), run('hold', 'one'))

  flight.opened(request(2, { breadcrumbs: [{ timestamp: 9, category: 'other', message: 'of another request' }] }))

  const { breadcrumbs } = read()
  assert.deepEqual(breadcrumbs.map(({ at }) => at), [2, 3, 4, 5, 6])
  assert.equal(breadcrumbs[0].message, 'step 2')
  assert.match(breadcrumbs[4].message, /^card \[Filtered\] of \[Filtered\] x+$/)
  assert.equal(breadcrumbs[4].message.length, 120)
})

test('a record is never longer than the kubelet reads: breadcrumbs go first, then routes', t => {
  const { flight, bytes, read } = record(t)
  const breadcrumbs = Array.from({ length: 5 }, (_, at) => ({ timestamp: at, category: 'ü'.repeat(90), message: 'ü'.repeat(300) }))
  const sizes = []

  for (let number = 1; number <= 9; number += 1) {
    const entry = flight.opened(request(number, { route: `POST /${'☠'.repeat(110)}`, breadcrumbs }))
    flight.fires(entry, run('hold', 'one', 'r'.repeat(64)))
    sizes.push(bytes().length)
    if (number === 3) assert.ok(read().breadcrumbs.length < 5 && read().open.every(({ route }) => route), 'breadcrumbs go first')
  }

  const { open, breadcrumbs: left } = read()
  assert.ok(Math.max(...sizes) <= MOST_BYTES, String(sizes))
  assert.deepEqual(left, [])
  assert.deepEqual(open.map(({ route }) => route), Array(8).fill(undefined))
  assert.deepEqual(open.map(({ trace }) => trace), [9, 8, 7, 6, 5, 4, 3, 2].map(number => hex(number, 32)))
})

test('the record is one line, and spaces over what was longer', t => {
  const { flight, bytes } = record(t, { before: 'x'.repeat(5000) })
  const short = bytes().length
  flight.opened(request(1))
  const entry = flight.opened(request(2))
  flight.fires(entry, run('hold', 'one'))
  const longest = bytes().length

  flight.closed(entry)

  const text = bytes().toString()
  assert.ok(short < longest)
  assert.equal(text.length, longest)
  assert.match(text, /^\{.*\}\n +$/)
})

test('who ends first says how', t => {
  const { flight, read } = record(t)
  const fromS = Date.now() / 1000

  flight.ended('exception')
  flight.ended('exit')

  assert.equal(read().ended.how, 'exception')
  assert.ok(read().ended.at >= fromS)
})

test('a record that cannot be kept is in nobody\'s way', t => {
  t.mock.method(process.stderr, 'write', () => true)
  const { flight } = record(t, { path: '/nowhere/termination-log' })

  const entry = flight.opened(request(1))
  flight.fires(entry, run('hold', 'one'))
  flight.closed(entry)
  flight.ended('sigterm')

  assert.equal(process.stderr.write.mock.callCount(), 1)
  assert.match(process.stderr.write.mock.calls[0].arguments[0], /flight record cannot be kept in \/nowhere.*TERMINATION_LOG must name/)
})

test('a disk that is full is said once, and is in nobody\'s way', t => {
  t.mock.method(process.stderr, 'write', () => true)
  const flight = new FlightRecord({ path: '/dev/full', service: 'payment', release: 'r', memory: NOTHING })

  flight.closed(flight.opened(request(1)))

  assert.ok(process.stderr.write.mock.callCount() <= 1)
})

test('without a file nothing is asked', () => {
  const flight = new FlightRecord({ path: null, service: 'payment', release: 'r', memory: NOTHING })

  const entry = flight.opened(() => { throw new Error('nobody reads this') })
  flight.fires(entry, run('hold', 'one'))
  flight.closed(entry)
  flight.ended('exit')

  assert.equal(entry, null)
})

/** A folder of the kernel's files. */
function mount (t, files) {
  const folder = mkdtempSync(join(tmpdir(), 'cgroup-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'memory'))
  const write = (name, text) => writeFileSync(join(folder, name), text)
  for (const [name, text] of Object.entries(files)) write(name, text)
  return { folder, write }
}

test('memory is told with its limit, its peak, its kills and how fast it grows', t => {
  let nowMs = 0
  const { folder, write } = mount(t, {
    'memory.current': `${100 * MIB}\n`, 'memory.max': `${256 * MIB}\n`, 'memory.peak': `${130 * MIB}\n`, 'memory.events': 'oom 3\noom_kill 2\n'
  })
  const gauge = new MemoryGauge(179, folder, () => nowMs)
  const readings = [gauge.read()]

  for (const [atMs, usedMib] of [[500, 106], [60_000, 106], [60_100, 111]]) {
    nowMs = atMs
    write('memory.current', `${usedMib * MIB}\n`)
    readings.push(gauge.read())
  }

  const { heap_used_mib: heapUsedMib, oom_killed_at: oomKilledAt, ...first } = readings[0]
  assert.ok(Math.abs(Date.now() / 1000 - oomKilledAt) < 60)
  assert.deepEqual(first, { used_mib: 100, limit_mib: 256, peak_mib: 130, slope_mib_s: 0, oom_kills: 2, heap_limit_mib: 179 })
  assert.ok(heapUsedMib > 1)
  assert.deepEqual(readings.map(({ slope_mib_s: slope }) => slope), [0, 12, 0, 50])
  assert.deepEqual(Object.keys(readings[0]).sort(), [...CONTRACT.memory_members, ...CONTRACT.optional_memory_members].sort())
})

/** The kernel's files of version 1, with such a limit. */
const ofVersion1 = limitBytes => ({
  'memory/memory.usage_in_bytes': `${100 * MIB}\n`,
  'memory/memory.limit_in_bytes': `${limitBytes}\n`,
  'memory/memory.max_usage_in_bytes': `${130 * MIB}\n`,
  'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 1\n'
})

test('memory is read on cgroup v1, too', t => {
  const { folder } = mount(t, ofVersion1(256 * MIB))

  const { used_mib: used, limit_mib: limit, peak_mib: peak, oom_kills: kills } = new MemoryGauge(179, folder).read()

  assert.deepEqual([used, limit, peak, kills], [100, 256, 130, 1])
})

for (const [name, files] of [['a cgroup', {}], ['a limit', ofVersion1('9223372036854771712')]]) {
  test(`without ${name} memory is that of the process`, t => {
    const { used_mib: used, limit_mib: limit, peak_mib: peak } = new MemoryGauge(179, mount(t, files).folder).read()

    assert.ok(Math.abs(used - process.memoryUsage.rss() / MIB) < 20, String(used))
    assert.deepEqual([limit, peak], [null, null])
  })
}

test('the record has the members that whoever reads it knows, in their order', t => {
  assert.deepEqual(Object.keys(record(t).read()), CONTRACT.members)
})

for (const { given, scrubbed: left } of CONTRACT.scrub) {
  test(`of ${JSON.stringify(given)} what nobody may read is taken out`, () => {
    assert.equal(scrubbed(given), left)
  })
}

test('the route of a request is known before it is taken', () => {
  const wallets = { router: (_request, _response, next) => next() }
  const app = makeApp({ catalogue: CATALOGUE, wallets, settings: {}, handlers: {}, lifecycle: {}, metrics: {}, guard: {}, flight: {} })
  const routeOf = routeTable(() => app.router)

  const found = ['/debug/rejection/error', '/debug/crash', '/nowhere', '/debug/rejection/%E0%A4%A'].map(path => routeOf('POST', path))

  assert.deepEqual(found, ['POST /debug/rejection/:case', 'POST /debug/crash', 'POST unknown', 'POST unknown'])
  assert.deepEqual([routeOf('GET', '/healthz/live'), routeOf('POST', '/healthz/live')], ['GET /healthz/live', 'POST unknown'])
})

for (const [used, before, limit, heap, moves] of [
  [74.9, 74.9, 100, 10, false],
  [75, 75, 100, 10, true],
  [20, 19, 100, 10, true],
  [20, 19.1, 100, 10, false],
  [20, 40, 100, 10, false],
  [2000, 1000, null, 10, false],
  [null, null, 100, 10, false],
  [20, 20, 100, 150, true]
]) {
  test(`memory of ${used} after ${before} of ${limit} MiB, and a heap of ${heap} of 200: ${moves ? 'read often' : 'calm'}`, () => {
    const figures = { used_mib: used, limit_mib: limit, heap_used_mib: heap, heap_limit_mib: 200 }

    assert.equal(inMotion(figures, { ...figures, used_mib: before }), moves)
  })
}
