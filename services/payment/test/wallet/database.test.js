import { test } from 'node:test'
import { deepEqual, equal, ok, rejects } from 'node:assert/strict'
import { createRequire } from 'node:module'

import { MongoNetworkError, MongoOperationTimeoutError, MongoServerError } from 'mongodb'

import { Database, Duplicate, Unanswered, Unsent } from '../../src/wallet/database.js'
import { Deadline } from '../../src/wallet/deadline.js'
import { waitFor } from '../support/waiting.js'
import { freshDatabase, uri } from './harness/database.js'
import { startProxy } from './harness/proxy.js'

const { Connection } = createRequire(import.meta.url)('mongodb/lib/cmap/connection.js')

/** @param {import('node:test').TestContext} test */
function openDatabase (test) {
  const database = new Database(uri, freshDatabase(test), 3000)
  test.after(() => database.close())
  return database
}

/** @param {string | number} code */
const socketError = code => Object.assign(new Error('This socket has been ended by the other party'), { code })
/** @param {number} code */
const serverError = code => new MongoServerError({ code, message: 'as the server says it' })

/** @type {[string, Error, Function][]} */
const MEANINGS = [
  ['a duplicate', serverError(11000), Duplicate],
  ['a statement out of time', serverError(50), Unanswered],
  ['an internal error of the server', serverError(1), Unanswered],
  ['a deadlock of PostgreSQL', serverError(16908292), Unanswered],
  ['a server that steps down', serverError(189), Unanswered],
  ['a lost connection', new MongoNetworkError('connection 3 to 127.0.0.1:27017 closed'), Unanswered],
  ['a driver out of time', new MongoOperationTimeoutError('Timed out during socket read'), Unanswered],
  ['a socket that was ended while it was written to', socketError('EPIPE'), Unanswered],
  ['a socket that was reset', socketError('ECONNRESET'), Unanswered],
  ['a login that was refused', serverError(18), Unsent]
]

for (const [what, error, kind] of MEANINGS) {
  test(`${what} is told as ${kind.name}, with its cause`, async t => {
    const database = openDatabase(t)

    const told = await database.statement(new Deadline(3000), () => Promise.reject(error)).catch(reason => reason)

    equal(kind, told.constructor)
    equal(error, told.cause)
  })
}

test('a mistake of ours stays what it is', async t => {
  const database = openDatabase(t)
  const mistakes = [new TypeError('x is not a function'), serverError(40324), socketError('ERR_INVALID_ARG_TYPE')]

  const told = await Promise.all(mistakes.map(mistake =>
    database.statement(new Deadline(3000), () => Promise.reject(mistake)).catch(reason => reason)))

  deepEqual(mistakes, told)
})

test('a driver whose watch of the server hangs for ever is begun anew, and finds the database', async t => {
  const proxy = await startProxy(t)
  const database = new Database(proxy.uri, freshDatabase(t), 500, 3000)
  t.after(() => database.close())
  await database.ping(new Deadline(3000))
  const command = Connection.prototype.command
  // What was seen of the driver: the answer to a greeting is waited for on a connection that is closed.
  const hangs = t.mock.method(Connection.prototype, 'command', function (...asked) {
    const greets = asked[1].hello ?? asked[1].isMaster ?? asked[1].ismaster
    return greets ? new Promise(() => {}) : command.apply(this, asked)
  })
  await waitFor(() => hangs.mock.callCount(), 'the watch to greet', 20)
  proxy.breakAll()
  const away = await database.ping(new Deadline(3000)).catch(error => error)
  hangs.mock.restore()

  ok(away instanceof Unsent || away instanceof Unanswered, String(away))
  await waitFor(() => database.ping(new Deadline(1000)).then(() => true, () => false), 'the database to be found', 30)
})

test('a driver that never answers is not waited for longer than the request may take', async t => {
  const database = openDatabase(t)
  await database.ping(new Deadline(3000))

  const asked = database.statement(new Deadline(50), () => new Promise(() => {}))

  await rejects(asked, Unanswered)
})

test('a statement for which no time is left is not begun', async t => {
  const database = openDatabase(t)
  let begun = false

  const asked = database.statement(new Deadline(0), async () => { begun = true })

  await rejects(asked, Unsent)
  equal(false, begun)
})
