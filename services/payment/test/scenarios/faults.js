/**
 * Payment as it is released, with its catalogue and its database, as a process of its own; and what its cases promise.
 */
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'

import { MongoClient } from 'mongodb'

import { loadCatalogue } from '../../src/crashkit/loading.js'
import { BEARER, start } from '../support/payment.js'

const MAIN = fileURLToPath(new URL('../../src/main.js', import.meta.url))
const CATALOG = fileURLToPath(new URL('../../../../catalog', import.meta.url))
// As the chart derives it from the container's limit of 448 MiB.
export const OLD_SPACE_MIB = 179

const catalogue = loadCatalogue(CATALOG)

/** Every case of payment. */
export const CASES = [...catalogue.cases('payment')]

/** @param {string} id */
export function caseOf (id) {
  const found = CASES.find(bound => bound.id === id)
  assert.ok(found, id)
  return found
}

/**
 * Start payment, ready.
 *
 * @param {import('node:test').TestContext} t ends it.
 * @param {{ dsn: string }} sentry
 */
export async function started (t, sentry) {
  const { MONGODB_URI } = process.env
  if (!MONGODB_URI) throw new Error('MONGODB_URI is not set; run the tests by `scripts/with-database`')
  const database = `scenarios-${process.pid}`
  const payment = await start(t, {
    MONGODB_URI,
    MONGODB_DATABASE: database,
    CATALOG_DIR: CATALOG,
    SENTRY_DSN: sentry.dsn,
    TRACES_SAMPLE_RATE: '0',
    NODE_OPTIONS: `--max-old-space-size=${OLD_SPACE_MIB}`
  }, { program: MAIN })
  t.after(() => drop(MONGODB_URI, database))
  return payment.ready()
}

async function drop (uri, database) {
  const client = new MongoClient(uri)
  await client.db(database).dropDatabase()
  await client.close()
}

/** Stop every fault. */
export function stopAll (payment) {
  return payment.call('DELETE', '/debug/faults', { headers: { Authorization: BEARER } })
}

/** The outermost exception of an event; nothing for a message. */
export const outermost = event => event.exception?.values.at(-1)

/** Compare an event with its line in the catalogue. */
export function assertAsPromised (want, event) {
  const found = outermost(event)
  assert.equal(event.level, want.level ?? 'error')
  assert.equal(found?.type, want.type ?? undefined)
  if (want.message) assert.equal(found ? found.value : event.message, want.message)
  assert.equal(found?.mechanism.handled, want.handled ?? undefined)
  const inner = (event.exception?.values ?? []).slice(0, -1).map(({ type }) => type)
  for (const type of want.holds ?? []) assert.ok(inner.includes(type), `${type} in ${inner}`)
  for (const name of want.contexts ?? ['runtime']) assert.ok(name in event.contexts, name)
}
