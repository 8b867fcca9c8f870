/**
 * The way to the database: one client, a time limit on every statement, and what each failure says about it.
 */
import {
  MongoClient, MongoNetworkError, MongoOperationTimeoutError, MongoServerError, MongoServerSelectionError,
  MongoClientClosedError, MongoNotConnectedError, MongoTopologyClosedError
} from 'mongodb'

import { log } from '../crashkit/logs.js'
import { SettingsError } from '../crashkit/settings.js'

const CONNECTIONS = 20
const DUPLICATE_KEY = 11000
const LOGIN_REFUSED = 18
// Not the statement's fault: internal error, away or stepping down, out of time, write conflict.
const PASSING = new Set([1, 6, 7, 50, 89, 91, 112, 189, 262, 9001, 10107, 11600, 11602, 13435, 13436])
// DocumentDB hands on PostgreSQL's own codes (a deadlock, a cancelled statement) packed into numbers above all others.
const LEAST_OF_POSTGRESQL = 1 << 24
// Such as EPIPE and ECONNRESET; a mistake of ours has a name with '_'.
const SOCKETS_OWN = /^(E[A-Z]+|ERR_STREAM_[A-Z_]+)$/
const AWAY_PAUSE_MS = 1000
// The driver looks for a server every half second while somebody waits for one.
const STUCK_MS = 20_000
// The driver's own error says more; it comes first where it comes at all.
const GRACE_MS = 50

/** The statement did not reach a server: it was not done, and will not be. */
export class Unsent extends Error {
  name = 'Unsent'
}

/** The statement may have reached a server, which did not say how it ended. */
export class Unanswered extends Error {
  name = 'Unanswered'
}

/** The server refused an insert because something unique is there already. */
export class Duplicate extends Error {
  name = 'Duplicate'
}

/**
 * A database and what is known about whether it is there.
 */
export class Database {
  #makeClient
  #client
  #name
  #timeoutMs
  #stuckMs
  /** Until when nobody tries, on `performance.now()`'s clock; 0 while the database is there. */
  #awayUntilMs = 0
  /** Since when no server was found, on the same clock; 0 while the database is there. */
  #awaySinceMs = 0
  /**
   * The client that has connected.
   *
   * @type {MongoClient | null}
   */
  #connected = null

  /**
   * Connects with the first statement, not before.
   *
   * @param {string} uri
   * @param {string} name of the database.
   * @param {number} timeoutMs the most that finding a server and connecting may take.
   * @param {number} [stuckMs] after how long without a server the driver is begun anew.
   * @throws {SettingsError} the URI is none that the driver understands.
   */
  constructor (uri, name, timeoutMs, stuckMs = STUCK_MS) {
    this.#name = name
    this.#timeoutMs = timeoutMs
    this.#stuckMs = stuckMs
    this.#makeClient = () => clientOf(uri, {
      appName: 'payment',
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      waitQueueTimeoutMS: timeoutMs,
      maxPoolSize: CONNECTIONS,
      // Streamed, the watch of the server was seen to hang more often; see #isAway.
      serverMonitoringMode: 'poll',
      // A balance that a secondary has not heard of would be refused or granted wrongly.
      readPreference: 'primary',
      writeConcern: { w: 'majority' }
    })
    this.#client = this.#makeClient()
  }

  /**
   * A collection of this database; not to be kept, for the driver may begin anew.
   *
   * @param {string} name
   */
  collection (name) {
    return this.#client.db(this.#name).collection(name)
  }

  /**
   * Do one statement.
   *
   * @template Result
   * @param {import('./deadline.js').Deadline} deadline
   * @param {(options: { timeoutMS: number }) => Promise<Result>} statement passes the options to the driver.
   * @returns {Promise<Result>}
   * @throws {Unsent | Unanswered | Duplicate | Error} the last is the statement's own fault.
   */
  async statement (deadline, statement) {
    const timeoutMS = Math.min(deadline.leftMs, this.#timeoutMs)
    if (timeoutMS < 1) throw new Unsent('The time of the request was over before this statement')
    this.#refuseWhileAway()
    try {
      await this.#connect(timeoutMS)
      const result = await inTime(statement({ timeoutMS }), timeoutMS)
      this.#isThere()
      return result
    } catch (error) {
      const meaning = error instanceof Unsent ? error : meaningOf(error)
      if (meaning instanceof Unsent) this.#isAway()
      else if (!(meaning instanceof Unanswered)) this.#isThere()
      throw meaning
    }
  }

  /**
   * Ask whether the database answers.
   *
   * @param {import('./deadline.js').Deadline} deadline
   */
  async ping (deadline) {
    await this.statement(deadline, options => this.#client.db(this.#name).command({ ping: 1 }, options))
  }

  /** Give all connections back. */
  async close () {
    await this.#client.close()
  }

  /**
   * Connect for the first time. Left to itself, the driver tries that once: a client whose first attempt failed keeps
   * the closed topology, and every later statement fails, also when the database is back.
   *
   * @param {number} withinMs
   */
  async #connect (withinMs) {
    const client = this.#client
    if (this.#connected === client) return
    try {
      await inTime(client.connect(), withinMs)
    } catch (error) {
      throw error instanceof Unanswered ? new Unsent('No connection came about in time') : error
    }
    this.#connected = client
  }

  #isThere () {
    this.#awayUntilMs = 0
    this.#awaySinceMs = 0
  }

  /**
   * Note that no server was found. The driver's (7.9.0) watch of a server can wait for ever on a connection that is closed,
   * and then finds no way back to a database whose pod was replaced: whoever has no server for long begins anew.
   */
  #isAway () {
    const nowMs = performance.now()
    this.#awayUntilMs = nowMs + AWAY_PAUSE_MS
    this.#awaySinceMs ||= nowMs
    if (nowMs - this.#awaySinceMs < this.#stuckMs) return
    const stuck = this.#client
    this.#client = this.#makeClient()
    this.#awaySinceMs = 0
    log.warning('the database is away for long: its driver begins anew')
    stuck.close().catch(() => {})
  }

  /**
   * Fail at once while the database is known to be away, so that requests do not pile up, each waiting for itself.
   * After a pause one statement tries; the others go on failing until it has its answer.
   */
  #refuseWhileAway () {
    if (!this.#awayUntilMs) return
    const nowMs = performance.now()
    if (nowMs < this.#awayUntilMs) throw new Unsent('The database was away a moment ago')
    this.#awayUntilMs = nowMs + this.#timeoutMs
  }
}

/**
 * @param {string} uri
 * @param {import('mongodb').MongoClientOptions} options
 */
function clientOf (uri, options) {
  try {
    return new MongoClient(uri, options)
  } catch {
    // The driver's own message repeats the URI, and with it the password.
    throw new SettingsError('MONGODB_URI: the driver cannot read it; look at its host, port and options')
  }
}

/**
 * Hold a statement to its time even where the driver does not: its own limit leaves out part of the handshake.
 *
 * @template Result
 * @param {Promise<Result>} statement
 * @param {number} timeoutMs
 * @returns {Promise<Result>}
 */
async function inTime (statement, timeoutMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  /** @type {Promise<never>} */
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Unanswered('The driver gave no answer in the time of the statement')), timeoutMs + GRACE_MS)
  })
  try {
    return await Promise.race([statement, late])
  } finally {
    clearTimeout(timer)
  }
}

/**
 * Say what the driver's error means for the statement.
 *
 * @param {unknown} error
 * @returns {unknown} the error itself where it is nobody's absence.
 */
function meaningOf (error) {
  if (error instanceof MongoServerError) return meaningOfServer(error)
  if (NEVER_SENT.some(kind => error instanceof kind)) return new Unsent('No server was found', { cause: error })
  if (error instanceof MongoOperationTimeoutError && error.cause instanceof MongoServerSelectionError) {
    return new Unsent('No server was found', { cause: error })
  }
  if (error instanceof MongoNetworkError || error instanceof MongoOperationTimeoutError || isSocketsOwn(error)) {
    return new Unanswered('No answer came', { cause: error })
  }
  return error
}

const NEVER_SENT = [MongoServerSelectionError, MongoTopologyClosedError, MongoNotConnectedError, MongoClientClosedError]

/**
 * The driver lets through what a socket says that was ended while it was written to.
 *
 * @param {unknown} error
 */
function isSocketsOwn (error) {
  return error instanceof Error && SOCKETS_OWN.test(String(Reflect.get(error, 'code')))
}

/** @param {MongoServerError} error */
function meaningOfServer (error) {
  if (error.code === DUPLICATE_KEY) return new Duplicate('Something unique is there already', { cause: error })
  if (error.code === LOGIN_REFUSED) return new Unsent('The login was refused', { cause: error })
  const code = Number(error.code)
  const passing = PASSING.has(code) || code >= LEAST_OF_POSTGRESQL
  return passing ? new Unanswered('The server could not do it now', { cause: error }) : error
}
