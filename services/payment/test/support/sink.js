/**
 * The event sink itself as a process, which can be killed and started again on the same store and port.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { freePort } from './payment.js'
import { waitFor } from './waiting.js'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))
const PYTHON = join(ROOT, '.venv/bin/python')
const KEY = '0123456789abcdef'.repeat(2)
const TOKEN = 'a-token-of-the-tests'
const WITHIN_S = 120
const MOST_ITEMS = 1000
/** The type of the watchdog's events. */
export const BLOCKED = 'EventLoopBlocked'

/**
 * @param {import('node:test').TestContext} test ends it.
 */
export async function startSink (test) {
  const folder = mkdtempSync(join(tmpdir(), 'sink-'))
  const sink = new Sink(folder, await freePort())
  test.after(async () => {
    await sink.kill()
    rmSync(folder, { recursive: true })
  })
  return sink.start()
}

class Sink {
  #folder
  #child = null

  constructor (folder, port) {
    this.#folder = folder
    this.port = port
  }

  get dsn () {
    return `http://${KEY}@127.0.0.1:${this.port}/3`
  }

  async start () {
    this.#child = spawn(PYTHON, ['-m', 'event_sink'], {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        SINK_DB_PATH: join(this.#folder, 'sink.sqlite3'),
        SINK_INGEST_KEY: KEY,
        SINK_TOKEN: TOKEN,
        SINK_HOST: '127.0.0.1',
        SINK_PORT: String(this.port)
      }
    })
    await waitFor(() => this.#get('/healthz/ready').catch(() => null), 'the sink is ready', WITHIN_S)
    return this
  }

  async kill () {
    const child = this.#child
    this.#child = null
    if (child === null || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'close')
  }

  /** Have it answer badly, as it can be ordered to. */
  async misbehave (order) {
    const answer = await fetch(`${this.#url}/api/v1/misbehaviour`, {
      method: 'PUT', body: JSON.stringify(order), headers: { Authorization: `Bearer ${TOKEN}` }
    })
    if (!answer.ok) throw new Error(await answer.text())
  }

  /** Give the ids of all events that it has stored, but for those that tell of a busy machine, unless they are asked for. */
  async events (type) {
    const { items } = await this.#get(`/api/v1/events?type=event&limit=${MOST_ITEMS}`)
    const asked = items.filter(item => type ? item.exception_type === type : item.exception_type !== BLOCKED)
    return asked.map(item => item.event_id)
  }

  /** Wait for so many, and give them when no more come. */
  async wait (count, type) {
    return waitFor(async () => {
      const found = await this.events(type)
      return found.length >= count && found
    }, `${count} events in the sink`, WITHIN_S)
  }

  /** Say how many events of a run it has. */
  async ofRun (run) {
    return (await this.#get(`/api/v1/events?type=event&run=${run}&limit=${MOST_ITEMS}`)).items.length
  }

  /** Give what is stored of one. */
  async payload (eventId) {
    return (await this.#get(`/api/v1/events/${eventId}`)).payload
  }

  accounts () {
    return this.#get('/api/v1/accounts')
  }

  /** How often it misbehaved by the order in force. */
  async met () {
    return (await this.#get('/api/v1/misbehaviour')).met
  }

  get #url () {
    return `http://127.0.0.1:${this.port}`
  }

  async #get (path) {
    const answer = await fetch(`${this.#url}${path}`)
    if (!answer.ok) throw new Error(`${path}: ${answer.status}`)
    return answer.json()
  }
}
