import assert from 'node:assert/strict'
import { request } from 'node:http'
import { after, before, test } from 'node:test'

import { BEARER, TRACE, start } from '../support/payment.js'

const JSON_TYPE = { 'Content-Type': 'application/json' }
const NOWHERE = `http://${'0'.repeat(32)}@127.0.0.1:9/3`
let payment

before(async () => { payment = await (await start({ after () {} }, { FAULTS_ALLOW_GET: 'true', SENTRY_DSN: NOWHERE })).ready() })
after(() => payment.kill())

/** Call, and give what a refusal says. */
async function refusal (...call) {
  const { status, headers, body } = await payment.call(...call)
  return [status, headers.get('content-type'), body.type, headers.get('allow'), body.detail, body.trace_id]
}

const problem = (status, code, detail, allow = null) =>
  [status, 'application/problem+json; charset=utf-8', `urn:crash-demo:problem:${code}`, allow, detail, TRACE]

test('an unknown path is 404', async () => {
  assert.deepEqual(await refusal('GET', '/nowhere'), problem(404, 'unknown-path', 'There is no /nowhere here'))
})

test('a method that a path does not take is 405, and says which it takes', async () => {
  assert.deepEqual(await refusal('PUT', '/notes/3'),
    problem(405, 'request', 'PUT /notes/3: Method Not Allowed; it takes GET, POST', 'GET, POST'))
  assert.deepEqual(await refusal('POST', '/debug/faults'),
    problem(405, 'request', 'POST /debug/faults: Method Not Allowed; it takes GET, DELETE', 'GET, DELETE'))
  assert.deepEqual(await refusal('PUT', '/debug/crash'), problem(405, 'method', 'A fault is fired by POST; found PUT', 'POST'))
})

test('a body that is no JSON is 400, and the answer repeats nothing of it', async () => {
  assert.deepEqual(await refusal('POST', '/notes/3', { headers: JSON_TYPE, body: '{"card": 4111' }),
    problem(400, 'json', 'The body is not JSON; look at its quotes, commas and braces'))
})

test('a body that is no UTF-8, or compressed, or of another type, is 415', async () => {
  const detail = 'The body must be UTF-8 and not compressed'
  const text = 'The body must be application/json; found text/plain'

  assert.deepEqual(await refusal('POST', '/notes/3', { headers: { 'Content-Type': 'application/json; charset=latin1' }, body: '{}' }),
    problem(415, 'content-type', detail))
  assert.deepEqual(await refusal('POST', '/notes/3', { headers: { ...JSON_TYPE, 'Content-Encoding': 'gzip' }, body: '{}' }),
    problem(415, 'content-type', detail))
  assert.deepEqual(await refusal('POST', '/notes/3', { headers: { 'Content-Type': 'text/plain' }, body: '{}' }),
    problem(415, 'content-type', text))
})

test('a body that is too large is 413, and the connection ends with the answer', async () => {
  const answer = await payment.call('POST', '/notes/3', { headers: JSON_TYPE, body: `"${'x'.repeat(70_000)}"` })

  assert.deepEqual([answer.status, answer.body.detail, answer.headers.get('connection')],
    [413, 'The body is larger than 64 KiB; send less', 'close'])
})

test('a path that cannot be decoded is 400', async () => {
  const status = await new Promise((resolve, reject) => {
    request({ port: payment.port, path: '/notes/%E0%A4%A' }, answer => resolve(answer.resume().statusCode)).on('error', reject).end()
  })

  assert.equal(status, 400)
})

test('an answer tells neither the framework nor a tag of its content', async () => {
  const { headers } = await payment.call('GET', '/notes/3')

  assert.deepEqual([headers.get('x-powered-by'), headers.get('etag'), headers.get('server')], [null, null, null])
})

test('a fault answers with its report, on the caller\'s trace', async () => {
  const { status, body } = await payment.fire('/debug/hold?case=TWO')
  await payment.call('DELETE', '/debug/faults', { headers: { Authorization: BEARER } })

  assert.deepEqual([status, body], [200, {
    service: 'payment', scenario: 'hold', case: 'two', run: 'test-run', trace_id: TRACE, report: { trace: TRACE }
  }])
})

test('a fault fires by GET where that is allowed, and takes the run from the query', async () => {
  const { status, body } = await payment.call('GET', '/debug/hold?case=one&run=my-run')
  await payment.call('DELETE', '/debug/faults', { headers: { Authorization: BEARER } })

  assert.deepEqual([status, body.run], [200, 'my-run'])
})

test('what is held is listed until somebody with the token stops it', async () => {
  await payment.fire('/debug/hold')

  const { body: { active: [held, ...more] } } = await payment.call('GET', '/debug/faults')
  const without = await payment.call('DELETE', '/debug/faults')
  const stopped = await payment.call('DELETE', '/debug/faults', { headers: { Authorization: BEARER } })
  const afterwards = await payment.call('GET', '/debug/faults')

  assert.deepEqual([held.id, held.run, held.holding, more], ['payment/hold/one', 'test-run', true, []])
  assert.ok(held.ends_in_s > 55 && held.ends_in_s <= 60)
  assert.deepEqual([without.status, stopped.body, afterwards.body], [401, { stopped: 1 }, { active: [] }])
})

test('only the runs of one tag are stopped, and what is no tag stops nobody', async () => {
  const stop = async query => (await payment.call('DELETE', `/debug/faults${query}`, { headers: { Authorization: BEARER } }))
  await payment.fire('/debug/hold', { headers: { 'X-Crash-Run': 'anna-1' } })
  await payment.fire('/debug/hold', { headers: { 'X-Crash-Run': 'anna-10' } })

  const bad = await stop('?run=a%20b')
  const empty = await stop('?run=')
  const one = await stop('?run=anna-1')
  const { body: { active } } = await payment.call('GET', '/debug/faults')
  const rest = await stop('')

  assert.deepEqual([bad.status, bad.body.type, empty.status], [400, 'urn:crash-demo:problem:run-tag', 400])
  assert.deepEqual([one.body, active.map(({ run }) => run), rest.body], [{ stopped: 1 }, ['anna-10'], { stopped: 1 }])
})

test('readiness says when the process started', async () => {
  const { body } = await payment.call('GET', '/healthz/ready')
  const ageS = Date.now() / 1000 - body.started_at

  assert.equal(body.status, 'ready')
  assert.ok(ageS > 0 && ageS < 120, `${ageS} s`)
})

test('a run that is stopped while it works is 409, and frees its place', async () => {
  const running = payment.fire('/debug/slow')
  let stopped = 0
  while (!stopped) {
    stopped = (await payment.call('DELETE', '/debug/faults', { headers: { Authorization: BEARER } })).body.stopped
  }
  const { status, body } = await running

  assert.deepEqual([status, body.type], [409, 'urn:crash-demo:problem:stopped'])
  assert.match(body.detail, /^payment\/slow was stopped after \d\.\d s$/)
})

test('requests, faults and what is active are counted by route and status', async () => {
  await payment.call('GET', '/notes/8')
  await payment.fire('/debug/crash')

  const { text, headers } = await payment.call('GET', '/metrics')

  assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/)
  assert.match(text, /crash_demo_request_seconds_count\{service="payment",route="\/notes\/:note_id",status="200"\} [1-9]/)
  assert.match(text, /crash_demo_request_seconds_count\{service="payment",route="unknown",status="404"\} [1-9]/)
  assert.match(text, /crash_demo_faults_fired_total\{service="payment",scenario="crash",case=""\} 1/)
  assert.match(text, /crash_demo_faults_active\{service="payment"\} 0/)
  assert.match(text, /nodejs_heap_size_used_bytes \d/)
})
