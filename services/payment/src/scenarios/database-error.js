/**
 * The database error: the server refuses a statement, or there is no server.
 */
import { MongoClient } from 'mongodb'

import { wayOf } from './ways.js'

// A standby that was switched off, and that somebody left in the configuration: nothing listens there.
const STANDBY = 'mongodb://127.0.0.1:1/'
const SELECTION_MS = 500

/**
 * Count the entries of the ledger, in one of two ways that fail.
 *
 * @param {import('../crashkit/run.js').Run} run `run.case.caseName` is a key of `WAYS`.
 * @param {import('./index.js').Context} context
 * @returns {Promise<import('./index.js').Report>} never.
 * @throws {import('mongodb').MongoServerError} the server does not know the stage.
 * @throws {import('mongodb').MongoServerSelectionError} no server answers.
 */
export default async function fail (run, context) {
  return wayOf(WAYS, run)(context)
}

/**
 * Ask the service's own database, with a stage that is spelled wrongly: only the server can know.
 *
 * @param {import('./index.js').Context} context
 */
async function countByKind ({ wallets, settings }) {
  const byKind = await wallets.entries
    .aggregate([{ $gruop: { _id: '$kind', entries: { $sum: 1 } } }], { timeoutMS: settings.mongodbTimeoutMs })
    .toArray()
  return { byKind }
}

/** Ask a server that is not there. */
async function countOnStandby () {
  const standby = new MongoClient(STANDBY, { serverSelectionTimeoutMS: SELECTION_MS })
  try {
    return { entries: await standby.db('payment').collection('ledger').estimatedDocumentCount() }
  } finally {
    await standby.close()
  }
}

/** @type {Readonly<Record<string, (context: import('./index.js').Context) => Promise<import('./index.js').Report>>>} */
const WAYS = {
  server: countByKind,
  away: countOnStandby
}
