/**
 * The probes, the metrics, and the control of the faults.
 */
import { log } from '../crashkit/logs.js'
import { tagToStop } from '../crashkit/run.js'
import { FAULTS, LIVE, METRICS, READY } from '../paths.js'
import { queried } from './queried.js'

/** @import { Express } from 'express' */

// The probe itself waits two seconds.
const ANSWER_WITHIN_MS = 1500

/**
 * Add them.
 *
 * @param {Express} app
 * @param {Pick<import('../app.js').Parts, 'guard' | 'lifecycle' | 'metrics' | 'wallets'>} parts
 */
export function controlRoutes (app, { guard, lifecycle, metrics, wallets }) {
  app.get(LIVE, (_request, response) => { response.json({ status: 'live' }) })

  app.get(READY, async (_request, response) => {
    if (!lifecycle.accepts) {
      response.status(503).json({ status: lifecycle.draining ? 'draining' : 'starting' })
      return
    }
    try {
      await inTime(wallets.ready())
      response.json({ status: 'ready', started_at: lifecycle.startedAt })
    } catch (error) {
      log.warning('not ready: the database does not answer', error)
      response.status(503).json({ status: 'not-ready', reason: 'database' })
    }
  })

  app.get(METRICS, async (_request, response) => {
    response.type(metrics.mediaType).send(await metrics.text())
  })

  app.route(FAULTS)
    .get((_request, response) => {
      guard.requireEnabled()
      response.json({ active: guard.active().map(run => run.listed()) })
    })
    .delete((request, response) => {
      guard.requireEnabled()
      guard.requireToken(request.get('Authorization'))
      response.json({ stopped: guard.stop(tagToStop(queried(request, 'run'))) })
    })
}

/** @param {Promise<void>} answer */
async function inTime (answer) {
  let timer
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)), ANSWER_WITHIN_MS)
  })
  try {
    await Promise.race([answer, late])
  } finally {
    clearTimeout(timer)
  }
}
