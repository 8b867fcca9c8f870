import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Run, RunStopped } from '../../src/crashkit/run.js'
import { HOARDS } from '../../src/scenarios/hoards.js'
import { leak } from '../../src/scenarios/memory-leak.js'
import { caseOf } from './faults.js'

/** What a scenario uses of the SDK, with a note of the order in which it does. */
function recorder () {
  const contexts = {}
  const calls = []
  return {
    contexts,
    calls,
    setContext: (name, content) => { contexts[name] = content },
    captureMessage: (message, level) => calls.push([level, message, HOARDS.buffers.held.size]),
    flush: async () => calls.push(['flush', HOARDS.buffers.held.size])
  }
}

/** Fire `buffers-kill` under a limit that so many MiB are left of, and free what it holds. */
async function fire (t, leftMib) {
  const limit = t.mock.method(HOARDS.buffers, 'limit', () => ({
    limitMib: leftMib === null ? null : 448,
    leftMib: leftMib === null ? null : leftMib - HOARDS.buffers.held.size
  }))
  const sentry = recorder()
  const run = new Run(caseOf('payment/memory-leak/buffers-kill'), 'test-run')
  const report = await leak(run, { sentry })
  run.endHold()
  limit.mock.restore()
  return { sentry, report }
}

for (const [leftMib, warnedAt, title] of [
  [1000, 200, 'far from the limit, the one warning comes when all is held'],
  [40, 17, 'near the limit, the one warning is sent before the pieces that pass it'],
  [null, 0, 'a limit that nobody tells counts as near']
]) {
  test(`${title}, and is flushed at once`, async t => {
    const { sentry, report } = await fire(t, leftMib)

    assert.deepEqual(sentry.calls, [
      ['warning', 'Receipts are kept as Buffers and never taken out', warnedAt], ['flush', warnedAt]
    ])
    assert.equal(sentry.contexts.leak.added_mib, warnedAt)
    assert.deepEqual(report, { added_mib: 200, held_mib: 200 })
    assert.equal(HOARDS.buffers.held.size, 0)
  })
}

test('a leak that is stopped while it grows gives everything back and warns of nothing', async () => {
  const sentry = recorder()
  const run = new Run(caseOf('payment/memory-leak/buffers-step'), 'test-run')

  const growing = leak(run, { sentry })
  run.stop()

  await assert.rejects(growing, RunStopped)
  assert.equal(HOARDS.buffers.held.size, 0)
  assert.deepEqual(sentry.calls, [])
})

test('the limit of the old generation is the one that the process was started with', async () => {
  const { oldSpaceLimitMib } = await import('../../src/scenarios/heap.js')

  const named = oldSpaceLimitMib(['--max-old-space-size=100 --enable-source-maps', '--max_old_space_size=179'])

  assert.equal(named, 179)
  assert.ok(oldSpaceLimitMib([]) > 0)
})
