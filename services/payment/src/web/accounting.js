/**
 * What every request does alike: counts itself, names its transaction, and leaves no server error unreported.
 */
import { AsyncResource } from 'node:async_hooks'

import * as Sentry from '@sentry/node'

import { placeHere } from '../crashkit/telemetry.js'
import { isControl } from '../paths.js'

/** @import { Request, RequestHandler, Response } from 'express' */

const SERVER_ERROR = 500
const SILENT_FAILURE = 'A request was answered with a server error that no exception carries'
/** @type {WeakSet<Response>} */
const reported = new WeakSet()

/**
 * Note that the failure of this answer has its event.
 *
 * @param {Response} response
 */
export function markReported (response) {
  reported.add(response)
}

/**
 * Make the first of all handlers.
 *
 * @param {object} parts
 * @param {import('../crashkit/lifecycle.js').Lifecycle} parts.lifecycle
 * @param {import('../crashkit/metrics.js').Metrics} parts.metrics
 * @param {import('../crashkit/flight/record.js').FlightRecord} parts.flight
 * @param {(method: string, path: string) => string} routeAhead gives method and route of the request, before it is taken.
 * @returns {RequestHandler}
 */
export function accounting ({ lifecycle, metrics, flight }, routeAhead) {
  return (request, response, next) => {
    const startedMs = performance.now()
    lifecycle.openRequests += 1
    const flown = isControl(request.path) ? null : flight.opened(() => {
      return { ...placeHere(), route: routeAhead(request.method, request.path) }
    })
    response.locals.flown = flown
    nameTransaction(request, response)
    closeWhileDraining(response, lifecycle)
    response.once('finish', AsyncResource.bind(() => reportSilence(request, response)))
    response.once('close', () => {
      lifecycle.openRequests -= 1
      flight.closed(flown)
      metrics.request(routeOf(request), response.statusCode, (performance.now() - startedMs) / 1000)
    })
    next()
  }
}

/**
 * Give the path as the table of routes has it.
 *
 * @param {Request} request
 */
export function routeOf (request) {
  return request.route ? `${request.baseUrl}${request.route.path}` : 'unknown'
}

/**
 * @param {Request} request
 * @param {Response} response
 */
function nameTransaction (request, response) {
  if (isControl(request.path)) return
  const span = Sentry.getActiveSpan()
  response.once('finish', () => {
    span?.updateName(`${request.method} ${routeOf(request)}`)
    span?.setAttribute('sentry.segment.name.source', 'route')
  })
  // Only while an event is made does the request know its route.
  Sentry.getIsolationScope().addEventProcessor(event => {
    event.transaction = `${request.method} ${routeOf(request)}`
    return event
  })
}

/**
 * The caller's next request shall find another pod, and not a connection that ends under it.
 *
 * @param {Response} response
 * @param {import('../crashkit/lifecycle.js').Lifecycle} lifecycle
 */
function closeWhileDraining (response, lifecycle) {
  const writeHead = response.writeHead
  response.writeHead = /** @type {typeof writeHead} */ ((/** @type {any[]} */ ...given) => {
    if (lifecycle.draining) response.setHeader('Connection', 'close')
    return Reflect.apply(writeHead, response, given)
  })
}

/**
 * @param {Request} request
 * @param {Response} response
 */
function reportSilence (request, response) {
  // Probes say with a 5xx that they were asked too early or too late; that is no failure.
  if (response.statusCode < SERVER_ERROR || reported.has(response) || isControl(request.path)) return
  Sentry.captureMessage(SILENT_FAILURE, {
    level: 'error',
    contexts: { response: { status_code: response.statusCode, reason: response.statusMessage } }
  })
}
