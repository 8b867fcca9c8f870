/**
 * Memory near its limit, in a process whose cgroup a test fills: the files that the kernel would keep are put in place
 * of the machine's. Real limits and real kills are in tests/integration/memory.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { holds } from '../support/memory.js'
import { newTrace, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

const MESSAGE = 'Memory is near the limit of the container'
const skip = process.getuid() === 0 ? false : 'putting files in place of the machine\'s needs root'

/** Start payment in a cgroup that counts 10 of 100 MiB. */
async function boxed (t, changes = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'memory-'))
  const mount = join(folder, 'cgroup')
  const sentry = await startSentry()
  t.after(async () => {
    await sentry.stop()
    rmSync(folder, { recursive: true })
  })
  const fill = usedMib => holds(mount, 2, usedMib)
  fill(10)
  const under = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /sys/fs/cgroup && exec "$@"', mount]
  const told = { SENTRY_DSN: sentry.dsn, TERMINATION_LOG: join(folder, 'termination-log'), STATE_DIR: folder, ...changes }
  const payment = await (await start(t, told, { under })).ready()
  return { payment, sentry, fill, told }
}

test('is one warning on the trace of the fault, while the event loop is blocked', { skip }, async t => {
  const { payment, sentry, fill } = await boxed(t)
  const trace = newTrace()

  const fired = payment.fire('/debug/block', { trace }).then(() => performance.now())
  await sentry.wait('event', 1, trace) // the block is reported: it has begun
  fill(85)
  await waitFor(() => sentry.of('event', trace).some(event => event.message === MESSAGE), 'the warning', 30)
  const warnedMs = sentry.items.find(({ payload }) => payload.message === MESSAGE).atMs
  const answeredMs = await fired
  await payment.flush()

  const [event, ...more] = sentry.of('event').filter(({ message }) => message === MESSAGE)
  assert.deepEqual(more, [])
  // The handler gives the loop back only at the end of its four seconds.
  assert.ok(warnedMs < answeredMs, `${warnedMs} ${answeredMs}`)
  assert.equal(event.level, 'warning')
  assert.equal(event.exception, undefined)
  assert.deepEqual(event.tags, { service: 'payment', scenario: 'block', run: 'test-run' })
  assert.deepEqual([event.transaction, event.release, event.server_name], ['POST /debug/block', 'crash-demo@0.1.0', 'pod-1'])
  assert.deepEqual(event.breadcrumbs.map(({ message }) => message), ['player opened the wallet'])
  const { memory, runtime, k8s } = event.contexts
  assert.deepEqual([memory.used_mib, memory.limit_mib, memory.peak_mib], [85, 100, 85])
  assert.ok(memory.heap_used_mib > 5 && runtime.resident_mib > 30 && k8s.pod === 'pod-1', JSON.stringify(memory))
  assert.deepEqual(await marksOfSentry([event]), [])
})

test('is not told where it is switched off', { skip }, async t => {
  const { payment, sentry, fill } = await boxed(t, { MEMORY_WARNING_PERCENT: '0' })

  fill(95)
  await payment.fire('/debug/block')
  await payment.end()

  assert.deepEqual(sentry.of('event').map(({ message }) => message), [undefined])
})

test('is on disk before it is sent, and the next start sends what a kill has left', { skip }, async t => {
  const { payment, sentry, fill, told } = await boxed(t)
  sentry.holds = true

  fill(85)
  await waitFor(() => sentry.held.length > 0, 'the warning on its way', 30)
  await payment.kill()
  assert.deepEqual(sentry.of('event'), [])
  sentry.holds = false
  await (await start(t, told)).ready()
  await sentry.wait('event')

  assert.deepEqual(sentry.of('event').map(({ message }) => message), [MESSAGE])
})
