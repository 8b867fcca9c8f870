/**
 * A way to the database that can be cut, slowed, or made to lose an answer.
 */
import { once } from 'node:events'
import { connect, createServer } from 'node:net'

import { MongoClient } from 'mongodb'

import { uri } from './database.js'

// How an insert begins on the wire: a text field of this name is the first of the command.
const INSERT = Buffer.from('\x02insert\0')

/**
 * Start one, until the test ends.
 *
 * @param {import('node:test').TestContext} test
 */
export async function startProxy (test) {
  const proxy = new Proxy()
  test.after(() => proxy.close())
  await proxy.open()
  return proxy
}

class Proxy {
  #server = createServer(downstream => this.#join(downstream))
  /** @type {Set<import('node:net').Socket>} */
  #sockets = new Set()
  #port = 0
  /** How long every answer of the database takes longer than it would. */
  delayMs = 0
  /** Asked of every insert: whether its answer shall be lost, and the connection with it. */
  losesAnswer = () => false
  /** Asked of every insert: whether its answer shall never come, while the connection stays. */
  keepsAnswer = () => false
  /** How many messages went to the database. */
  asked = 0
  /** How many answers to inserts did not arrive. */
  lost = 0

  /** The database's URI by this way. */
  get uri () {
    const there = new MongoClient(uri).options.hosts[0]
    const direct = `${uri}${uri.includes('?') ? '&' : '?'}directConnection=true`
    return direct.replace(String(there), `127.0.0.1:${this.#port}`)
  }

  /** Take connections, on the same port as before. */
  async open () {
    this.#server.listen(this.#port, '127.0.0.1')
    await once(this.#server, 'listening')
    this.#port = Reflect.get(Object(this.#server.address()), 'port')
  }

  /** Break all connections, and take none until it is opened again. */
  async close () {
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.#server.close()
    this.breakAll()
    await closed
  }

  /** Break all connections; new ones are taken. */
  breakAll () {
    for (const socket of this.#sockets) socket.destroy()
  }

  /** @param {import('node:net').Socket} downstream */
  #join (downstream) {
    const { host, port } = /** @type {import('mongodb').HostAddress} */ (new MongoClient(uri).options.hosts[0])
    const upstream = connect(port ?? 27017, host)
    let loses = false
    let keeps = false
    for (const socket of [downstream, upstream]) {
      this.#sockets.add(socket)
      socket.on('error', () => {})
      socket.on('close', () => {
        this.#sockets.delete(socket)
        downstream.destroy()
        upstream.destroy()
      })
    }
    downstream.on('data', chunk => {
      if (chunk.includes(INSERT)) {
        loses = this.losesAnswer()
        keeps = this.keepsAnswer()
      }
      upstream.write(chunk)
      this.asked++
    })
    upstream.on('data', chunk => {
      if (loses || keeps) this.lost++
      if (keeps) return
      if (loses) downstream.destroy()
      else if (this.delayMs) setTimeout(() => downstream.write(chunk), this.delayMs)
      else downstream.write(chunk)
    })
  }
}
