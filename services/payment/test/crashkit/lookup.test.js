/**
 * Names are looked up one at a time: a resolver that says nothing must not take every thread of the process.
 */
import assert from 'node:assert/strict'
import dns from 'node:dns'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'

import { poster } from '../../src/crashkit/spool/post.js'
import { makeTransport } from '../../src/crashkit/spool/transport.js'

// So slow that all have asked meanwhile, also on a busy machine.
const SLOW_MS = 3000

test('what the spool, the book and the SDK send at once asks for its name once, and all of it is sent', async t => {
  const server = createServer((request, response) => { request.resume(); response.end('{}') }).listen(0, 'localhost')
  await once(server, 'listening')
  t.after(() => { server.close(); server.closeAllConnections() })
  const answered = dns.lookup
  const asked = t.mock.method(dns, 'lookup', (...question) => setTimeout(() => answered(...question), SLOW_MS))
  const base = `http://localhost:${server.address().port}/api/3`
  const posts = [poster(`${base}/envelope/`), poster(`${base}/book/`)]
  const usual = makeTransport({ url: `${base}/envelope/`, recordDroppedEvent () {} })

  const answers = await Promise.all([
    ...Array.from({ length: 8 }, (_, at) => posts[at % 2]('{}')), usual.send([{}, [[{ type: 'session' }, {}]]])
  ])

  assert.deepEqual(answers.map(({ status, statusCode }) => status ?? statusCode), Array(9).fill(200))
  assert.equal(asked.mock.callCount(), 1)
})
