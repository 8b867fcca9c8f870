/**
 * The wallets of the casino: an append-only ledger in a database of the MongoDB wire protocol, and its HTTP interface.
 *
 * Here is how they are put together. What a number may be is in `money.js`, what follows from what is in `decisions.js`,
 * what is said to the database in `ledger.js`.
 */
import { log } from '../crashkit/logs.js'
import { Problem } from '../crashkit/problem.js'
import { captureUnhandled } from '../crashkit/telemetry.js'
import { Database, Unanswered, Unsent } from './database.js'
import { Deadline } from './deadline.js'
import { COLLECTION, Ledger } from './ledger.js'
import { Operations } from './operations.js'
import { makeRouter } from './routes.js'
import { Sweep } from './sweep.js'

/**
 * @typedef {object} Wallets
 * @property {import('express').Router} router the product's routes.
 * @property {() => Promise<void>} ready resolves when the database answers and has its indexes.
 * @property {import('mongodb').Collection} entries the ledger as the driver gives it, for reports; with no time limit of its own.
 * @property {Sweep} sweep gives back what was held too long, once it is started.
 * @property {() => Promise<void>} close stops the sweep and gives the connections back.
 */

/**
 * Open the wallets. Nothing is said to the database before it is asked for.
 *
 * @param {Pick<import('../settings.js').Settings, 'mongodbUri' | 'mongodbDatabase' | 'mongodbTimeoutMs'>} settings
 * @returns {Wallets}
 * @throws {import('../crashkit/settings.js').SettingsError} the URI is none that the driver understands.
 */
export function openWallets ({ mongodbUri, mongodbDatabase, mongodbTimeoutMs }) {
  const database = new Database(mongodbUri, mongodbDatabase, mongodbTimeoutMs)
  const ledger = new Ledger(database)
  const operations = new Operations(ledger, mongodbTimeoutMs)
  const sweep = new Sweep(ledger, operations, mongodbTimeoutMs, tellOfSweep)

  return {
    router: makeRouter(operations),
    get entries () { return database.collection(COLLECTION) },
    sweep,
    async ready () {
      const deadline = new Deadline(mongodbTimeoutMs)
      await ledger.prepare(deadline)
      await database.ping(deadline)
    },
    async close () {
      await sweep.stop()
      await database.close()
    }
  }
}

/**
 * The next pass mends what a pass left; that the database is away is told by readiness.
 *
 * @param {unknown} error
 */
function tellOfSweep (error) {
  const away = error instanceof Unsent || error instanceof Unanswered || error instanceof Problem
  if (away) log.warning('held charges were not swept: the database does not answer')
  else {
    captureUnhandled(error, 'sweep')
    log.error('held charges were not swept', error)
  }
}
