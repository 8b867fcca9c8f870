import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { MemoryGauge } from '../../src/crashkit/flight/memory.js'
import { FlightRecord } from '../../src/crashkit/flight/record.js'
import { loadCatalogue } from '../../src/crashkit/loading.js'
import { Run } from '../../src/crashkit/run.js'
import { makeApp } from '../../src/app.js'
import { routeTable } from '../../src/web/route-table.js'
import { waitFor } from '../support/waiting.js'

const MOST_BYTES = 4096
const MIB = 1024 * 1024
const CATALOGUE = loadCatalogue(fileURLToPath(new URL('../support/catalog', import.meta.url)))

/** A record in a file of its own, and what stands in the file. */
function record (t, { path, before, memory } = {}) {
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

test('an open request is in the record with its trace, and gone when it is over', t => {
  const { flight, read } = record(t)
  const fromS = Date.now() / 1000

  const entry = flight.opened(request(7, { route: 'POST /charges' }))
  const opened = read()
  flight.closed(entry)
  const closed = read()

  const [open, ...more] = opened.open
  assert.deepEqual(more, [])
  assert.deepEqual({ ...open, since: 0 }, {
    trace: hex(7, 32), span: hex(7, 16), route: 'POST /charges', since: 0, scenario: null, case: null, run: null
  })
  assert.ok(open.since >= fromS && open.since <= opened.updated_at)
  assert.deepEqual([opened.format, opened.version, opened.service, opened.release, opened.opened, opened.ended],
    ['crash-demo-flight', 1, 'payment', 'crash-demo@0.1.0', 1, null])
  assert.match(opened.instance, /^[0-9a-f]{16}$/)
  assert.deepEqual([closed.open, closed.opened, closed.instance], [[], 1, opened.instance])
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
  const holding = read().open.length
  held.endHold()
  await waitFor(() => read().open.length === 0, 'the record lets go, too', 10)

  assert.equal(holding, 1)
})

test('the breadcrumbs are the last five of the newest fault, or else of the newest request, cut and scrubbed', t => {
  const { flight, read } = record(t)
  const crumbs = Array.from({ length: 7 }, (_, number) => ({ timestamp: number, category: 'till', message: `step ${number}` }))
  crumbs[6].message = `card 4000 1234 5678 9010 of player-7@example.com ${'x'.repeat(200)}`
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
    if (number === 3) assert.ok(read().breadcrumbs.length < 5 && read().open.every(({ route }) => route !== ''), 'breadcrumbs go first')
  }

  const { open, breadcrumbs: left } = read()
  assert.ok(Math.max(...sizes) <= MOST_BYTES, String(sizes))
  assert.deepEqual(left, [])
  assert.deepEqual(open.map(({ route }) => route), Array(8).fill(''))
  assert.deepEqual(open.map(({ trace }) => trace), [9, 8, 7, 6, 5, 4, 3, 2].map(number => hex(number, 32)))
})

test('the record is one line, and spaces over what was longer', t => {
  const { flight, bytes } = record(t, { before: 'x'.repeat(5000) })
  const short = bytes().length
  const entry = flight.opened(request(1))
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
  const flight = new FlightRecord({ path: '/dev/full', service: 'payment', release: 'r' })

  flight.closed(flight.opened(request(1)))

  assert.ok(process.stderr.write.mock.callCount() <= 1)
})

test('without a file nothing is asked', () => {
  const flight = new FlightRecord({ path: null, service: 'payment', release: 'r' })

  const entry = flight.opened(() => { throw new Error('nobody reads this') })
  flight.fires(entry, run('hold', 'one'))
  flight.closed(entry)
  flight.ended('exit')

  assert.equal(entry, null)
})

test('memory is told with its limit, its peak and how fast it grows', () => {
  let nowMs = 0
  let usage = 100 * MIB
  const read = () => ({ version: 2, limitBytes: 256 * MIB, usageBytes: usage, peakBytes: 130 * MIB, oomKills: 0 })
  const gauge = new MemoryGauge(read, () => nowMs)

  const first = gauge.read()
  nowMs = 500
  usage = 106 * MIB
  const second = gauge.read()
  nowMs = 60_000
  const idle = gauge.read()
  nowMs = 60_100
  usage = 111 * MIB
  const growing = gauge.read()

  assert.deepEqual(first, { used_mib: 100, limit_mib: 256, peak_mib: 130, slope_mib_s: 0 })
  assert.deepEqual(second, { used_mib: 106, limit_mib: 256, peak_mib: 130, slope_mib_s: 12 })
  assert.equal(idle.slope_mib_s, 0)
  assert.equal(growing.slope_mib_s, 50)
})

test('without a limit memory is that of the process', () => {
  const { used_mib: usedMib, limit_mib: limitMib, peak_mib: peakMib } = new MemoryGauge(() => null).read()

  assert.equal(limitMib, null)
  assert.ok(usedMib > 20 && peakMib >= usedMib, `${usedMib} ${peakMib}`)
})

test('the route of a request is known before it is taken', () => {
  const wallets = { router: (_request, _response, next) => next() }
  const app = makeApp({ catalogue: CATALOGUE, wallets, settings: {}, handlers: {}, lifecycle: {}, metrics: {}, guard: {}, flight: {} })
  const routeOf = routeTable(() => app.router)

  const found = ['/debug/rejection/error', '/debug/crash', '/nowhere', '/debug/rejection/%E0%A4%A'].map(path => routeOf('POST', path))

  assert.deepEqual(found, ['/debug/rejection/:case', '/debug/crash', 'unknown', 'unknown'])
  assert.deepEqual([routeOf('GET', '/healthz/live'), routeOf('POST', '/healthz/live')], ['/healthz/live', 'unknown'])
})
