/**
 * What the flight record and the spool cost a request, in processor time of its main thread, beside the same service
 * without them: for a request that is well, and for one that fails and becomes an event.
 *
 * `node bench/cost.js [rounds] [turns]`: in each round the four services are started anew, because no two processes are
 * equally fast, run side by side and take turns, a few requests each, so that a busy machine is as busy for all; the
 * median of all turns counts. The routes are those of the tests, which ask no database:
 * the thinnest that there are. What the two do by themselves is measured alone, too, in this process.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { MemoryGauge } from '../src/crashkit/flight/memory.js'
import { FlightRecord } from '../src/crashkit/flight/record.js'
import { Store } from '../src/crashkit/spool/store.js'
import { start } from '../test/support/payment.js'
import { startSentry } from '../test/support/sentry.js'
import { waitFor } from '../test/support/waiting.js'

const [rounds = '6', turns = '12'] = process.argv.slice(2)
const AT_ONCE = 8
const KINDS = ['without', 'flight', 'spool', 'both']
const LOADS = [
  { name: 'a request that is well', method: 'GET', path: '/notes/3', count: 400, events: 0 },
  { name: 'a request that fails', method: 'POST', path: '/throws', count: 64, events: 1 }
]
const EVENT = Buffer.alloc(7_000, 'x')
const folder = mkdtempSync(join(tmpdir(), 'cost-'))
const sentry = await startSentry()

/**
 * Give the processor time that a process has used (microseconds): its main thread, as the scheduler counts it.
 *
 * @param {number} pid
 */
function cpuUs (pid) {
  const [ranNs] = readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')
  return Number(ranNs) / 1000
}

/**
 * @param {number} port
 * @param {typeof LOADS[number]} load
 */
async function ask (port, { method, path, count }) {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  let left = count
  await Promise.all(Array.from({ length: AT_ONCE }, async () => {
    while (left-- > 0) {
      await new Promise((resolve, reject) => {
        const asked = request({ port, host: '127.0.0.1', method, path, agent }, answer => {
          answer.resume().on('end', () => resolve(answer.statusCode))
        })
        asked.on('error', reject).end()
      })
    }
  }))
  agent.destroy()
}

/** @param {string} kind */
async function serviceOf (kind) {
  const state = mkdtempSync(join(folder, 'state-'))
  const service = await start(/** @type {any} */ ({ after () {} }), {
    SENTRY_DSN: sentry.dsn,
    TRACES_SAMPLE_RATE: '0',
    ...(kind === 'flight' || kind === 'both' ? { TERMINATION_LOG: join(state, 'termination-log') } : {}),
    ...(kind === 'spool' || kind === 'both' ? { STATE_DIR: state } : {})
  })
  return { kind, service: await service.ready() }
}

/**
 * @param {Awaited<ReturnType<typeof serviceOf>>['service']} service
 * @param {typeof LOADS[number]} load
 * @returns {Promise<number>} microseconds a request.
 */
async function turn (service, load) {
  sentry.items.length = 0
  sentry.envelopes.length = 0
  const before = cpuUs(service.child.pid)
  await ask(service.port, load)
  // What is dropped costs nothing: as many as are captured have arrived.
  await waitFor(() => sentry.of('event').length >= load.count * load.events, 'all events', 120)
  return (cpuUs(service.child.pid) - before) / load.count
}

/**
 * @param {number} times
 * @param {(number: number) => void} act
 * @returns {number} microseconds each.
 */
function alone (times, act) {
  for (let number = 0; number < times; number += 1) act(number)
  const before = process.cpuUsage()
  for (let number = 0; number < times; number += 1) act(times + number)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / times
}

const median = (/** @type {number[]} */ values) => values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0

const record = new FlightRecord({ path: join(folder, 'log'), service: 'payment', release: 'bench', memory: new MemoryGauge(200) })
const place = () => ({ trace: 'a'.repeat(32), span: 'b'.repeat(16), route: 'POST /charges', breadcrumbs: () => [] })
const store = new Store(mkdtempSync(join(folder, 'alone-')), 2 ** 30, 1_000_000)
console.log(`alone: the record of a request ${alone(20_000, () => record.closed(record.opened(place))).toFixed(1)} us`)
console.log(`alone: the file of an event, written and removed ${alone(2_000, number => {
  const entry = store.write(number.toString(16).padStart(32, '0'), EVENT)
  if (entry) store.end(entry, 'delivered', 200)
}).toFixed(1)} us`)

console.log(`Processor time of a request in microseconds, median of ${rounds} times ${turns} turns, and beside the service without`)
/** @type {Record<string, Record<string, number[]>>} */
const found = Object.fromEntries(LOADS.map(({ name }) => [name, Object.fromEntries(KINDS.map(kind => [kind, []]))]))
for (let round = 0; round < Number(rounds); round += 1) {
  const services = await Promise.all(KINDS.map(serviceOf))
  for (const load of LOADS) {
    for (const { service } of services) await turn(service, load)
    for (let number = 0; number < Number(turns); number += 1) {
      // Who comes first is not always the same.
      for (const { kind, service } of number % 2 ? services : services.toReversed()) found[load.name]?.[kind]?.push(await turn(service, load))
    }
  }
  for (const { service } of services) await service.kill()
}
for (const [name, byKind] of Object.entries(found)) {
  const base = median(byKind.without ?? [])
  for (const [kind, values] of Object.entries(byKind)) {
    const ratio = kind === 'without' ? '' : `: ${((median(values) / base - 1) * 100).toFixed(1)} %`
    console.log(`  ${name}, ${kind.padEnd(7)} ${median(values).toFixed(0)} (least ${Math.min(...values).toFixed(0)})${ratio}`)
  }
}
await sentry.stop()
rmSync(folder, { recursive: true })
process.exit(0)
