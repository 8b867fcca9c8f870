/**
 * Payment with routes that fail in the ways of which the policy speaks.
 */
import * as Sentry from '@sentry/node'
import { Router } from 'express'

import { log, startLogging } from '../../src/crashkit/logs.js'
import { captureHandled, traceId } from '../../src/crashkit/telemetry.js'
import { SERVICE, instrument } from '../../src/instrument.js'
import { readSettings } from '../../src/settings.js'
import { HANDLERS } from '../support/handlers.js'

const MECHANISM = 'policy'
const THROWN = { undefined: undefined, null: null, empty: '', zero: 0, false: false, route: 'route', router: 'router', text: 'text', nan: NaN }
const NO_ERROR = { code: 'limit-reached', limit: 'loss-per-day' }

function routes () {
  const router = Router()
  router.post('/fails-with-a-body', request => {
    const found = { card: request.body.card, session: request.get('Cookie') }
    throw new TypeError('a card was not taken', { cause: new RangeError(Object.keys(found).join()) })
  })
  router.post('/fails-several-times', async () => {
    throw new AggregateError([new TypeError('one line'), new RangeError('another line')], 'lines could not be settled')
  })
  router.post('/handles', (_request, response) => {
    captureHandled(new RangeError('a day is written as in another country'), MECHANISM)
    response.json({})
  })
  router.post('/tells-twice', (_request, response) => {
    const error = new RangeError('told where it is thrown, and again further up')
    captureHandled(error, MECHANISM)
    captureHandled(error, MECHANISM)
    response.json({})
  })
  router.post('/rejects-with-its-own', (_request, response) => {
    void Promise.reject(NO_ERROR)
    response.json({})
  })
  router.post('/throws/:what', request => { throw THROWN[request.params.what] })
  router.post('/rejects/:what', async request => { throw THROWN[request.params.what] })
  router.post('/goes-on', (_request, _response, next) => next('route'))
  router.post('/goes-on', (_request, response) => { response.json({ went: 'on' }) })
  router.post('/logs', (_request, response) => {
    for (const level of ['info', 'warning', 'error']) log[level](`a line of level ${level}`)
    response.json({})
  })
  router.post('/warns', (_request, response) => {
    Sentry.captureMessage('the reels turn too slowly to go on', 'warning')
    response.json({})
  })
  return router
}

startLogging(SERVICE, traceId)
const settings = readSettings(process.env)
const started = instrument(settings)
const { serve } = await import('../../src/serve.js')
const wallets = { router: routes(), sweep: { start () {} }, async ready () {}, async close () {} }
await serve(settings, started, { handlers: HANDLERS, wallets })
process.exit(0)
