/**
 * What the page uses of the SDK, by name, so that all the rest stays out of the bundle.
 */
export {
  addBreadcrumb, breadcrumbsIntegration, browserTracingIntegration, captureException, captureMessage,
  cultureContextIntegration, eventFiltersIntegration, functionToStringIntegration, getActiveSpan, getClient,
  getCurrentScope, httpContextIntegration, init, linkedErrorsIntegration, makeFetchTransport, setActiveSpanInBrowser,
  startInactiveSpan, startNewTrace, withActiveSpan
} from '@sentry/browser'
// Bundled with it, because the first event may come before anything else is loaded.
export { scrubOrReduce } from './scrubbing/reduced.js'
export { bytesOf } from './wire/bytes.js'
export { MOST_EVENT_BYTES, fit } from './wire/fitting.js'
