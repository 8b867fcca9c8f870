import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { TRACE } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { caseOf, started } from './faults.js'

const BLOCK = caseOf('payment/event-loop-block')

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

test('the block is reported once, while it lasts, with its stack, on its trace, and its profile shows who blocked', { timeout: 60_000 }, async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)

  const answer = await payment.fire(BLOCK.localPath)
  const answeredMs = performance.now()
  const [transaction] = await sentry.wait('transaction')
  const [chunk] = await sentry.wait('profile_chunk')
  await payment.end()

  const [event, ...more] = sentry.of('event')
  assert.deepEqual(more, [])
  const arrived = sentry.items.find(item => item.payload === event).atMs
  assert.ok(arrived < answeredMs, `the event came ${arrived - answeredMs} ms after the answer`)
  assert.equal(event.contexts.event_loop.goes_on, true)
  const frames = event.exception.values[0].stacktrace.frames
  assert.ok(frames.slice(-3).some(frame => /fewestCoins/.test(frame.function)), JSON.stringify(frames.slice(-3)))
  assert.equal(event.contexts.trace.trace_id, TRACE)
  assert.ok(event.contexts.event_loop.blocked_ms >= event.contexts.event_loop.threshold_ms)

  const { blocked_ms: blockedMs, event_loop_delay_ms: delayMs } = answer.body.report
  const budgetMs = BLOCK.budget.wall_s * 1000
  // The budget counts from the firing; on a busy machine the search begins later.
  assert.ok(blockedMs > 0.5 * budgetMs && blockedMs < 1.5 * budgetMs, String(blockedMs))
  assert.ok(delayMs >= 0.9 * blockedMs, `${delayMs} of ${blockedMs} ms`)

  assert.equal(event.contexts.profile.profiler_id, chunk.profiler_id)
  assert.equal(transaction.contexts.trace.trace_id, TRACE)
  assert.ok(shareOf(chunk.profile, /fewestCoins/) > 0.9, String(shareOf(chunk.profile, /fewestCoins/)))
})

/** The share of samples that have such a function on their stack. */
function shareOf ({ frames, stacks, samples }, name) {
  const within = samples.filter(({ stack_id: id }) => stacks[id].some(frame => name.test(frames[frame].function)))
  return within.length / samples.length
}
