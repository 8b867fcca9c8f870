/**
 * What a process leaves in its termination message, however it ends.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { newTrace, start } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

const MOST_BYTES = 4096

/** Start payment with a termination message, and give a way to read it as the kubelet does. */
async function flown (t, changes = {}, how = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'flight-'))
  const sentry = await startSentry()
  t.after(async () => {
    await sentry.stop()
    rmSync(folder, { recursive: true })
  })
  const file = join(folder, 'termination-log')
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, TERMINATION_LOG: file, ...changes }, how)).ready()
  const read = () => {
    const bytes = readFileSync(file)
    assert.ok(bytes.length <= MOST_BYTES, String(bytes.length))
    return JSON.parse(bytes.toString())
  }
  /** Wait for something in the record of a process that lives: a look in the middle of a write sees half of it. */
  const wait = (condition, what) => waitFor(() => {
    try {
      return condition(read())
    } catch (error) {
      if (error instanceof SyntaxError) return undefined
      throw error
    }
  }, what)
  return { payment, sentry, read, wait }
}

test('after SIGKILL the record tells the open fault: its trace, its span, its run, since when, and what was noted', async t => {
  const { payment, sentry, read, wait } = await flown(t)
  const trace = newTrace()
  const fromS = Date.now() / 1000
  void payment.fire('/debug/slow', { trace }).catch(() => undefined)
  await wait(({ open }) => open[0]?.scenario, 'the fault is open')

  await payment.kill()

  const { open: [fault, ...more], breadcrumbs, memory, ended, opened } = read()
  assert.deepEqual(more, [])
  assert.deepEqual([fault.trace, fault.route, fault.scenario, fault.case, fault.run], [trace, 'POST /debug/slow', 'slow', null, 'test-run'])
  assert.match(fault.span, /^[0-9a-f]{16}$/)
  assert.ok(fault.since >= fromS && fault.since <= Date.now() / 1000)
  assert.deepEqual(breadcrumbs.map(({ category, message }) => [category, message]), [['navigation', 'player opened the wallet']])
  assert.ok(memory.used_mib > 20 && memory.heap_used_mib > 5)
  assert.deepEqual([ended, opened], [null, 1])
  assert.deepEqual(sentry.of('event'), [])
})

test('a request of the product is in the record under the name of its route, without what was sent', async t => {
  const { payment, read, wait } = await flown(t, { TEST_DATABASE_NEEDED: 'false', MONGODB_TIMEOUT_MS: '20000' })
  void payment.call('GET', '/find/player-4000123456789010').catch(() => undefined)
  await wait(({ open }) => open.length, 'the request is open')

  await payment.kill()

  assert.deepEqual(read().open.map(({ route, scenario }) => [route, scenario]), [['GET /find/:player_id', undefined]])
})

test('an abort of V8 at the heap\'s limit leaves the fault that filled it, and how full it was', async t => {
  const { payment, sentry, read } = await flown(t, { NODE_OPTIONS: '--max-old-space-size=200' })
  const trace = newTrace()

  await payment.fire('/debug/grow', { trace }).catch(() => undefined)
  const end = await payment.exited

  const { open: [fault], breadcrumbs, memory, ended } = read()
  assert.deepEqual(end, { code: null, signal: 'SIGABRT' })
  assert.deepEqual([fault.trace, fault.scenario, ended], [trace, 'grow', null])
  assert.equal(breadcrumbs.at(-1).message, 'sessions are opened and never closed')
  assert.ok(memory.heap_used_mib > 150, JSON.stringify(memory))
  assert.equal(memory.heap_limit_mib, 200)
  assert.match(payment.log, /JavaScript heap out of memory/)
  t.diagnostic(JSON.stringify(memory))
  assert.equal(sentry.of('event').filter(({ message }) => message === 'the heap will be full').length, 1)
})

test('after SIGTERM the record says so, and that nothing is open', async t => {
  const { payment, read } = await flown(t)
  await payment.fire('/debug/crash')

  const { code } = await payment.end()

  const { open, opened, ended } = read()
  assert.deepEqual([code, open, opened, ended.how], [0, [], 1, 'sigterm'])
})

test('after an exception that nobody caught the record says so', async t => {
  const { payment, read } = await flown(t)

  await payment.fire('/debug/uncaught').catch(() => undefined)
  const { code } = await payment.exited

  assert.deepEqual([code, read().ended.how], [1, 'exception'])
})

test('probes and scrapes are no requests in the record', async t => {
  const { payment, read } = await flown(t)

  await payment.call('GET', '/metrics')
  await payment.call('GET', '/healthz/live')
  await payment.kill()

  assert.equal(read().opened, 0)
})

test('without a DSN the record is kept, without a trace', async t => {
  const { payment, read, wait } = await flown(t, { SENTRY_DSN: '' })
  void payment.fire('/debug/slow').catch(() => undefined)
  await wait(({ open }) => open[0]?.scenario, 'the fault is open')

  await payment.kill()

  assert.deepEqual(read().open.map(({ trace, span, scenario }) => [trace, span, scenario]), [[null, null, 'slow']])
})

test('a record that cannot be written is one line of the log, and the service serves', async t => {
  const payment = await (await start(t, { TERMINATION_LOG: '/nowhere/termination-log' })).ready()

  const answers = [await payment.fire('/debug/crash'), await payment.fire('/debug/crash')]

  assert.deepEqual(answers.map(({ status }) => status), [500, 500])
  assert.equal(payment.lines.filter(line => line.includes('TERMINATION_LOG')).length, 1)
})
