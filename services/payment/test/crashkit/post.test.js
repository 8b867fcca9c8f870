/**
 * Envelopes are posted over connections that are kept, but not over one on which somebody has said no.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { test } from 'node:test'

import { poster } from '../../src/crashkit/spool/post.js'

for (const [status, connections] of [[200, 1], [404, 3], [503, 3]]) {
  test(`three envelopes that are answered ${status} take ${connections} connections`, async t => {
    let seen = 0
    const server = createServer((request, response) => {
      request.resume().on('end', () => { response.writeHead(status).end('an answer') })
    }).on('connection', () => { seen += 1 }).listen(0, '127.0.0.1')
    t.after(() => { server.closeAllConnections(); server.close() })
    await once(server, 'listening')
    const post = poster(`http://127.0.0.1:${server.address().port}/api/3/envelope/`)

    const answers = []
    for (let number = 0; number < 3; number += 1) answers.push((await post('an envelope')).status)

    assert.deepEqual([answers, seen], [[status, status, status], connections])
  })
}
