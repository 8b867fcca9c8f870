import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { marksOfSentry } from '../support/relay.js'
import { TRACE } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { OLD_SPACE_MIB, assertAsPromised, caseOf, outermost, started } from './faults.js'

const ABORTED = 'SIGABRT'
// The reserve below the limit at which a firing warns, and what the profiler's collection takes away before it is told.
const NEAR_MIB = 24 + 12

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

test('an uncaught exception ends the process with status 1, after its fatal event was sent on the request\'s trace', async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)
  const bound = caseOf('payment/crash/uncaught')

  await assert.rejects(payment.fire(bound.localPath))
  const end = await payment.exited

  const [event, ...more] = sentry.of('event')
  assert.deepEqual(end, { code: 1, signal: null })
  assert.deepEqual(more, [])
  assertAsPromised(bound.expect.events[0], event)
  assert.equal(event.contexts.trace.trace_id, TRACE)
  assert.equal(event.tags.case, 'uncaught')
  assert.equal(event.exception.values[0].stacktrace.frames.at(-1).function, 'closeTill')
  assert.deepEqual(await marksOfSentry([event]), [])
})

test('objects on the heap end the process by an abort of V8 at the second firing, and each firing has warned once', { timeout: 60_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)
  const bound = caseOf('payment/memory-leak/heap-kill')

  const first = await payment.fire(bound.localPath)
  await assert.rejects(payment.fire(bound.localPath))
  const end = await payment.exited

  assert.equal(first.status, 200)
  assert.deepEqual(first.body.report, { added_mib: bound.budget.memory_mib, held_mib: bound.budget.memory_mib })
  assert.deepEqual(end, { code: null, signal: ABORTED })
  assert.match(payment.log, /JavaScript heap out of memory/)
  // Where the machine is so busy that the last collections take seconds, the watchdog says so, too, and rightly.
  const events = sentry.of('event').filter(event => outermost(event)?.type !== 'EventLoopBlocked')
  assert.equal(events.length, 2)
  for (const event of events) assertAsPromised(bound.expect.events[0], event)
  const { leak, v8_heap: heap, allocations, reachability } = events[1].contexts
  assert.equal(leak.limit_mib, OLD_SPACE_MIB)
  assert.ok(leak.left_mib < NEAR_MIB, String(leak.left_mib))
  assert.ok(heap.used_heap_mib > OLD_SPACE_MIB - NEAR_MIB, String(heap.used_heap_mib))
  assert.match(allocations.top[0], /MiB openSession \(hoards\.js:\d+\)/)
  assert.match(reachability.path, /SESSIONS \(Map\)/)
  assert.deepEqual(await marksOfSentry(events), [])
})
