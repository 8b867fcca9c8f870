import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeApi } from '../src/api.js'
import { casino, hangUp, problem } from './support/casino.js'

test('an answer has its status, its document, its trace and how long it took', async t => {
  const { url } = await casino(t, { 'GET /a': () => ({ status: 201, headers: { 'x-trace-id': 'a'.repeat(32) }, body: { b: 1 } }) })

  const answer = await makeApi(url).request('/a')

  assert.deepEqual([answer.status, answer.ok, answer.body, answer.problem, answer.detail, answer.traceId],
    [201, true, { b: 1 }, null, '', 'a'.repeat(32)])
  assert.ok(answer.tookMs > 0)
})

test('a refusal is an answer, with its kind, its sentence and when to come back', async t => {
  const { url } = await casino(t, { 'POST /a': () => problem(429, 'too-many', {}, { 'retry-after': '12' }) })

  const answer = await makeApi(url).request('/a', { method: 'POST', body: {} })

  assert.deepEqual([answer.status, answer.ok, answer.problem, answer.detail, answer.retryAfterS],
    [429, false, 'too-many', 'why it is too-many', 12])
})

test('what is no JSON is an answer without a document, and a strange Retry-After is none', async t => {
  const { url } = await casino(t, { 'GET /a': () => ({ status: 502, headers: { 'retry-after': 'Fri, 31 Dec' }, body: '<h1>Bad</h1>' }) })

  const answer = await makeApi(url).request('/a')

  assert.deepEqual([answer.status, answer.body, answer.problem, answer.retryAfterS], [502, null, null, null])
})

test('a body goes as JSON with its headers, and no body has no type', async t => {
  const { url, calls } = await casino(t, { 'POST /a': () => ({ a: 1 }), 'DELETE /a': () => ({ a: 1 }) })

  await makeApi(url).request('/a', { method: 'POST', body: { c: [1] }, headers: { 'x-crash-run': 'me-1' } })
  await makeApi(url).request('/a', { method: 'DELETE' })

  assert.deepEqual([calls[0].body, calls[0].headers['content-type'], calls[0].headers['x-crash-run']],
    [{ c: [1] }, 'application/json', 'me-1'])
  assert.equal(calls[1].headers['content-type'], undefined)
})

test('nobody who answers is a lost connection, which names what was asked without its query', async t => {
  const { url } = await casino(t, { 'GET /a': hangUp })

  await assert.rejects(makeApi(url).request('/a?player_id=player-7'), {
    name: 'ConnectionLostError', message: 'GET /a: nobody answered'
  })
})

test('who waits no longer than he wants has lost the connection; who gives up himself has not', async t => {
  const { url } = await casino(t, { 'GET /a': hangUp })
  const gone = new AbortController()
  gone.abort(new DOMException('left', 'AbortError'))

  await assert.rejects(makeApi('http://192.0.2.1').request('/a', { patienceMs: 50 }), { name: 'ConnectionLostError' })
  await assert.rejects(makeApi(url).request('/a', { signal: gone.signal }), { name: 'AbortError' })
})

test('a request is sent inside of the trace that it is handed', async t => {
  const { url } = await casino(t, { 'GET /a': () => ({ a: 1 }) })
  const entered = []
  const trace = { within (work) { entered.push('in'); const given = work(); entered.push('out'); return given } }

  const answer = await makeApi(url).request('/a', { trace })

  assert.deepEqual([entered, answer.status], [['in', 'out'], 200])
})
