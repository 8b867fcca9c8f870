/**
 * Payment with routes that put what nobody may read wherever a program can put it.
 */
import * as Sentry from '@sentry/node'
import { Router } from 'express'

import { log, startLogging } from '../../src/crashkit/logs.js'
import { captureHandled, traceId } from '../../src/crashkit/telemetry.js'
import { SERVICE, instrument } from '../../src/instrument.js'
import { readSettings } from '../../src/settings.js'
import { HANDLERS } from '../support/handlers.js'
import { ADDRESS, CARD, CODE, COOKIE, DASHED, ORDER, SENTENCE, TOKEN } from './planted.js'

// Of the processor, and not of the clock: what has no processor is no block.
const HOW_LONG_US = 2_000_000

const PLACES = {
  message () { throw new TypeError(SENTENCE) },
  cause () { throw new TypeError('a card was not taken', { cause: new RangeError(SENTENCE) }) },
  aggregate () { throw new AggregateError([new TypeError(SENTENCE), new RangeError(`token ${TOKEN}`)], SENTENCE) },
  properties () { throw Object.assign(new TypeError('a card was not taken'), { order: ORDER, cvv: CODE }) },
  thrown () { throw { ...ORDER, told: SENTENCE } },
  text () { throw SENTENCE },
  rejection () { void Promise.reject({ ...ORDER, told: SENTENCE }) },
  body (request) { throw new TypeError(`not taken: ${JSON.stringify(request.body)} of ${request.get('Cookie')}`) },
  database () { throw new Error(`E11000 duplicate key error dup key: { email: "${ADDRESS}", note: "${TOKEN}", n: ${CARD} }`) },
  breadcrumbs () {
    Sentry.addBreadcrumb({ category: 'pay', message: SENTENCE, data: { card: CARD, cvv: CODE, cookie: COOKIE, ...ORDER } })
    log.info(SENTENCE)
    throw new TypeError('a card was not taken')
  },
  contexts () {
    Sentry.setContext('order', { card_number: CARD, cvv: Number(CODE), ...ORDER })
    Sentry.setExtra('told', SENTENCE)
    Sentry.setTag('card', DASHED)
    Sentry.setUser({ id: 'x', email: ADDRESS })
    throw new TypeError('a card was not taken')
  },
  unnamed () {
    Sentry.setExtra('accessToken', TOKEN)
    throw new TypeError(`is it ${TOKEN}?`)
  },
  log () {
    log.error(SENTENCE, new TypeError(SENTENCE))
    captureHandled(new TypeError(SENTENCE), 'planted')
  },
  spans () {
    Sentry.startSpan({ name: `find ${DASHED}`, op: 'db', attributes: { 'db.query.text': JSON.stringify(ORDER), 'url.query': `token=${TOKEN}` } }, () => {})
    throw new TypeError('a card was not taken')
  },
  block () {
    Sentry.addBreadcrumb({ message: SENTENCE, data: ORDER })
    Sentry.setTag('card', DASHED)
    const began = process.cpuUsage()
    while (process.cpuUsage(began).user < HOW_LONG_US) { /* turn */ }
  }
}

function routes () {
  const router = Router()
  router.post('/planted/:place', (request, response) => {
    PLACES[request.params.place](request)
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
