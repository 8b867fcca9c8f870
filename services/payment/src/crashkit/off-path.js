/**
 * What fails where no request waits for it: unhandled rejections and uncaught exceptions, each reported once.
 */
import { log } from './logs.js'
import { captureUnhandled, flushSentry } from './telemetry.js'

const UNCAUGHT_STATUS = 1

/**
 * Report both kinds from now on. A rejection leaves the process alive; an uncaught exception ends it with status 1, as
 * Node itself does, when its event has been sent or two seconds have passed.
 *
 * The SDK's own listener ignores every rejection whose name is `AbortError`; this one ignores none.
 *
 * @param {Pick<import('./flight/record.js').FlightRecord, 'ended'>} flight is told how the process ends.
 */
export function watchOffPath (flight) {
  process.on('unhandledRejection', reason => {
    log.error('a promise was rejected and nobody handled it', reason)
    captureUnhandled(reason, 'unhandledrejection')
  })
  process.on('uncaughtException', error => {
    log.error('an exception was caught by nobody; the process ends', error)
    captureUnhandled(error, 'uncaughtexception', 'fatal')
    flight.ended('exception')
    void flushSentry().finally(() => process.exit(UNCAUGHT_STATUS))
  })
}
