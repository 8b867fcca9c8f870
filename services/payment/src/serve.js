/**
 * Serves from the first request to the last.
 */
import { once } from 'node:events'
import { createServer } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'

import { makeApp } from './app.js'
import { showAccounts } from './crashkit/accounts/shown.js'
import { bind } from './crashkit/binding.js'
import { Guard } from './crashkit/guard.js'
import { log } from './crashkit/logs.js'
import { Metrics } from './crashkit/metrics.js'
import { monotonicS } from './crashkit/run.js'
import { showSpool } from './crashkit/spool/counts.js'
import { stopSentry } from './crashkit/telemetry.js'
import { Watchdog } from './crashkit/watchdog/index.js'
import { SERVICE } from './instrument.js'

const SWEEP_MS = 1000
const KEEP_ALIVE_MS = 75_000
// What an earlier process has left is sent before this one is ready, if it can be so soon.
const RECOVER_MS = 5000
// After SIGTERM, until probes and endpoints have noticed, requests still come and are still served.
const LINGER_S = 1

/**
 * @typedef {ReturnType<typeof import('./instrument.js').instrument>} Started
 *
 * What is served.
 *
 * @typedef {object} Product
 * @property {Readonly<Record<string, import('./scenarios/index.js').Handler>>} handlers the function of each scenario.
 * @property {import('./wallet/index.js').Wallets} wallets
 */

/** The address cannot be listened on. */
export class ListenError extends Error {
  name = 'ListenError'
}

/**
 * Serve until SIGTERM or SIGINT, then drain and flush.
 *
 * @param {import('./settings.js').Settings} settings
 * @param {Started} started
 * @param {Product} product
 * @returns {Promise<void>} when all is done.
 * @throws {import('./crashkit/binding.js').BindingError} catalogue and handlers disagree.
 * @throws {ListenError} the port cannot be listened on.
 */
export async function serve (settings, { catalogue, lifecycle, loop, runtime, flight, spool, book, teller }, { handlers: table, wallets }) {
  const handlers = bind(catalogue, SERVICE, table)
  const guard = new Guard(catalogue, settings.policy)
  const metrics = new Metrics(SERVICE, () => guard.active().length, loop, lifecycle.restartCount)
  showSpool(metrics.registry, spool?.store ?? null)
  showAccounts(metrics.registry, book)
  // Callers keep connections for a minute and less: none ends under a request of theirs.
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, makeApp({ settings, catalogue, guard, handlers, lifecycle, metrics, wallets, flight, book }))
  await listen(server, settings)
  // What has been held long enough is freed also when nobody asks.
  const sweep = setInterval(() => guard.active(), SWEEP_MS)
  const watchdog = new Watchdog({ settings, runtime, spool, book })
  const stopped = askedToStop()
  wallets.sweep.start()
  await spool?.recover(RECOVER_MS)
  lifecycle.ready = true
  log.info(`payment listens on port ${settings.port}`)

  await stopped
  lifecycle.draining = true
  const drainedByS = monotonicS() + settings.drainS
  log.info('payment drains')
  const lingerS = Math.min(LINGER_S, settings.drainS)
  await pause(lingerS * 1000)
  server.close()
  const inTime = await lifecycle.drain(settings.drainS - lingerS)
  server.closeAllConnections()
  clearInterval(sweep)
  guard.stop()
  await wallets.close().catch(error => log.warning('the wallets were not closed', error))
  await watchdog.stop()
  await spool?.drain(Math.max(0, drainedByS - monotonicS()) * 1000)
  await stopSentry()
  if (spool?.store.files) log.warning(`${spool.store.files} events stay in the spool; the next start in this pod sends them`)
  await teller?.end()
  flight.ended('sigterm')
  log.info(`payment ends${inTime ? '' : ` with requests still open after ${settings.drainS} s`}`)
}

/**
 * @param {import('node:http').Server} server
 * @param {import('./settings.js').Settings} settings
 */
async function listen (server, { host, port }) {
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new ListenError(`${reason}; PORT and HOST must name a free address of this machine`)
  }
}

/** Resolves at the first SIGTERM or SIGINT; those that follow change nothing. */
function askedToStop () {
  return new Promise(resolve => {
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, resolve)
  })
}
