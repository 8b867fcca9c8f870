import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { TRACE, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'

let sentry

before(async () => { sentry = await startSentry() })
after(() => sentry.stop())

async function started (t, changes) {
  sentry.items.length = 0
  return (await start(t, { SENTRY_DSN: sentry.dsn, ...changes })).ready()
}

/** End the service, and give the transactions of its whole life. */
async function transactionsOf (payment) {
  await payment.end()
  assert.deepEqual(await marksOfSentry(sentry.of('transaction')), [])
  return sentry.of('transaction')
}

test('a statement is a span of its request, with its shape and none of its values', async t => {
  const { MONGODB_URI } = process.env
  assert.ok(MONGODB_URI, 'this test needs a database: scripts/with-database npm test')
  const payment = await started(t, { MONGODB_URI, MONGODB_DATABASE: `tracing-${process.pid}`, MONGODB_TIMEOUT_MS: '10000' })

  const answer = await payment.call('GET', '/find/player-4242')
  const [transaction] = await transactionsOf(payment)

  assert.equal(answer.body.count, 1)
  const statements = transaction.spans.filter(span => span.op === 'db' && span.data['db.collection.name'] === 'wallets')
  assert.deepEqual(statements.map(span => [span.data['db.operation.name'], span.description]), [
    ['insert', '{"_id":"?","amount":"?"}'],
    ['find', '{"find":"?","filter":{"_id":{"$gt":"?"},"amount":"?"}}'],
    ['delete', '{"delete":"?","deletes":[{"q":{},"limit":"?"}],"ordered":"?"}']
  ])
  assert.ok(statements.every(span => span.trace_id === TRACE && span.parent_span_id === transaction.contexts.trace.span_id))
  assert.doesNotMatch(JSON.stringify(transaction.spans), /4242|4711|password/)
})

test('a transaction is named by its route, has the status of its answer, and continues the caller\'s trace', async t => {
  const payment = await started(t)

  await payment.call('GET', '/notes/17')
  await payment.fire('/debug/rejection/error')
  await payment.fire('/debug/crash')
  const found = (await transactionsOf(payment)).map(({ transaction, transaction_info: info, contexts }) => [
    transaction, info.source, contexts.trace.status, contexts.trace.data['http.response.status_code'],
    contexts.trace.trace_id, contexts.trace.parent_span_id
  ])

  const caller = [TRACE, 'b'.repeat(16)]
  assert.deepEqual(found, [
    ['GET /notes/:note_id', 'route', 'ok', 200, ...caller],
    ['POST /debug/rejection/:case', 'route', 'ok', 202, ...caller],
    ['POST /debug/crash', 'route', 'internal_error', 500, ...caller]
  ])
})

test('probes, scrapes and control calls have no trace, whatever the caller decided', async t => {
  const payment = await started(t, { TRACES_SAMPLE_RATE: '1' })

  for (const path of ['/healthz/live', '/healthz/ready', '/metrics', '/debug/faults']) await payment.call('GET', path)

  assert.deepEqual(await transactionsOf(payment), [])
})

test('a fault is traced at any rate, and against the caller\'s decision', async t => {
  const payment = await started(t, { TRACES_SAMPLE_RATE: '0' })

  await payment.fire('/debug/crash', { trace: null })
  await payment.fire('/debug/crash', { trace: null, headers: { 'sentry-trace': `${TRACE}-${'b'.repeat(16)}-0` } })
  await payment.call('GET', '/notes/1', { trace: null })

  assert.equal((await transactionsOf(payment)).length, 2)
})

for (const header of ['nonsense', '', `${'z'.repeat(32)}-${'b'.repeat(16)}-1`, 'a'.repeat(5000)]) {
  test(`the trace header ${JSON.stringify(header.slice(0, 40))} begins a new trace, and is no failure`, async t => {
    const payment = await started(t, { TRACES_SAMPLE_RATE: '1' })

    const answer = await payment.call('GET', '/notes/1', { trace: null, headers: { 'sentry-trace': header, baggage: 'x=%%,,;=' } })
    const [transaction] = await transactionsOf(payment)

    assert.equal(answer.status, 200)
    assert.match(transaction.contexts.trace.trace_id, /^[0-9a-f]{32}$/)
    assert.notEqual(transaction.contexts.trace.trace_id, TRACE)
  })
}

test('nothing of a body, a query, a cookie or a header of the caller is in anything that is sent', async t => {
  const payment = await started(t, { TRACES_SAMPLE_RATE: '1' })
  const secrets = { Cookie: 'session=secret-cookie', Authorization: 'Bearer secret-token', 'X-Api-Key': 'secret-key' }

  await payment.call('POST', '/throws?card=secret-query', {
    headers: { 'Content-Type': 'application/json', ...secrets }, body: '{"card": "secret-body"}'
  })
  await payment.call('POST', '/silent?card=secret-query', {
    headers: { 'Content-Type': 'application/json', ...secrets }, body: '{"card": "secret-body"}'
  })
  await payment.end()

  assert.equal(sentry.of('event').length, 2)
  assert.doesNotMatch(JSON.stringify(sentry.items), /secret/)
})

test('a profile is one chunk of samples, named by the events and the transaction of its request alone', async t => {
  const payment = await started(t)

  await payment.fire('/debug/profile')
  await payment.fire('/debug/profile')
  await payment.fire('/debug/crash')
  const transactions = await transactionsOf(payment)
  const chunks = sentry.of('profile_chunk')

  assert.deepEqual(
    transactions.map(({ contexts }) => contexts.profile?.profiler_id),
    [chunks[0].profiler_id, chunks[1].profiler_id, undefined]
  )
  assert.notEqual(chunks[0].profiler_id, chunks[1].profiler_id)
  const { profile: { samples, stacks, frames } } = chunks[0]
  const inSpin = samples.filter(({ stack_id: id }) => stacks[id].some(place => frames[place].function === 'spin'))
  assert.ok(samples.length > 10 && inSpin.length > samples.length / 2, `${inSpin.length} of ${samples.length}`)
  assert.ok(samples.every(({ timestamp }, place) => place === 0 || timestamp >= samples[place - 1].timestamp))
  assert.equal(sentry.of('event').find(event => event.contexts.profile), undefined)
})
