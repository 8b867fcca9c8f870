/**
 * The application of these tests as a process of its own: all of payment, with wallets and handlers that a test can name.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

import { waitFor } from './waiting.js'

export const TOKEN = 'a-fault-token-of-the-tests'
export const BEARER = `Bearer ${TOKEN}`
export const TRACE = 'a'.repeat(32)
export const CATALOG = fileURLToPath(new URL('./catalog', import.meta.url))
const PROGRAM = fileURLToPath(new URL('./program.js', import.meta.url))
const POD = { POD_NAME: 'pod-1', POD_NAMESPACE: 'casino', POD_UID: 'uid-1', NODE_NAME: 'node-1' }

/** Give a trace that nobody has used. */
export const newTrace = () => randomUUID().replaceAll('-', '')

/** Give a port that was free a moment ago. */
export async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

/**
 * Start the process.
 *
 * @param {import('node:test').TestContext} test ends it, at the latest.
 * @param {Record<string, string>} [changes] of its environment.
 * @param {{ program?: string, flags?: string[], under?: string[] }} [how] `under` is a command that runs it.
 */
export async function start (test, changes = {}, { program = PROGRAM, flags = [], under = [] } = {}) {
  const port = await freePort()
  const environment = {
    PATH: process.env.PATH,
    HOST: '127.0.0.1',
    PORT: String(port),
    CATALOG_DIR: CATALOG,
    FAULTS_ENABLED: 'true',
    FAULTS_TOKEN: TOKEN,
    MONGODB_URI: 'mongodb://127.0.0.1:9/',
    ...POD,
    ...changes
  }
  const [command, ...words] = [...under, process.execPath, ...flags, program]
  const child = spawn(command, words, { env: environment, stdio: ['ignore', 'pipe', 'pipe'] })
  const service = new Payment(child, Number(environment.PORT))
  test.after(() => service.kill())
  return service
}

class Payment {
  log = ''

  constructor (child, port) {
    this.child = child
    this.port = port
    this.exited = once(child, 'close').then(([code, signal]) => ({ code, signal }))
    for (const stream of [child.stderr, child.stdout]) stream.on('data', text => { this.log += text })
  }

  get lines () {
    return this.log.split('\n').filter(Boolean)
  }

  /** Call with a trace, and give whatever comes back. */
  async call (method, path, { headers = {}, body, trace = TRACE } = {}) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method, body, headers: { ...(trace ? { 'sentry-trace': `${trace}-${'b'.repeat(16)}-1` } : {}), ...headers }
    })
    const text = await answer.text()
    const isJson = /json/.test(answer.headers.get('content-type') ?? '')
    return { status: answer.status, headers: answer.headers, text, body: isJson ? JSON.parse(text) : undefined }
  }

  /** Fire a fault with the token. */
  fire (path, { headers = {}, ...rest } = {}) {
    return this.call('POST', path, { headers: { Authorization: BEARER, 'X-Crash-Run': 'test-run', ...headers }, ...rest })
  }

  /** Have everything sent that was captured. */
  flush () {
    return this.call('POST', '/flush', { trace: null })
  }

  async ready () {
    await waitFor(async () => {
      if (this.child.exitCode !== null) throw new Error(this.log)
      return (await this.call('GET', '/healthz/ready').catch(() => undefined))?.status === 200
    }, 'ready', 60)
    return this
  }

  async kill () {
    this.child.kill('SIGKILL')
    await this.exited
  }

  /** Ask it to end, and give how it did. */
  end () {
    this.child.kill('SIGTERM')
    return this.exited
  }
}
