/**
 * How a service talks to Sentry: what is sampled, what every event carries, and that ours cannot lose one.
 */
import * as Sentry from '@sentry/node'

import { booking, countCaptured } from './accounts/transport.js'
import { isInApp } from './frames.js'
import { hostContexts } from './host-context.js'
import { log } from './logs.js'
import { RunEnded } from './run.js'
import { scrubOrReduce } from './scrubbing.js'
import { hasLeft, noteSent } from './sent.js'
import { addSourceLines } from './source-lines.js'
import { makeTransport } from './spool/transport.js'
import { isNew } from './told.js'
import { presentable, textOf } from './thrown.js'

/** @import { Event } from '@sentry/node' */
/** @import { ServiceSettings } from './settings.js' */
/** @import { RuntimeContext } from './runtime-context.js' */

const FLUSH_MS = 2000
// Sentry refuses an event above 1 MiB; the strings of ours stay far below.
const MAX_VALUE_LENGTH = 1024

/**
 * What the sampler knows of a trace that begins or arrives here.
 *
 * @typedef {object} Asked
 * @property {string} path of the request, without its query; empty where there is none.
 * @property {boolean | undefined} parentSampled what the caller decided; undefined where the trace begins here.
 */

/**
 * Start the SDK of this process. Must run before `express` and `mongodb` are loaded.
 *
 * The integrations are named one by one. Left out, of those that are on by default: `Dedupe`, which drops the second
 * firing of the same fault; `EventFilters`, which drops by text; `LocalVariables`, which would carry amounts and opens
 * the debugger's port; the two that report unhandled errors, because one ignores every `AbortError` (see off-path.js);
 * `WorkerThreads`, which reports a second time what ends the process; `ContextLines` and `Context`, which make an event
 * wait, so that it would not be kept yet when the call that captures it returns (see source-lines.js, host-context.js);
 * and all frameworks and databases not in use.
 *
 * @param {object} parts
 * @param {ServiceSettings} parts.settings DSN, release, environment, names of the pod.
 * @param {string} parts.service value of the tag `service`.
 * @param {RuntimeContext} parts.runtime reads the context `runtime`.
 * @param {(asked: Asked) => number} parts.sampler the share of a trace to keep, 0 to 1.
 * @param {(path: string) => boolean} parts.isControl whether a path is a probe, a scrape or a control call: those get
 *   no span at all.
 * @param {import('./spool/transport.js').Spool | null} [parts.spool] keeps events until they are delivered.
 * @param {import('./accounts/book.js').Book | null} [parts.book] where items are counted.
 */
export function startSentry ({ settings, service, runtime, sampler, isControl, spool = null, book = null }) {
  const client = Sentry.init({
    dsn: settings.sentryDsn ?? undefined,
    release: settings.sentryRelease,
    environment: settings.sentryEnvironment,
    serverName: settings.podName ?? undefined,
    includeServerName: settings.podName !== null,
    defaultIntegrations: false,
    integrations: [
      Sentry.linkedErrorsIntegration(),
      Sentry.requestDataIntegration({ include: { cookies: false, data: false, ip: false, headers: false, query_string: false } }),
      Sentry.httpIntegration({
        maxRequestBodySize: 'none',
        ignoreIncomingRequests: url => isControl(pathOf(url)),
        ignoreStatusCodes: [],
        breadcrumbs: false
      }),
      Sentry.mongoIntegration(),
      Sentry.modulesIntegration()
    ],
    dataCollection: { userInfo: false, cookies: false, httpBodies: [], httpHeaders: false, urlQueryParams: false },
    tracesSampler: ({ attributes, parentSampled, normalizedRequest }) =>
      sampler({ path: pathOf(attributes?.['url.path'] ?? normalizedRequest?.url ?? ''), parentSampled }),
    // Whole transactions, not streamed spans: that is what the embedded trace view shows.
    traceLifecycle: 'static',
    maxValueLength: MAX_VALUE_LENGTH,
    attachStacktrace: false,
    beforeSend: completes(runtime, hostContexts()),
    beforeSendTransaction: event => scrubs(masksStatements(event)),
    transport: transportOf(spool, book)
  })
  if (client) noteSent(client)
  if (client && book) countCaptured(book, client)
  Sentry.getGlobalScope().setTag('service', service)
}

/**
 * @param {import('./spool/transport.js').Spool | null} spool
 * @param {import('./accounts/book.js').Book | null} book
 */
function transportOf (spool, book) {
  if (spool) return (/** @type {Parameters<typeof Sentry.makeNodeTransport>[0]} */ options) => spool.transport(options)
  return book ? booking(book, makeTransport) : undefined
}

/**
 * Make the sampler of a service: faults always, probes never, the rest as the caller decided or by the rate.
 *
 * @param {number} rate share of the traces that begin here, 0 to 1.
 * @param {(path: string) => boolean} isFault whether a request fires a fault.
 * @param {(path: string) => boolean} isControl whether a request is a probe, a scrape or a control call.
 * @returns {(asked: Asked) => number}
 */
export function makeSampler (rate, isFault, isControl) {
  return ({ path, parentSampled }) => {
    if (isControl(path)) return 0
    if (isFault(path)) return 1
    return parentSampled === undefined ? rate : Number(parentSampled)
  }
}

/**
 * Put the run's tags on everything that is captured inside, and on what it starts; count it as fired.
 *
 * @template Result
 * @param {import('./run.js').Run} run
 * @param {import('./accounts/book.js').Book | null} book
 * @param {() => Promise<Result>} act
 * @returns {Promise<Result>}
 */
export async function tagged (run, book, act) {
  const scope = Sentry.getIsolationScope()
  scope.setTag('scenario', run.case.scenarioName)
  if (run.case.caseName !== null) scope.setTag('case', run.case.caseName)
  scope.setTag('run', run.tag)
  let stopped = false
  book?.fired(run.case.id)
  try {
    return await act()
  } catch (error) {
    stopped = error instanceof RunEnded
    throw error
  } finally {
    book?.firedToTheEnd(run.case.id, stopped)
  }
}

/**
 * Report an error that nobody caught, where no integration of the SDK does.
 *
 * @param {unknown} error what was thrown, whatever it is.
 * @param {string} mechanism where it was thrown, as Sentry's `mechanism.type`.
 * @param {'error' | 'fatal'} [level]
 */
export function captureUnhandled (error, mechanism, level = 'error') {
  if (!isNew(error, Sentry.getIsolationScope())) return
  capture(error, { type: mechanism, handled: false }, level)
}

/**
 * Report an error that was answered with a server error, but not lost: somebody caught it and knew what to say.
 *
 * @param {unknown} error
 * @param {string} mechanism where it was caught.
 */
export function captureHandled (error, mechanism) {
  if (!isNew(error, Sentry.getIsolationScope())) return
  capture(error, { type: mechanism, handled: true }, 'error')
}

/**
 * @param {unknown} error
 * @param {{ type: string, handled: boolean }} mechanism
 * @param {'error' | 'fatal'} level
 */
function capture (error, mechanism, level) {
  let reason
  try {
    const report = () => Sentry.captureException(presentable(error), { mechanism, captureContext: { level } })
    if (hasLeft(report) || !Sentry.getClient()?.getDsn()) return
  } catch (failure) {
    reason = failure
  }
  // The SDK did not know what to do with it; that must cost neither the event nor the process.
  const standIn = new Error('Something was thrown that the SDK cannot report', { cause: reason })
  Sentry.captureException(standIn, { mechanism, captureContext: { level, extra: { thrown: textOf(error) } } })
}

/** Give the 32 hex digits of the trace that this code runs on; none without a DSN, where the SDK follows no trace. */
export function traceId () {
  if (!Sentry.getClient()?.getDsn()) return undefined
  const span = Sentry.getActiveSpan()
  return span ? span.spanContext().traceId : Sentry.getCurrentScope().getPropagationContext().traceId
}

/**
 * Give where this code runs: the trace, the span, and what was noted on the way; no trace without a DSN.
 *
 * @returns {import('./flight/texts.js').Place}
 */
export function placeHere () {
  const isolation = Sentry.getIsolationScope()
  const breadcrumbs = () => isolation.getScopeData().breadcrumbs
  if (!Sentry.getClient()?.getDsn()) return { trace: null, span: null, breadcrumbs }
  const span = Sentry.getActiveSpan()?.spanContext()
  const { traceId, propagationSpanId } = Sentry.getCurrentScope().getPropagationContext()
  return { trace: span?.traceId ?? traceId, span: span?.spanId ?? propagationSpanId ?? null, breadcrumbs }
}

/**
 * Send what is queued, for two seconds at the most, and go on.
 *
 * @returns {Promise<unknown>}
 */
export function flushSentry () {
  return Sentry.flush(FLUSH_MS)
}

/**
 * Send what is queued, for two seconds at the most, and end the SDK.
 *
 * @returns {Promise<unknown>}
 */
export function stopSentry () {
  return Sentry.close(FLUSH_MS)
}

/**
 * Make `beforeSend`. A mistake in it must not cost the event: the event goes out with a note.
 *
 * @param {Pick<RuntimeContext, 'read' | 'kubernetes'>} runtime
 * @param {() => Record<string, Record<string, unknown>>} host reads the contexts of the host.
 * @returns {(event: import('@sentry/node').ErrorEvent) => import('@sentry/node').ErrorEvent}
 */
export function completes (runtime, host) {
  return event => {
    try {
      for (const found of event.exception?.values ?? []) {
        // Errors may be called anything; Sentry takes texts only.
        if (found.type !== undefined) found.type = String(found.type)
        for (const frame of found.stacktrace?.frames ?? []) frame.in_app = isInApp(frame.filename ?? '')
      }
      addSourceLines(event)
      event.contexts = {
        ...host(),
        ...event.contexts,
        runtime: { ...event.contexts?.runtime, ...runtime.read() },
        ...(Object.keys(runtime.kubernetes).length ? { k8s: { ...runtime.kubernetes } } : {})
      }
    } catch (error) {
      event.extra = { ...event.extra, before_send_failed: String(error) }
      log.warning('an event goes out without its runtime context', error)
    }
    return scrubs(event)
  }
}

/**
 * Send nothing that nobody may read; last, so that it sees all that is sent.
 *
 * @template {object} Sent
 * @param {Sent} event
 * @returns {Sent}
 */
function scrubs (event) {
  return scrubOrReduce(event, type => log.warning(`an event goes out without its values, it could not be scrubbed: ${type}`))
}

/**
 * Give a statement its shape only, as people read it: the SDK masks the values, but keeps the driver's own fields.
 *
 * @template {Event} Transaction
 * @param {Transaction} event
 * @returns {Transaction}
 */
export function masksStatements (event) {
  for (const span of event.spans ?? []) {
    const text = span.data['db.query.text']
    if (typeof text !== 'string') continue
    try {
      const { lsid, $db, $clusterTime, txnNumber, ...shape } = JSON.parse(text, asOne)
      span.data['db.query.text'] = JSON.stringify(shape)
      span.description = span.data['db.query.text']
    } catch {
      // The text is cut, and no JSON any more: as masked as before, only longer than it need be.
    }
  }
  return event
}

/**
 * A number of 64 bits is one value to whoever reads the statement, not the three that it is made of.
 *
 * @param {string} _name
 * @param {any} value
 */
function asOne (_name, value) {
  return value?.high && value.low && value.unsigned ? '?' : value
}

/** @param {unknown} url */
function pathOf (url) {
  const text = String(url).split(/[?#]/, 1)[0] ?? ''
  return text.replace(/^https?:\/\/[^/]*/, '')
}
