/**
 * One request to Sentry, with an end: node's own waits for an answer as long as the other side keeps the connection, and
 * keeps a connection whatever was answered on it.
 */
import http from 'node:http'
import https from 'node:https'

import { lookup } from './lookup.js'

/** @import { ClientRequest, IncomingMessage, RequestOptions } from 'node:http' */

/** From a connection that may be used to the answer. */
const ANSWER_WITHIN_MS = 10_000

/**
 * Make a request, whose body the caller writes.
 *
 * @param {RequestOptions} how as node has it.
 * @param {(answer: IncomingMessage) => void} answered is given the answer; its body is of no interest.
 * @param {number} [answerWithinMs] an error, as any other of the request, where there is none by then.
 * @returns {ClientRequest}
 */
export function ask (how, answered, answerWithinMs = ANSWER_WITHIN_MS) {
  const { request } = how.protocol === 'https:' ? https : http
  /** @type {NodeJS.Timeout | undefined} */
  let late
  const asked = request({ ...how, lookup }, answer => {
    clearTimeout(late)
    answer.on('error', () => {})
    answered(answer)
    // Who says no may be somebody else on the way, and would have the connection for ever: the next one finds its way anew.
    if (answer.statusCode && answer.statusCode < 300) answer.resume()
    else answer.destroy()
  })
  asked.on('socket', () => {
    late = setTimeout(() => asked.destroy(new Error(`no answer within ${answerWithinMs} ms`)), answerWithinMs)
  })
  asked.on('close', () => clearTimeout(late))
  return asked
}
