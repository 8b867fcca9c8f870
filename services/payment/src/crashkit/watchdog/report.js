/**
 * From what was seen of a block to an event, and the event to Sentry, without the SDK.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync, writeSync } from 'node:fs'
import http from 'node:http'
import https from 'node:https'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { isInApp } from '../frames.js'

/** @import { Seen } from './look.js' */

const TYPE = 'EventLoopBlocked'
const MESSAGE = 'The event loop does not turn'
const MOST_FRAMES = 50
const LINES_AROUND = 5
const LONGEST_LINE = 200
const ATTEMPTS = 3
const ANSWER_WITHIN_MS = 2000
const STANDARD_ERROR = 2

/**
 * Make the event.
 *
 * @param {Record<string, any>} known what every event of this process carries.
 * @param {Record<string, unknown>} blocked the context `event_loop`.
 * @param {Seen} seen
 * @returns {Record<string, any>}
 */
export function eventOf (known, blocked, { frames, urls, state }) {
  const stack = frames.slice(0, MOST_FRAMES).map(frame => frameOf(frame, urls)).reverse()
  return {
    ...known,
    ...state,
    event_id: randomUUID().replaceAll('-', ''),
    timestamp: Date.now() / 1000,
    platform: 'node',
    level: state.level ?? 'error',
    tags: { ...known.tags, ...state.tags },
    contexts: { trace: newTrace(), ...known.contexts, ...state.contexts, event_loop: blocked },
    exception: {
      values: [{
        type: TYPE,
        value: MESSAGE,
        mechanism: { type: 'watchdog', handled: false },
        ...(stack.length ? { stacktrace: { frames: stack } } : {})
      }]
    }
  }
}

/**
 * Send it in an envelope of its own, with some attempts; what cannot be delivered is said on standard error.
 *
 * @param {string} dsn
 * @param {{ name: string, version: string }} sdk
 * @param {Record<string, any>} event with the member `dsc`, the trace's part of the envelope's header.
 */
export async function send (dsn, sdk, { dsc, ...event }) {
  const header = { event_id: event.event_id, sent_at: new Date().toISOString(), sdk, ...(dsc ? { trace: dsc } : {}) }
  const lines = [header, { type: 'event' }, { ...event, sdk }]
  const body = Buffer.from(`${lines.map(line => JSON.stringify(line)).join('\n')}\n`)
  let reason = ''
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const status = await post(dsn, sdk, body)
      if (status < 300) return
      reason = `Sentry answered ${status}`
    } catch (error) {
      reason = String(error)
    }
    await pause(100 * attempt)
  }
  const line = { time: new Date().toISOString(), level: 'error', message: `a block was not reported: ${reason}` }
  // The main thread, which writes for this one otherwise, may still be blocked.
  writeSync(STANDARD_ERROR, `${JSON.stringify({ ...line, service: event.tags?.service })}\n`)
}

/**
 * @param {string} dsn
 * @param {{ name: string, version: string }} sdk
 * @param {Buffer} body
 * @returns {Promise<number>} the status.
 */
function post (dsn, sdk, body) {
  const { protocol, host, username, pathname } = new URL(dsn)
  const [, folder = '', project = ''] = /^(.*)\/([^/]+)\/?$/.exec(pathname) ?? []
  const auth = `Sentry sentry_version=7, sentry_client=${sdk.name}/${sdk.version}, sentry_key=${username}`
  const { request } = protocol === 'https:' ? https : http
  return new Promise((resolve, reject) => {
    const asked = request(`${protocol}//${host}${folder}/api/${project}/envelope/`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/x-sentry-envelope',
        'Content-Length': body.length,
        'X-Sentry-Auth': auth
      },
      timeout: ANSWER_WITHIN_MS
    }, answer => {
      answer.resume()
      resolve(answer.statusCode ?? 0)
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_WITHIN_MS} ms`)))
    asked.on('error', reject)
    asked.end(body)
  })
}

/**
 * @param {import('node:inspector').Debugger.CallFrame} frame
 * @param {Map<string, string>} urls
 */
function frameOf ({ functionName, location }, urls) {
  const url = urls.get(location.scriptId) ?? ''
  const file = url.startsWith('file:') ? fileURLToPath(url) : url
  const lineno = location.lineNumber + 1
  const inApp = isInApp(file)
  return {
    function: functionName || '?',
    filename: file,
    lineno,
    colno: (location.columnNumber ?? 0) + 1,
    in_app: inApp,
    ...(file.startsWith('/') ? source(file, lineno) : {})
  }
}

/**
 * @param {string} file
 * @param {number} lineno counted from 1.
 */
function source (file, lineno) {
  let lines
  try {
    lines = readFileSync(file, 'utf8').split('\n').map(line => line.slice(0, LONGEST_LINE))
  } catch {
    return {}
  }
  const at = lineno - 1
  return {
    pre_context: lines.slice(Math.max(0, at - LINES_AROUND), at),
    context_line: lines[at],
    post_context: lines.slice(at + 1, at + 1 + LINES_AROUND)
  }
}

function newTrace () {
  const hex = randomUUID().replaceAll('-', '')
  return { trace_id: hex, span_id: hex.slice(16) }
}
