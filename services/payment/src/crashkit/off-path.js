/**
 * What fails where no request waits for it: unhandled rejections and uncaught exceptions, each reported once.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'

import { log } from './logs.js'
import { captureUnhandled, flushSentry, traceId } from './telemetry.js'
import { textOf } from './thrown.js'

/** @import { Worker } from 'node:worker_threads' */

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
  const known = new Set()
  process.on('unhandledRejection', reason => {
    log.error('a promise was rejected and nobody handled it', reason)
    captureUnhandled(reason, 'unhandledrejection')
  })
  const within = keepMicrotasks()
  process.on('uncaughtException', error => within(() => {
    // A timer that repeats fails again while the event of its first failure is sent; without us Node had ended there.
    const fault = `${traceId()} ${textOf(error)}`
    if (known.has(fault)) return
    known.add(fault)
    log.error('an exception was caught by nobody; the process ends', error)
    captureUnhandled(error, 'uncaughtexception', 'fatal')
    flight.ended('exception')
    void flushSentry().finally(exit)
  }))
  subscribe('worker_threads', message => keepContext(/** @type {{ worker: Worker }} */ (message).worker))
}

/**
 * Have what a microtask throws come on its trace: Node tells of it outside of any.
 *
 * @returns {(act: () => void) => void} does something where the last of them has failed; else here.
 */
function keepMicrotasks () {
  let within = /** @type {ReturnType<typeof AsyncLocalStorage.snapshot> | undefined} */ (undefined)
  const queue = globalThis.queueMicrotask
  globalThis.queueMicrotask = callback => {
    // Not a function: Node's own words say so best.
    if (typeof callback !== 'function') return queue(callback)
    queue(() => {
      try {
        callback()
      } catch (error) {
        within = AsyncLocalStorage.snapshot()
        throw error
      }
    })
  }
  return act => {
    const enter = within
    within = undefined
    if (enter) enter(act)
    else act()
  }
}

function exit () {
  try {
    process.exit(UNCAUGHT_STATUS)
  } catch (error) {
    // A listener of `exit` has failed; the second time Node asks none.
    log.error('a listener of the end of the process failed', error)
    captureUnhandled(error, 'uncaughtexception', 'fatal')
    process.exit(UNCAUGHT_STATUS)
  }
}

/**
 * Have a thread's events come on the trace that started it: Node tells of its end by memory outside of any.
 *
 * @param {Worker} worker
 */
function keepContext (worker) {
  const inContext = AsyncLocalStorage.snapshot()
  const emit = worker.emit.bind(worker)
  worker.emit = /** @type {typeof worker.emit} */ ((/** @type {Parameters<typeof emit>} */ ...given) => inContext(() => {
    try {
      return emit(...given)
    } catch (error) {
      // Nobody listens. Thrown from here it would be caught by nobody after the context has been left.
      process.nextTick(() => { throw error })
      return true
    }
  }))
}
