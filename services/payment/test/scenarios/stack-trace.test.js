import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { trimStack } from '../../src/scenarios/stack-trace.js'
import { startSentry } from '../support/sentry.js'
import { started } from './faults.js'

const MOST_BYTES = 100_000

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

/** An error of two lines: two functions that call each other so many times, and who called them. */
function errorOf (recursion, callers) {
  const error = new RangeError('too deep\nin two lines')
  const frames = [
    ...Array.from({ length: recursion }, (_, place) => `    at again${place % 2} (file.js:${place % 2}:1)`),
    ...Array.from({ length: callers }, (_, place) => `    at caller${place} (file.js:9:${place})`)
  ]
  error.stack = ['RangeError: too deep', 'in two lines', ...frames].join('\n')
  return error
}

const functionsOf = error => error.stack.split('\n').slice(2).map(line => /at (\w+)/.exec(line)[1])

test('a long trace keeps its message, where it failed and who began, and the count of what was left out', () => {
  const error = errorOf(1000, 5)

  const { kept, ...counts } = trimStack(error, 3, 4)

  assert.deepEqual(counts, { frames: 1005, frames_kept: 7, frames_left_out: 998 })
  assert.match(kept, /^the 3 innermost frames, and 4 from/)
  assert.deepEqual(error.stack.split('\n').slice(0, 2), ['RangeError: too deep', 'in two lines'])
  assert.deepEqual(functionsOf(error), ['again0', 'again1', 'again0', 'again1', 'caller0', 'caller1', 'caller2'])
})

test('a long trace without a recursion keeps what is innermost', () => {
  const error = errorOf(0, 20)

  trimStack(error, 3, 2)

  assert.deepEqual(functionsOf(error), ['caller0', 'caller1', 'caller2', 'caller3', 'caller4'])
})

for (const frames of [0, 4, 5]) {
  test(`a trace of ${frames} frames stays as it is`, () => {
    const error = errorOf(frames, 0)
    const { stack } = error

    const { frames_left_out: leftOut, frames_kept: kept } = trimStack(error, 3, 2)

    assert.deepEqual([error.stack, leftOut, kept], [stack, 0, frames])
  })
}

test('an overflow of thousands of frames is an event of at most 100 and far below 1 MiB, with both its ends', async t => {
  sentry.items.length = 0
  const payment = await started(t, sentry)

  await payment.fire('/debug/stack-overflow')
  const [event] = await sentry.wait('event')

  const frames = event.exception.values[0].stacktrace.frames
  const { stack } = event.contexts
  assert.ok(stack.frames > 1000, String(stack.frames))
  assert.ok(frames.length <= 100)
  assert.equal(frames.length, stack.frames_kept)
  assert.equal(stack.frames, stack.frames_kept + stack.frames_left_out)
  assert.match(frames.at(-1).function, /shareAbove/)
  assert.ok(frames.some(frame => /shareBonus/.test(frame.function)))
  assert.ok(JSON.stringify(event).length < MOST_BYTES, String(JSON.stringify(event).length))
})
