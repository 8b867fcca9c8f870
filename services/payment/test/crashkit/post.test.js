/**
 * Envelopes are posted over connections that are kept, but not over one on which somebody has said no.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'

import { poster } from '../../src/crashkit/spool/post.js'
import { makeTransport } from '../../src/crashkit/spool/transport.js'

/** Serve for as long as the test lasts, and give the address of envelopes. */
async function served (t, server) {
  server.listen(0, '127.0.0.1')
  t.after(() => { server.closeAllConnections(); server.close() })
  await once(server, 'listening')
  return `http://127.0.0.1:${server.address().port}/api/3/envelope/`
}

/** The two ways to Sentry: that of events, and the SDK's own for everything else. */
const WAYS = {
  'the spool': address => poster(address, 200),
  'the SDK': address => {
    const usual = makeTransport({ url: address, recordDroppedEvent () {} }, 200)
    return async () => {
      try {
        return { status: (await usual.send([{}, [[{ type: 'session' }, {}]]])).statusCode ?? 'not sent' }
      } catch {
        return { status: null }
      }
    }
  }
}

for (const [way, made] of Object.entries(WAYS)) {
  for (const [status, connections] of [[200, 1], [404, 3], [502, 3]]) {
    test(`three envelopes of ${way} that are answered ${status} take ${connections} connections`, async t => {
      let seen = 0
      const address = await served(t, createServer((request, response) => {
        request.resume().on('end', () => { response.writeHead(status).end('an answer') })
      }).on('connection', () => { seen += 1 }))
      const post = made(address)

      const answers = []
      for (let number = 0; number < 3; number += 1) answers.push((await post('an envelope')).status)

      assert.deepEqual([answers, seen], [[status, status, status], connections])
    })
  }

  test(`what nobody answers is given up by ${way}, however much of it there was, and the next is sent`, async t => {
    let silent = true
    const address = await served(t, createServer((request, response) => {
      request.resume().on('end', () => { if (!silent) response.end('{}') })
    }))
    const post = made(address)

    const unanswered = await Promise.all(Array.from({ length: 64 }, () => post('an envelope')))
    silent = false
    const { status } = await post('an envelope')

    assert.deepEqual([unanswered.map(({ status }) => status), status], [Array(64).fill(null), 200])
  })
}
