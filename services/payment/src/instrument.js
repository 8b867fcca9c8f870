/**
 * Starts what must run before Express and the database's driver are loaded: the SDK traces what is loaded after it.
 */
import { createRequire } from 'node:module'

import { hostname } from 'node:os'

import { Book } from './crashkit/accounts/book.js'
import { Teller } from './crashkit/accounts/teller.js'
import { loadCatalogue } from './crashkit/loading.js'
import { MemoryGauge } from './crashkit/flight/memory.js'
import { FlightRecord } from './crashkit/flight/record.js'
import { Lifecycle } from './crashkit/lifecycle.js'
import { LoopDelay } from './crashkit/loop-delay.js'
import { watchOffPath } from './crashkit/off-path.js'
import { RuntimeContext, oldSpaceLimitMib } from './crashkit/runtime-context.js'
import { keepSecret } from './crashkit/scrubbing.js'
import { openSpool } from './crashkit/spool/opening.js'
import { makeSampler, startSentry } from './crashkit/telemetry.js'
import { faultPaths, isControl } from './paths.js'

export const SERVICE = 'payment'
const VERSIONS = ['express', 'mongodb']

/**
 * Start the telemetry of this process.
 *
 * @param {import('./settings.js').Settings} settings
 * @param {(stateDir: string | null) => Book | null} [openBook] gives where items are counted; a bench keeps none.
 * @throws {import('./crashkit/loading.js').CatalogueError} the catalogue has a mistake.
 */
export function instrument (settings, openBook = stateDir => new Book(stateDir)) {
  const catalogue = loadCatalogue(settings.catalogDir)
  const lifecycle = new Lifecycle(settings.stateDir)
  const loop = new LoopDelay()
  const flight = new FlightRecord({
    path: settings.terminationLog,
    service: SERVICE,
    release: settings.sentryRelease,
    memory: new MemoryGauge(oldSpaceLimitMib(settings.nodeOptions))
  })
  const runtime = new RuntimeContext(settings, lifecycle, loop, versions())
  const sampler = makeSampler(settings.tracesSampleRate, faultPaths(catalogue, SERVICE), isControl)
  keepSecret(secretsOf(settings))
  const book = settings.sentryDsn === null ? null : openBook(settings.stateDir)
  const spool = openSpool(settings, book)
  startSentry({ settings, service: SERVICE, runtime, sampler, isControl, spool, book })
  watchOffPath(flight)
  if (book) process.on('exit', () => book.end())
  return { catalogue, lifecycle, loop, runtime, flight, spool, book, teller: tellerOf(settings, book) }
}

/**
 * @param {import('./settings.js').Settings} settings
 * @param {Book | null} book
 */
function tellerOf ({ sentryDsn, podName }, book) {
  return book && sentryDsn !== null ? new Teller(book, sentryDsn, { service: SERVICE, instance: podName ?? hostname() }) : null
}

/**
 * What must be in nothing that leaves the process; the key of a DSN is public.
 *
 * @param {import('./settings.js').Settings} settings
 */
function secretsOf ({ policy, mongodbUri }) {
  const password = URL.canParse(mongodbUri) ? decodeURIComponent(new URL(mongodbUri).password) : ''
  return [policy.token, mongodbUri, password]
}

function versions () {
  const require = createRequire(import.meta.url)
  return Object.fromEntries(VERSIONS.map(name => [name, String(require(`${name}/package.json`).version)]))
}
