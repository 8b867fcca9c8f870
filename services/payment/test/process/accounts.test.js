/**
 * Every item that payment's SDK is given is counted until it is delivered or discarded, whatever it meets.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'

import { start } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

/** A receiver that knows books, and a folder that outlives processes. */
async function surroundings (t) {
  const sentry = await startSentry()
  sentry.knowsBooks = true
  t.after(() => sentry.server.close())
  const state = mkdtempSync(join(tmpdir(), 'state-'))
  t.after(() => rmSync(state, { recursive: true, force: true }))
  return { sentry, state }
}

/** The counts on /metrics, without zeros, by name and labels. */
async function counts (payment) {
  const { text } = await payment.call('GET', '/metrics', { trace: null })
  const lines = text.split('\n').filter(line => /^crash_(?!spool|demo|book)/.test(line))
  return Object.fromEntries(lines.map(line => {
    const at = line.lastIndexOf(' ')
    return [line.slice(0, at).replaceAll('"', "'"), Number(line.slice(at + 1))]
  }).filter(([, number]) => number))
}

/** Of them, what is about events. */
async function ofEvents (payment) {
  const all = await counts(payment)
  return Object.fromEntries(Object.entries(all).filter(([name]) => name.includes("'event'")))
}

test('what is fired and captured is delivered, and every envelope names the book', async t => {
  const { sentry, state } = await surroundings(t)
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, STATE_DIR: state })).ready()

  for (let time = 0; time < 3; time += 1) await payment.fire('/debug/crash')
  await sentry.wait('event', 3)
  await payment.flush()
  await waitFor(async () => {
    const now = await counts(payment)
    return now["crash_delivered_total{item_type='event'}"] === 3 && !("crash_waiting{item_type='transaction'}" in now)
  }, 'all to be delivered', 30)

  const all = await counts(payment)
  assert.equal(all["crash_fired_total{case='payment/crash'}"], 3)
  assert.deepEqual(await ofEvents(payment), {
    "crash_captured_total{item_type='event'}": 3, "crash_delivered_total{item_type='event'}": 3
  })
  const sampledOut = all["crash_discarded_total{item_type='transaction',reason='sample_rate'}"] ?? 0
  assert.equal(all["crash_captured_total{item_type='transaction'}"], all["crash_delivered_total{item_type='transaction'}"] + sampledOut)
  await waitFor(() => sentry.books.at(-1)?.counts['delivered/event'] === 3, 'the book to be told', 30)
  const { book, service, instance, counts: told } = sentry.books.at(-1)
  assert.deepEqual([service, instance, told.running, told['spool/written']], ['payment', 'pod-1', 1, 3])
  assert.deepEqual([...new Set(sentry.envelopes.map(({ header }) => header.book))], [book])
})

test('the next process goes on with the book of one that was killed, and what was in its memory is in doubt', async t => {
  const { sentry, state } = await surroundings(t)
  const told = { SENTRY_DSN: sentry.dsn, STATE_DIR: state }
  const first = await (await start(t, told)).ready()
  sentry.holds = true
  await first.fire('/debug/crash')
  await waitFor(async () => (await counts(first))["crash_waiting{item_type='transaction'}"] > 0, 'a transaction on its way', 30)
  await first.kill()
  sentry.release()

  const second = await (await start(t, told)).ready()
  const all = await counts(second)

  assert.deepEqual([all.crash_process_starts_total, all.crash_process_killed_total], [2, 1])
  assert.equal(all["crash_captured_total{item_type='event'}"], 1)
  assert.equal(all["crash_in_doubt_total{item_type='event'}"], undefined)
  assert.ok(all["crash_in_doubt_total{item_type='transaction'}"] >= 1)
  assert.equal(all["crash_fired_total{case='payment/crash'}"], 1)
})

for (const [status, reason] of [[429, 'http_429'], [500, 'http_500'], [413, 'send_error']]) {
  test(`without a spool, what is answered ${status} is discarded as ${reason}`, async t => {
    const { sentry } = await surroundings(t)
    const payment = await (await start(t, { SENTRY_DSN: sentry.dsn })).ready()
    sentry.status = status

    await payment.fire('/debug/crash')
    await payment.flush()
    await waitFor(async () => !("crash_waiting{item_type='event'}" in await counts(payment)), 'nothing to wait', 30)

    assert.deepEqual(await ofEvents(payment), {
      "crash_captured_total{item_type='event'}": 1,
      [`crash_discarded_total{item_type='event',reason='${reason}'}`]: 1
    })
  })
}

test('without a spool and without a Sentry it is discarded as network_error', async t => {
  const payment = await (await start(t, { SENTRY_DSN: `http://${'0'.repeat(32)}@127.0.0.1:9/3` })).ready()

  await payment.fire('/debug/crash')
  await payment.flush()
  await waitFor(async () => !("crash_waiting{item_type='event'}" in await counts(payment)), 'nothing to wait', 30)

  assert.deepEqual(await ofEvents(payment), {
    "crash_captured_total{item_type='event'}": 1, "crash_discarded_total{item_type='event',reason='network_error'}": 1
  })
})

test('a trace that is not kept is discarded by the rate', async t => {
  const { sentry } = await surroundings(t)
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '0' })).ready()

  for (let time = 0; time < 4; time += 1) await payment.call('GET', '/notes/1', { trace: null })

  const all = await counts(payment)
  assert.equal(all["crash_captured_total{item_type='transaction'}"], 4)
  assert.equal(all["crash_discarded_total{item_type='transaction',reason='sample_rate'}"], 4)
})

test('what the watchdog reports is counted, also while the loop is blocked', async t => {
  const { sentry, state } = await surroundings(t)
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, STATE_DIR: state })).ready()

  await payment.fire('/debug/block')
  const [event] = await sentry.wait('event')
  await waitFor(async () => (await counts(payment))["crash_delivered_total{item_type='event'}"] === 1, 'it to be counted', 30)

  assert.equal(event.exception.values[0].type, 'EventLoopBlocked')
  assert.equal((await counts(payment))["crash_captured_total{item_type='event'}"], 1)
  const { header } = sentry.envelopes.find(({ header }) => header.event_id === event.event_id)
  assert.equal(header.book, sentry.books.at(-1).book)
})

test('whoever ends in order tells its last figures', async t => {
  const { sentry, state } = await surroundings(t)
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn, STATE_DIR: state, DRAIN_S: '1' })).ready()
  await payment.fire('/debug/crash')

  const { code } = await payment.end()

  const { counts: told } = sentry.books.at(-1)
  assert.deepEqual([code, told.running, told['captured/event'], told['delivered/event']], [0, 0, 1, 1])
  assert.equal(told['captured/transaction'], told['delivered/transaction'])
})

test('a sink that has heard the book is asked again soon, when somebody else has answered in its place', async t => {
  const { sentry } = await surroundings(t)
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn })).ready()
  await waitFor(() => sentry.books.length, 'the book to be told', 30)
  sentry.knowsBooks = false
  const before = sentry.books.length
  await payment.fire('/debug/crash')
  await waitFor(() => sentry.books.length > before, 'somebody else to be told', 30)
  sentry.knowsBooks = true
  const away = sentry.books.length

  const { counts } = await waitFor(() => sentry.books.slice(away).find(({ counts }) => counts['captured/event']), 'the sink to hear it', 20)

  assert.equal(counts['captured/event'], 1)
  assert.ok(!payment.log.includes('keeps no books'))
})

test('a Sentry that keeps no books is asked once, and once more at the end', async t => {
  const { sentry } = await surroundings(t)
  sentry.knowsBooks = false
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn })).ready()
  await waitFor(() => payment.log.includes('keeps no books'), 'it to be said', 30)
  await payment.fire('/debug/crash')
  await sentry.wait('event')

  const { code } = await payment.end()

  assert.deepEqual([code, sentry.books.length], [0, 2])
})
