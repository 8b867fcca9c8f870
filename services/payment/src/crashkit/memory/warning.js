/**
 * The event, made in the thread of the watchdog: the main thread may be blocked, or busy with growing.
 */
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'

import { scrubOrReduce } from '../scrubbing.js'

/** Constant, as every message; the sink, the drill and the page know the event by it. */
export const MESSAGE = 'Memory is near the limit of the container'
// The main thread may be writing it this moment.
const ATTEMPTS = 5
const ID = /^[0-9a-f]+$/

/**
 * Who is blamed: a request of the flight record.
 *
 * @typedef {object} Blamed
 * @property {string} trace
 * @property {string} span
 * @property {string} [route]
 * @property {string} [scenario]
 * @property {string | null} [case]
 * @property {string} [run]
 */

/**
 * Make the event.
 *
 * @param {Record<string, any>} known what every event of this process carries.
 * @param {Record<string, unknown>} memory the context `memory`.
 * @param {ReturnType<typeof blamedIn>} blamed
 * @returns {Record<string, any>}
 */
export function warningOf (known, memory, { request, breadcrumbs }) {
  const fault = request?.scenario ? { scenario: request.scenario, case: request.case, run: request.run } : {}
  const tags = Object.fromEntries(Object.entries(fault).filter(([, value]) => value !== null && value !== undefined))
  const hex = randomUUID().replaceAll('-', '')
  const runtime = { name: 'node', version: process.version, nodejs: process.versions.node, resident_mib: residentMib() }
  const event = {
    ...known,
    event_id: randomUUID().replaceAll('-', ''),
    timestamp: Date.now() / 1000,
    platform: 'node',
    level: 'warning',
    message: MESSAGE,
    ...(request?.route ? { transaction: request.route, transaction_info: { source: 'route' } } : {}),
    ...(breadcrumbs.length ? { breadcrumbs } : {}),
    tags: { ...known.tags, ...tags },
    contexts: {
      ...known.contexts,
      trace: request ? { trace_id: request.trace, span_id: request.span } : { trace_id: hex, span_id: hex.slice(16) },
      runtime,
      memory
    }
  }
  return scrubOrReduce(event, () => undefined)
}

/**
 * Read who most likely takes the memory: in the flight record faults stand first, each group the newest first.
 *
 * @param {string | null} path of the record; none where there is none.
 * @returns {{ request: Blamed | null, breadcrumbs: Record<string, unknown>[] }}
 */
export function blamedIn (path) {
  for (let attempt = 0; path !== null && attempt < ATTEMPTS; attempt += 1) {
    try {
      const { open: [request], breadcrumbs = [] } = JSON.parse(readFileSync(path, 'utf8'))
      if (!request || !ID.test(request.trace) || !ID.test(request.span)) break
      const crumbs = breadcrumbs.map((/** @type {any} */ { at, ...crumb }) => ({ timestamp: at, ...crumb }))
      return { request, breadcrumbs: crumbs }
    } catch {
      // Not written yet, or written this moment.
    }
  }
  return { request: null, breadcrumbs: [] }
}

function residentMib () {
  return Math.round(process.memoryUsage.rss() / 1024 / 1024 * 10) / 10
}
