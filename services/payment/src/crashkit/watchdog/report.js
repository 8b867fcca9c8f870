/**
 * From what was seen of a block to an event, and the event to Sentry, without the SDK.
 */
import { randomUUID } from 'node:crypto'
import { writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

import { counter } from '../accounts/aside.js'
import { isInApp } from '../frames.js'
import { linesAround } from '../source-lines.js'
import { Folder } from '../spool/folder.js'
import { nameOf } from '../spool/format.js'
import { becomes } from '../spool/pace.js'
import { addressOf, poster } from '../spool/post.js'

/** @import { Seen } from './look.js' */

const TYPE = 'EventLoopBlocked'
const MESSAGE = 'The event loop does not turn'
const MOST_FRAMES = 50
const ATTEMPTS = 3
const NS_PER_MS = 1_000_000n
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
 * Send it in an envelope of its own, with some attempts. It is in the spool meanwhile, where there is one, and stays there
 * when it was not delivered; without one that is said on standard error.
 *
 * @param {import('./protocol.js').Order} order
 * @param {Record<string, any>} event with the member `dsc`, the trace's part of the envelope's header.
 * @param {string} what it tells of.
 * @returns {Promise<import('./protocol.js').Spooled | null>} what became of its file; none where it has none.
 */
export async function send ({ dsn, sdk, spoolDir, aside }, { dsc, ...event }, what) {
  if (dsn === null) return null
  const named = { ...(dsc ? { trace: dsc } : {}), ...(aside ? { book: aside.book } : {}) }
  const header = { event_id: event.event_id, sent_at: new Date().toISOString(), sdk, ...named }
  const payload = Buffer.from(JSON.stringify({ ...event, sdk }))
  const lines = [JSON.stringify(header), JSON.stringify({ type: 'event', length: payload.length }), payload, '']
  const body = Buffer.from(lines.join('\n'))
  const file = spoolDir === null ? null : spooled(spoolDir, event.event_id, body)
  const count = counter(aside)
  count('captured/event')
  const post = poster(addressOf(dsn, sdk))
  let reason = ''
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const { status } = await post(body)
    if (becomes(status) === 'delivered') {
      file?.remove()
      if (!file) count('delivered/event')
      return file && { name: file.name, delivered: true }
    }
    reason = status === null ? 'no answer' : `Sentry answered ${status}`
    await pause(100 * attempt)
  }
  if (file) return { name: file.name, delivered: false }
  count('discarded/event/network_error')
  say(`${what} was not reported: ${reason}`, event.tags?.service)
  return null
}

/**
 * Write a line of the log: the main thread, which writes for this one otherwise, may be blocked.
 *
 * @param {string} message
 * @param {string} service
 */
export function say (message, service) {
  const line = { time: new Date().toISOString(), level: 'error', message, service }
  writeSync(STANDARD_ERROR, `${JSON.stringify(line)}\n`)
}

/**
 * @param {string} folder
 * @param {string} eventId
 * @param {Buffer} body
 * @returns {{ name: string, remove: () => void } | null} none where it cannot be written.
 */
function spooled (folder, eventId, body) {
  const files = new Folder(folder, body.length)
  const name = nameOf(BigInt(Date.now()) * NS_PER_MS, eventId)
  try {
    files.write(name, eventId, body)
    return { name, remove: () => files.remove(name) }
  } catch {
    return null
  }
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
    ...linesAround(file, lineno)
  }
}

function newTrace () {
  const hex = randomUUID().replaceAll('-', '')
  return { trace_id: hex, span_id: hex.slice(16) }
}
