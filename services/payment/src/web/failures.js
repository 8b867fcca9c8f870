/**
 * Answers that are not what was asked for: refusals, unknown paths, and errors that nobody caught.
 */
import { log } from '../crashkit/logs.js'
import { MEDIA_TYPE, Problem } from '../crashkit/problem.js'
import { BudgetExceeded, RunEnded } from '../crashkit/run.js'
import { captureHandled, captureUnhandled, traceId } from '../crashkit/telemetry.js'
import { markReported } from './accounting.js'
import { ThrownValue } from './thrown-values.js'

/** @import { ErrorRequestHandler, Response } from 'express' */

const SERVER_ERROR = 500
const MECHANISM = 'express'
const FAILED = 'The service failed; the trace id leads to the event'

/**
 * Answer with a problem.
 *
 * @param {Response} response
 * @param {Problem} problem
 */
export function refuse (response, problem) {
  response.status(problem.status).set(problem.headers).type(MEDIA_TYPE)
  response.send(JSON.stringify(problem.body(traceId())))
}

/**
 * The one error handler. Whatever is no refusal was caught by nobody, and becomes one event that says so, although
 * this handler answers it.
 *
 * @type {ErrorRequestHandler}
 */
export const failed = (error, request, response, next) => {
  const problem = asRefusal(error)
  if (problem && problem.status < SERVER_ERROR) {
    if (response.headersSent) next(error)
    else refuse(response, problem)
    return
  }
  markReported(response)
  if (problem) captureHandled(error, MECHANISM)
  else captureUnhandled(error instanceof ThrownValue ? error.value : error, MECHANISM)
  log.error(`${request.method} ${request.path} failed`, error)
  // The answer has begun: Express ends the connection, which is all that can still be said.
  if (response.headersSent) next(error)
  else refuse(response, problem ?? new Problem(SERVER_ERROR, 'failed', FAILED))
}

/**
 * @param {any} error whatever was thrown.
 * @returns {Problem | undefined}
 */
function asRefusal (error) {
  if (error instanceof Problem) return error
  if (error instanceof RunEnded) {
    return new Problem(409, error instanceof BudgetExceeded ? 'budget' : 'stopped', error.message)
  }
  // Express' own: a path that cannot be decoded.
  if (error instanceof URIError && Reflect.get(error, 'status') === 400) {
    return new Problem(400, 'request', 'The path is not properly percent-encoded')
  }
  return undefined
}
