/**
 * The table of routes.
 */
import express from 'express'

import { accounting } from './web/accounting.js'
import { controlRoutes } from './web/control-routes.js'
import { failed } from './web/failures.js'
import { faultRoutes } from './web/fault-routes.js'
import { jsonBody } from './web/json-body.js'
import { refusesTheRest } from './web/methods.js'
import { routeTable } from './web/route-table.js'
import { failsWhateverIsThrown } from './web/thrown-values.js'

/**
 * What the routes share.
 *
 * @typedef {object} Parts
 * @property {import('./settings.js').Settings} settings
 * @property {import('./crashkit/catalogue.js').Catalogue} catalogue what can be fired.
 * @property {import('./crashkit/guard.js').Guard} guard of the fault surface.
 * @property {Readonly<Record<string, import('./scenarios/index.js').Handler>>} handlers the function of each scenario.
 * @property {import('./crashkit/lifecycle.js').Lifecycle} lifecycle readiness and open requests.
 * @property {import('./crashkit/metrics.js').Metrics} metrics what is counted.
 * @property {import('./crashkit/flight/record.js').FlightRecord} flight what the process was doing, for its death.
 * @property {import('./crashkit/accounts/book.js').Book | null} book where firings are counted; none without a DSN.
 * @property {import('./wallet/index.js').Wallets} wallets the product.
 */

/**
 * Make the application.
 *
 * @param {Parts} parts
 * @returns {import('express').Express}
 */
export function makeApp (parts) {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.use(accounting(parts, routeTable(() => app.router)))
  controlRoutes(app, parts)
  faultRoutes(app, parts)
  app.use(jsonBody, parts.wallets.router)
  app.use(refusesTheRest(() => app.router))
  app.use(failed)
  failsWhateverIsThrown(app)
  return app
}
