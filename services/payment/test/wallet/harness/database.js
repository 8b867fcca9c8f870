/**
 * A database of its own for each test, on the server that MONGODB_URI names.
 */
import { randomBytes } from 'node:crypto'
import { after } from 'node:test'

import { MongoClient } from 'mongodb'

const URI = process.env.MONGODB_URI
if (!URI) throw new Error('MONGODB_URI is not set; run the tests by `scripts/with-database`, which starts a database')

/** The server of the tests. */
export const uri = URI

const client = new MongoClient(uri)
after(() => client.close())

/**
 * Give the name of a new database, which is dropped when the test ends.
 *
 * @param {import('node:test').TestContext} test
 * @returns {string}
 */
export function freshDatabase (test) {
  const name = `wallet-test-${randomBytes(6).toString('hex')}`
  test.after(() => client.db(name).dropDatabase())
  return name
}

/**
 * Read a ledger past the service, as the database has it.
 *
 * @param {string} database
 */
export const ledgerOf = database => client.db(database).collection('ledger')
