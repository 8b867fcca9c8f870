import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'

import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'
import { started, stopAll } from './faults.js'

const STEP_MIB = 16
const STEPS = 4
// The heap moves a little meanwhile.
const SLACK_MIB = 8

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

/** What the process has resident that is no file's (MiB): pages of libraries come and go as others need memory. */
function residentMib ({ child }) {
  const [, kib] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))
  return Number(kib) / 1024
}

const leaks = () => sentry.of('event').map(event => event.contexts.leak)

test('Buffers are resident, add up to four steps and no further, and are given back on a stop', { timeout: 60_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)

  const statuses = []
  const residents = []
  for (let step = 0; step <= STEPS; step += 1) {
    statuses.push((await payment.fire('/debug/memory-leak?case=buffers-step')).status)
    residents.push(residentMib(payment))
  }
  const stopped = await stopAll(payment)

  assert.deepEqual(statuses, [200, 200, 200, 200, 409])
  const [first, , , last] = residents
  assert.ok(Math.abs(last - first - (STEPS - 1) * STEP_MIB) < SLACK_MIB, `${residents} MiB`)
  assert.deepEqual(stopped.body, { stopped: STEPS })
  await waitFor(() => last - residentMib(payment) > STEPS * STEP_MIB - SLACK_MIB, 'the memory is back with the kernel')
  await waitFor(() => leaks().length === STEPS, 'the warnings')
  assert.deepEqual(leaks().map(leak => leak.held_mib), [16, 32, 48, 64])
  assert.deepEqual(leaks().map(leak => leak.added_mib), Array(STEPS).fill(STEP_MIB))
})

test('sessions take of the heap what is said, their function is the top allocation, and a stop frees them', { timeout: 60_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)

  for (let step = 0; step < STEPS; step += 1) await payment.fire('/debug/memory-leak?case=heap-step')
  const heldMib = residentMib(payment)
  await stopAll(payment)
  await waitFor(() => heldMib - residentMib(payment) > (STEPS - 1) * STEP_MIB, 'the memory is back with the kernel')
  await payment.fire('/debug/memory-leak?case=heap-step')
  const events = await sentry.wait('event', STEPS + 1)

  const usedMib = events.map(event => event.contexts.v8_heap.used_heap_mib)
  for (let step = 1; step < STEPS; step += 1) {
    const addedMib = usedMib[step] - usedMib[step - 1]
    assert.ok(addedMib > 0.9 * STEP_MIB && addedMib < 1.2 * STEP_MIB, `${usedMib}`)
  }
  assert.ok(Math.abs(usedMib.at(-1) - usedMib[0]) < 3, `${usedMib}`)
  for (const { contexts } of events) {
    const [, topMib] = /^([\d.]+) MiB openSession \(hoards\.js:\d+\)$/.exec(contexts.allocations.top[0])
    assert.ok(Number(topMib) > 0.7 * STEP_MIB && Number(topMib) < 1.3 * STEP_MIB, contexts.allocations.top[0])
  }
})

test('a ring of references alone keeps nothing alive, and the event proves it', { timeout: 60_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)

  await payment.fire('/debug/memory-leak?case=heap-step')
  await payment.fire('/debug/memory-leak?case=buffers-step')
  const events = await sentry.wait('event', 2)

  for (const { contexts: { reachability } } of events) {
    assert.equal(reachability.alive_in_the_map_after_a_collection, STEP_MIB)
    assert.equal(reachability.alive_outside_of_it_after_a_collection, 0)
  }
})

test('of Buffers the event says that no profiler of V8 sees them, and how many MiB they are', { timeout: 60_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)

  await payment.fire('/debug/memory-leak?case=buffers-step')
  const [{ contexts: { allocations } }] = await sentry.wait('event')

  assert.match(allocations.sees, /^the V8 heap alone; Buffers lie outside of it/)
  assert.ok(allocations.sampled_mib < 2, String(allocations.sampled_mib))
  assert.ok(Math.abs(allocations.outside_grown_mib - STEP_MIB) < 3, String(allocations.outside_grown_mib))
})
