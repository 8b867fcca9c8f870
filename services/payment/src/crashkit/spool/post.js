/**
 * Sends an envelope, or what else Sentry takes, without the SDK: the thread of the watchdog has none.
 */
import http from 'node:http'
import https from 'node:https'

import { ask } from './ask.js'

/** @import { Answer } from './pace.js' */

const ENVELOPE = { 'Content-Type': 'application/x-sentry-envelope' }
const KEPT_CONNECTIONS = 8

/**
 * Give the address of envelopes, with its authorization.
 *
 * @param {string} dsn
 * @param {{ name: string, version: string }} sdk
 */
export function addressOf (dsn, sdk) {
  const { protocol, host, username, pathname } = new URL(dsn)
  const [, folder = '', project = ''] = /^(.*)\/([^/]+)\/?$/.exec(pathname) ?? []
  const address = new URL(`${protocol}//${host}${folder}/api/${project}/envelope/`)
  const asked = { sentry_version: '7', sentry_key: username, sentry_client: `${sdk.name}/${sdk.version}` }
  for (const [name, value] of Object.entries(asked)) address.searchParams.set(name, value)
  return address.href
}

/**
 * Make a function that sends to one address and keeps its connections.
 *
 * @param {string} address
 * @param {number} [answerWithinMs] for one envelope.
 * @param {Record<string, string>} [headers] say what is sent.
 * @returns {(body: string | Buffer) => Promise<Answer>} never rejects: no answer is an answer without a status.
 */
export function poster (address, answerWithinMs, headers = ENVELOPE) {
  const { protocol, hostname, port, pathname, search } = new URL(address)
  const { Agent } = protocol === 'https:' ? https : http
  const agent = new Agent({ keepAlive: true, maxFreeSockets: KEPT_CONNECTIONS })
  // Of an IPv6 address without its brackets, as the resolver wants it.
  const place = { agent, method: 'POST', protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, path: pathname + search }

  /**
   * @param {string | Buffer} body
   * @param {boolean} again whether a connection that was closed while it was idle is excused.
   * @returns {Promise<Answer>}
   */
  const post = (body, again) => new Promise(resolve => {
    const asked = ask({ ...place, headers: { ...headers, 'Content-Length': Buffer.byteLength(body) } }, answer => {
      const { statusCode = null, headers } = answer
      const limits = headers['x-sentry-rate-limits']
      resolve({ status: statusCode, retryAfter: headers['retry-after'], rateLimits: limits && String(limits) })
    }, answerWithinMs)
    asked.on('error', error => {
      const idle = asked.reusedSocket && /** @type {NodeJS.ErrnoException} */ (error).code === 'ECONNRESET'
      resolve(again && idle ? post(body, false) : { status: null })
    })
    asked.end(body)
  })
  return body => post(body, true)
}
