import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'

import { MongoClient } from 'mongodb'

import { newTrace, start } from '../support/payment.js'
import { marksOfSentry } from '../support/relay.js'
import { startSentry } from '../support/sentry.js'

const PARENT = 'b'.repeat(16)
const DATABASE = `tracing-${process.pid}`
const { MONGODB_URI } = process.env
let sentry, payment

/** Start the service; it outlives the test that starts it. */
async function started (changes) {
  assert.ok(MONGODB_URI, 'these tests need a database: scripts/with-database npm test')
  const database = { MONGODB_URI, MONGODB_DATABASE: DATABASE, MONGODB_TIMEOUT_MS: '20000' }
  return (await start({ after () {} }, { SENTRY_DSN: sentry.dsn, TRACES_SAMPLE_RATE: '1', ...database, ...changes })).ready()
}

before(async () => {
  sentry = await startSentry()
  payment = await started({})
})
after(async () => {
  await payment?.end()
  await sentry.stop()
  const client = await MongoClient.connect(MONGODB_URI)
  await client.db(DATABASE).dropDatabase()
  await client.close()
})

/** Give the transactions, of one trace where it is named, when everything has been sent. */
async function transactionsOf (trace, service = payment) {
  await service.flush()
  const transactions = sentry.of('transaction', trace).filter(({ transaction }) => transaction !== 'POST /flush')
  assert.deepEqual(await marksOfSentry(transactions), [])
  return transactions
}

test('a statement is a span of its request, with its shape and none of its values', async () => {
  const trace = newTrace()

  const answer = await payment.call('GET', '/find/player-4242', { trace })
  const [transaction] = await transactionsOf(trace)

  assert.equal(answer.body.count, 1)
  const statements = transaction.spans.filter(span => span.op === 'db' && span.data['db.collection.name'] === 'wallets')
  assert.deepEqual(statements.map(span => [span.data['db.operation.name'], span.description]), [
    ['insert', '{"_id":"?","amount":"?"}'],
    ['find', '{"find":"?","filter":{"_id":{"$gt":"?"},"amount":"?"}}'],
    ['delete', '{"delete":"?","deletes":[{"q":{},"limit":"?"}],"ordered":"?"}']
  ])
  const { span_id: parent } = transaction.contexts.trace
  assert.ok(statements.every(span => span.trace_id === trace && span.parent_span_id === parent))
  assert.doesNotMatch(JSON.stringify(transaction.spans), /4242|4711|password/)
})

test('a transaction is named by its route, has the status of its answer, and continues the caller\'s trace', async () => {
  const trace = newTrace()

  await payment.call('GET', '/notes/17', { trace })
  await payment.fire('/debug/rejection/error', { trace })
  await payment.fire('/debug/crash', { trace })
  const found = (await transactionsOf(trace)).map(({ transaction, transaction_info: info, contexts }) => [
    transaction, info.source, contexts.trace.status, contexts.trace.data['http.response.status_code'],
    contexts.trace.parent_span_id
  ])

  assert.deepEqual(found, [
    ['GET /notes/:note_id', 'route', 'ok', 200, PARENT],
    ['POST /debug/rejection/:case', 'route', 'ok', 202, PARENT],
    ['POST /debug/crash', 'route', 'internal_error', 500, PARENT]
  ])
})

test('probes, scrapes and control calls have no trace, whatever the caller decided', async () => {
  const trace = newTrace()

  for (const path of ['/healthz/live', '/healthz/ready', '/metrics', '/debug/faults']) {
    await payment.call('GET', path, { trace })
  }

  assert.deepEqual(await transactionsOf(trace), [])
})

test('a fault is traced at any rate, and against the caller\'s decision', async t => {
  const unsampled = await started({ TRACES_SAMPLE_RATE: '0' })
  t.after(() => unsampled.kill())
  await payment.flush()
  sentry.items.length = 0

  await unsampled.fire('/debug/crash', { trace: null })
  await unsampled.fire('/debug/crash', { trace: null, headers: { 'sentry-trace': `${newTrace()}-${PARENT}-0` } })
  await unsampled.call('GET', '/notes/1', { trace: null })

  assert.deepEqual((await transactionsOf(undefined, unsampled)).map(({ transaction }) => transaction),
    ['POST /debug/crash', 'POST /debug/crash'])
})

for (const header of ['nonsense', '', `${'z'.repeat(32)}-${PARENT}-1`, 'a'.repeat(5000)]) {
  test(`the trace header ${JSON.stringify(header.slice(0, 40))} begins a new trace, and is no failure`, async () => {
    await payment.flush()
  sentry.items.length = 0

    const answer = await payment.call('GET', '/notes/1', { trace: null, headers: { 'sentry-trace': header, baggage: 'x=%%,,;=' } })
    const [transaction] = await transactionsOf()

    assert.equal(answer.status, 200)
    assert.match(transaction.contexts.trace.trace_id, /^[0-9a-f]{32}$/)
    assert.equal(transaction.contexts.trace.parent_span_id, undefined)
  })
}

test('nothing of a body, a query, a cookie or a header of the caller is in anything that is sent', async () => {
  await payment.flush()
  sentry.items.length = 0
  const secrets = { Cookie: 'session=secret-cookie', Authorization: 'Bearer secret-token', 'X-Api-Key': 'secret-key' }

  await payment.call('POST', '/throws?card=secret-query', {
    headers: { 'Content-Type': 'application/json', ...secrets }, body: '{"card": "secret-body"}'
  })
  await payment.call('POST', '/silent?card=secret-query', {
    headers: { 'Content-Type': 'application/json', ...secrets }, body: '{"card": "secret-body"}'
  })
  await payment.flush()

  assert.equal(sentry.of('event').length, 2)
  assert.doesNotMatch(JSON.stringify(sentry.items), /secret/)
})

test('a profile is one chunk of samples, named by the events and the transaction of its request alone', async () => {
  const trace = newTrace()

  await payment.fire('/debug/profile', { trace })
  await payment.fire('/debug/profile', { trace })
  await payment.fire('/debug/crash', { trace })
  const transactions = await transactionsOf(trace)
  const chunks = sentry.of('profile_chunk')

  assert.deepEqual(
    transactions.map(({ contexts }) => contexts.profile?.profiler_id),
    [chunks[0].profiler_id, chunks[1].profiler_id, undefined]
  )
  assert.notEqual(chunks[0].profiler_id, chunks[1].profiler_id)
  const { profile: { samples, stacks, frames } } = chunks[0]
  const inSpin = samples.filter(({ stack_id: id }) => stacks[id].some(place => frames[place].function === 'burn'))
  assert.ok(samples.length > 4 && inSpin.length > samples.length / 2, JSON.stringify(chunks[0].profile))
  assert.ok(samples.every(({ timestamp }, place) => place === 0 || timestamp >= samples[place - 1].timestamp))
  const [crash] = sentry.of('event', trace).filter(event => event.exception.values.at(-1).type === 'TypeError')
  assert.equal(crash.contexts.profile, undefined)
})
