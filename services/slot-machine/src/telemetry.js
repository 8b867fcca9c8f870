/**
 * Sentry in the page: errors of everybody, traces of some, and a trace of its own for whatever somebody presses.
 *
 * The SDK keeps its scopes on one stack, which promises would leave in disorder. So nothing here hands it a promise:
 * a trace is made at once, and each request enters it for the moment in which it is sent.
 */
import { makeTransport } from './transport.js'
import { reportUnhandled } from './unhandled.js'
import * as Sentry from './vendor/sentry.js'

export const SERVICE = 'slot-machine'
const PROJECT_ID = 5
const FIRING = /^fire /
const FAILED = { code: 2, message: 'internal_error' }
const CAPTURED_WITHIN_MS = 5000
// What the panel asks again and again is no part of a press, also not while a fault of the page holds its trace.
const ASKED_AGAIN = '/api/v1/(?:firings|faults|catalog|fault-pass)(?:[/?]|$)'

/**
 * @typedef {object} Trace of one press.
 * @property {string} traceId 32 hex digits.
 * @property {string} spanId of its root span, 16 hex digits.
 * @property {<T>(work: () => T) => T} within begins work as a part of it: what is asked before `work` returns.
 * @property {() => void} hold makes it the trace of the whole page until it ends.
 */

/**
 * @param {ReturnType<typeof import('./settings.js').parseSettings>} settings
 * @param {string} [base] where the gateway is; empty for the page's own origin.
 */
export function startTelemetry (settings, base = '') {
  const gateway = new URL(base || '/', location.href)
  Sentry.init({
    dsn: `${location.protocol}//page@${location.host}/${PROJECT_ID}`,
    release: settings.release,
    environment: settings.environment,
    traceLifecycle: 'static',
    ...(settings.ingest ? { tunnel: base + settings.ingest, transport: makeTransport } : { transport: nowhere }),
    sendClientReports: settings.ingest !== null,
    // Not the SDK's own list: it drops an event that looks like the one before, and each firing is to be captured.
    defaultIntegrations: [
      Sentry.eventFiltersIntegration(),
      Sentry.functionToStringIntegration(),
      Sentry.breadcrumbsIntegration({ dom: { serializeAttribute: ['id', 'data-fire'] } }),
      Sentry.linkedErrorsIntegration(),
      Sentry.httpContextIntegration(),
      Sentry.cultureContextIntegration(),
      Sentry.browserTracingIntegration({
        instrumentNavigation: false, // a hash is no other page
        linkPreviousTrace: 'off', // presses that follow one another have nothing to do with one another
        enableLongAnimationFrame: false, // long-tasks.js says more
        enableLongTask: false,
        shouldCreateSpanForRequest: url => !new RegExp(ASKED_AGAIN).test(url)
      })
    ],
    attachStacktrace: false, // of a message it would be the one of whoever reports it
    enhanceFetchErrorMessages: 'report-only',
    beforeSend: event => fits(scrubs(event)),
    beforeSendTransaction: scrubs,
    dataCollection: { userInfo: false, cookies: false, httpBodies: [] },
    tracePropagationTargets: [new RegExp(`^${literal(gateway.origin)}(?!.*${ASKED_AGAIN})`)],
    tracesSampler: ({ name, inheritOrSampleWith }) => FIRING.test(name) ? 1 : inheritOrSampleWith(settings.sample_rate),
    initialScope: { tags: { service: SERVICE } }
  })
  reportUnhandled((thrown, mechanism, place) => {
    Sentry.captureException(thrown, { mechanism, captureContext: scope => placed(scope, place) })
  })
}

/** Send nothing that nobody may read: what a person typed, or an address of the page carried. @param {object} event */
const scrubs = event => Sentry.scrubOrReduce(event, () => {})

/** Cut what Sentry would turn away for its size, marked as such. @param {object} event */
function fits ({ sdkProcessingMetadata, ...event }) {
  const bytes = Sentry.bytesOf(JSON.stringify(event))
  if (bytes > Sentry.MOST_EVENT_BYTES) Sentry.fit(event, Sentry.MOST_EVENT_BYTES, bytes, {})
  return { ...event, sdkProcessingMetadata }
}

/** Say where it was thrown of what has no stack. @param {any} scope @param {object|null} place */
function placed (scope, place) {
  if (!place) return scope
  return scope.addEventProcessor(event => {
    const outermost = event.exception?.values?.at(-1)
    if (outermost && !outermost.stacktrace?.frames?.length) outermost.stacktrace = { frames: [place] }
    return event
  })
}

/** Tell events who plays: a name of the demo, nobody's own. @param {string} player */
export function setPlayer (player) {
  Sentry.getCurrentScope().setUser({ id: player, email: `${player}@example.com` })
}

/**
 * Do some work on a trace of its own.
 *
 * @template T
 * @param {string} name of the root span; what begins with `fire ` is always sampled.
 * @param {Record<string, string|number|boolean>} attributes of the root span.
 * @param {(trace: Trace) => T|Promise<T>} work hands `trace` to each request that belongs to it.
 * @returns {Promise<{traceId: string, result: T}>} when the work is done.
 */
export async function newTrace (name, attributes, work) {
  const span = Sentry.startNewTrace(() =>
    Sentry.startInactiveSpan({ name, op: 'ui.action.click', forceTransaction: true, attributes }))
  const { traceId, spanId } = span.spanContext()
  try {
    const trace = { traceId, spanId, within: enter => within(span, enter), hold: () => hold(span) }
    return { traceId, result: await work(trace) }
  } catch (error) {
    span.setStatus(FAILED)
    throw error
  } finally {
    span.end()
  }
}

/**
 * Let whatever the page captures be a part of a trace, until the work's event is on its way.
 *
 * @param {Trace} trace
 * @param {Record<string, string>} tags of what is captured meanwhile.
 * @param {() => unknown} work fails where nobody catches it.
 * @returns {Promise<boolean>} whether something was captured.
 */
export async function captureOn (trace, tags, work) {
  const scope = Sentry.getCurrentScope()
  trace.hold()
  scope.setTags(tags)
  let forget = () => {}
  const captured = new Promise(resolve => {
    forget = Sentry.getClient().on('beforeSendEvent', event => {
      if (event.type === undefined) resolve(true)
    })
  })
  try {
    work()
    return await Promise.race([captured, after(CAPTURED_WITHIN_MS, false)])
  } finally {
    forget()
    scope.setTags(Object.fromEntries(Object.keys(tags).map(name => [name, undefined])))
  }
}

/** Capture what the page has caught and cannot mend. @param {unknown} error @param {Record<string, object>} [contexts] */
export function capture (error, contexts = {}) {
  Sentry.captureException(error, { contexts })
}

/** @param {string} message constant @param {Record<string, object>} contexts */
export function captureWarning (message, contexts) {
  Sentry.captureMessage(message, { level: 'warning', contexts })
}

/** @param {string} category @param {string} message constant @param {Record<string, unknown>} [data] */
export function breadcrumb (category, message, data) {
  Sentry.addBreadcrumb({ category, message, data })
}

/**
 * @template T
 * @param {any} span
 * @param {() => T} work
 * @returns {T}
 */
function within (span, work) {
  let result
  Sentry.withActiveSpan(span, () => { result = work() })
  return result
}

/** @param {any} span */
function hold (span) {
  // The page load's own span: left to end by itself, it would take the place of this one, or this one restore it.
  Sentry.getActiveSpan()?.end()
  Sentry.setActiveSpanInBrowser(span)
}

/** @param {string} text as a part of a pattern that means itself. */
const literal = text => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const nowhere = () => ({ send: async () => ({}), flush: async () => true })

/** @template T @param {number} ms @param {T} value @returns {Promise<T>} */
const after = (ms, value) => new Promise(resolve => void setTimeout(resolve, ms, value))
