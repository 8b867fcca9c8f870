/**
 * A profile that cannot be delivered is lost, and nobody's failure.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'

import * as Sentry from '@sentry/node'

import { profiled } from '../../src/crashkit/profiling.js'

const BUSY_MS = 100

/** A port that nobody listens on. */
async function deadPort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  server.close()
  await once(server, 'close')
  return port
}

test('a profile is no failure where the sink is away', async () => {
  /** @type {unknown[]} */
  const unhandled = []
  process.on('unhandledRejection', reason => unhandled.push(reason))
  /** @type {PromiseLike<unknown>[]} */
  const sent = []
  Sentry.init({
    dsn: `http://${'0'.repeat(32)}@127.0.0.1:${await deadPort()}/3`,
    defaultIntegrations: false,
    transport: options => {
      const usual = Sentry.makeNodeTransport(options)
      return {
        ...usual,
        send: envelope => {
          const sending = usual.send(envelope)
          sent.push(sending)
          return sending
        }
      }
    }
  })

  await profiled(() => {
    const ends = performance.now() + BUSY_MS
    while (performance.now() < ends) { /* spin */ }
  })
  await Sentry.flush(10_000)
  await new Promise(resolve => { setImmediate(resolve) })

  assert.deepEqual(unhandled, [])
  assert.deepEqual((await Promise.allSettled(sent)).map(({ status }) => status), ['rejected'])
})
