/**
 * The wallets behind HTTP, in this process or in one of their own.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createInterface } from 'node:readline'

import express from 'express'

import { log } from '../../../src/crashkit/logs.js'
import { openWallets } from '../../../src/wallet/index.js'
import { failed } from '../../../src/web/failures.js'
import { jsonBody } from '../../../src/web/json-body.js'
import { refusesTheRest } from '../../../src/web/methods.js'
import { uri } from './database.js'

const SERVE = new URL('serve.js', import.meta.url).pathname

/**
 * @typedef {object} Answer
 * @property {number} status
 * @property {any} body parsed.
 * @property {Headers} headers
 */

/** How a test talks to a service. */
export class Caller {
  /** @param {number} port */
  constructor (port) {
    this.base = `http://127.0.0.1:${port}`
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {unknown} [content] becomes JSON; a text is sent as it is.
   * @param {Record<string, string>} [headers]
   * @returns {Promise<Answer>}
   */
  async ask (method, path, content, headers = { 'Content-Type': 'application/json' }) {
    const body = content === undefined || typeof content === 'string' ? content : JSON.stringify(content)
    const response = await fetch(`${this.base}${path}`, { method, body, headers: body === undefined ? {} : headers })
    return { status: response.status, body: await response.json(), headers: response.headers }
  }

  /** @param {string} path */
  get (path) { return this.ask('GET', path) }
  /** @param {string} path @param {unknown} content */
  post (path, content) { return this.ask('POST', path, content) }
  /** @param {string} player @param {number} opening */
  open (player, opening) { return this.ask('PUT', `/wallets/${player}`, { opening }) }
}

/**
 * Serve the wallets in this process until the test ends.
 *
 * @param {import('node:test').TestContext} test
 * @param {{ database: string, mongodbUri?: string, timeoutMs?: number }} where
 */
export async function startService (test, { database, mongodbUri = uri, timeoutMs = 10_000 }) {
  shownWhereItFails(test)
  const wallets = openWallets({ mongodbUri, mongodbDatabase: database, mongodbTimeoutMs: timeoutMs })
  const app = express().use(jsonBody, wallets.router)
  app.use(refusesTheRest(() => app.router)).use(failed)
  const server = createServer(app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  test.after(async () => {
    server.closeAllConnections()
    server.close()
    await wallets.close()
  })
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  return Object.assign(new Caller(port), { wallets })
}

/**
 * Refusals are logged by the hundred, as they should be: they are of interest where the test fails, only.
 *
 * @param {import('node:test').TestContext} test
 */
function shownWhereItFails (test) {
  /** @type {string[]} */
  const said = []
  test.mock.method(log, 'error', (/** @type {string} */ message, /** @type {unknown} */ error) => {
    said.push(`${message}: ${error}`)
  })
  test.after(() => { if (!test.passed) test.diagnostic(said.join('\n')) })
}

/**
 * Serve the wallets in a process of their own until the test ends.
 *
 * @param {import('node:test').TestContext} test
 * @param {{ database: string, mongodbUri?: string, timeoutMs?: number }} where
 */
export async function startProcess (test, { database, mongodbUri = uri, timeoutMs = 10_000 }) {
  const child = spawn(process.execPath, [SERVE], {
    env: { MONGODB_URI: mongodbUri, MONGODB_DATABASE: database, MONGODB_TIMEOUT_MS: String(timeoutMs) },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const ended = once(child, 'exit')
  test.after(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  return Object.assign(new Caller(Number(line)), {
    /** End it with no time to say goodbye. */
    async killHard () {
      child.kill('SIGKILL')
      await ended
    }
  })
}
