/**
 * Firing a fault: one route for each scenario of the catalogue.
 */
import * as Sentry from '@sentry/node'

import { log } from '../crashkit/logs.js'
import { runTag } from '../crashkit/run.js'
import { tagged, traceId } from '../crashkit/telemetry.js'
import { SERVICE } from '../instrument.js'
import { queried } from './queried.js'

/** @import { Express, Request } from 'express' */

// Who plays when a fault is fired: on-call practice needs a player that can be named in public.
const PLAYER = { id: 'player-7', email: 'player-7@example.com' }

/**
 * Add them.
 *
 * @param {Express} app
 * @param {Omit<import('../app.js').Parts, 'lifecycle'>} parts
 */
export function faultRoutes (app, { settings, catalogue, guard, handlers, metrics, wallets, flight, book }) {
  const context = { wallets, settings, sentry: Sentry, trace: traceId }
  for (const [name, { path }] of Object.entries(catalogue.scenarios[SERVICE] ?? {})) {
    app.all(path.replace('{case}', ':case'), async (request, response) => {
      const bound = guard.admit(SERVICE, name, pathCase(request) ?? queried(request, 'case'), {
        method: request.method,
        authorization: request.get('Authorization')
      })
      const tag = runTag(request.get('X-Crash-Run') ?? queried(request, 'run'))
      const body = await guard.firing(bound, tag, run => tagged(run, book, async () => {
        metrics.fault(name, bound.caseName)
        log.info(`fault ${bound.id} is fired, run ${tag}`)
        Sentry.setUser(PLAYER)
        Sentry.getIsolationScope().setTransactionName(`${request.method} ${path}`)
        Sentry.addBreadcrumb({ category: 'navigation', message: 'player opened the wallet' })
        flight.fires(response.locals.flown, run)
        const handler = /** @type {import('../scenarios/index.js').Handler} */ (handlers[name])
        return run.answer(await handler(run, context), traceId())
      }))
      response.status(bound.successStatus).json(body)
    })
  }
}

/** @param {Request} request */
function pathCase (request) {
  const given = request.params.case
  return typeof given === 'string' ? given : undefined
}
