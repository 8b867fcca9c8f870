/**
 * A receiver of envelopes on a real port, and what it has received.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { gunzipSync } from 'node:zlib'

import { waitFor } from './waiting.js'

// Long, because machines are busy; what does not come at all is rare.
const WITHIN_S = 30

/**
 * Start one.
 */
export async function startSentry () {
  const sentry = new Sentry()
  sentry.server.listen(0, '127.0.0.1')
  await once(sentry.server, 'listening')
  return sentry
}

/**
 * Keeps the items of all envelopes, with the time of their arrival.
 */
class Sentry {
  items = []
  envelopes = []
  books = []
  // Sentry itself knows none; our sink does.
  knowsBooks = false
  status = 200
  // Answers nothing while it holds.
  holds = false
  held = []

  constructor () {
    this.server = createServer(async (request, response) => {
      const chunks = []
      for await (const chunk of request) chunks.push(chunk)
      const body = Buffer.concat(chunks)
      if (request.url.endsWith('/book/')) {
        this.books.push(JSON.parse(body.toString()))
        return response.writeHead(this.knowsBooks ? 200 : 404).end()
      }
      if (this.holds) await new Promise(resolve => { this.held.push(resolve) })
      if (this.status < 300) this.keep(request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body, request)
      response.writeHead(this.status, { 'Content-Type': 'application/json' }).end('{}')
    })
  }

  get dsn () {
    return `http://${'0'.repeat(32)}@127.0.0.1:${this.server.address().port}/3`
  }

  /** Answer again, and what was held. */
  release () {
    this.holds = false
    for (const answer of this.held.splice(0)) answer()
  }

  keep (body, request) {
    const [header, ...lines] = body.toString().split('\n').filter(Boolean)
    this.envelopes.push({ header: JSON.parse(header), raw: body.toString(), url: request.url, headers: request.headers })
    for (let place = 0; place < lines.length; place += 2) {
      const { type } = JSON.parse(lines[place])
      this.items.push({ type, payload: JSON.parse(lines[place + 1]), atMs: performance.now() })
    }
  }

  /** Give the items of one type, of one trace where it is named. */
  of (type, trace) {
    const found = this.items.filter(item => item.type === type).map(item => item.payload)
    return found.filter(payload => trace === undefined || payload.contexts?.trace?.trace_id === trace)
  }

  /** Wait for items of one type, and give them. */
  async wait (type, count = 1, trace = undefined) {
    await waitFor(() => this.of(type, trace).length >= count, `${count} items of type ${type}`, WITHIN_S)
    return this.of(type, trace)
  }

  /** Errors that the SDK says it dropped. */
  droppedErrors () {
    return this.of('client_report').flatMap(report => report.discarded_events).filter(({ category }) => category === 'error')
  }

  async stop () {
    this.server.close()
    this.server.closeAllConnections()
  }
}
