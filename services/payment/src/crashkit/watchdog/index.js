/**
 * Notices that the event loop does not turn, and reports it while it lasts; in the same thread, that memory comes near
 * its limit (see memory/).
 *
 * A thread of its own watches the heartbeat of the main thread. When it is late, the thread stops the main thread for a
 * moment with the debugger, reads where it stands and on which trace, lets it go on, and sends one event itself: the
 * main thread could not send anything before the block is over. The debugger is attached during a block only.
 */
import { Worker } from 'node:worker_threads'

import * as Sentry from '@sentry/node'

import { log } from '../logs.js'
import { Figures } from '../memory/figures.js'
import { scrubOrReduce, scrubSampling } from '../scrubbing.js'
import { captureUnhandled } from '../telemetry.js'
import { READ_STATE } from './protocol.js'

/** @import { Event } from '@sentry/node' */

const THRESHOLD_MS = 500
const BEATS_PER_THRESHOLD = 5
// The thread needs neither the SDK nor any package.
const LIMITS = { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4, stackSizeMb: 1 }

/**
 * The watchdog of one process.
 */
export class Watchdog {
  #worker
  #heart

  /**
   * Start to watch. The event loop must turn already: a start takes longer than the threshold.
   *
   * @param {object} parts
   * @param {import('../settings.js').ServiceSettings} parts.settings DSN, release, environment.
   * @param {import('../runtime-context.js').RuntimeContext} parts.runtime reads the contexts `runtime` and `k8s`.
   * @param {import('../spool/transport.js').Spool | null} [parts.spool] takes over what the thread cannot deliver.
   * @param {import('../accounts/book.js').Book | null} [parts.book] where its events are counted.
   * @param {number} [parts.thresholdMs] how late the heartbeat must be to be a block.
   */
  constructor ({ settings, runtime, spool = null, book = null, thresholdMs = THRESHOLD_MS }) {
    const beats = new BigInt64Array(new SharedArrayBuffer(BigInt64Array.BYTES_PER_ELEMENT))
    const figures = new Figures()
    const beat = () => {
      Atomics.store(beats, 0, process.hrtime.bigint())
      figures.beat()
    }
    beat()
    this.#heart = setInterval(beat, thresholdMs / BEATS_PER_THRESHOLD).unref()
    Reflect.set(globalThis, READ_STATE, () => JSON.stringify(withoutSecrets(stateHere(runtime))))
    this.#worker = new Worker(new URL('./thread.js', import.meta.url), {
      name: 'watchdog',
      workerData: {
        beats,
        thresholdMs,
        dsn: settings.sentryDsn,
        spoolDir: spool?.store.path ?? null,
        aside: book?.aside() ?? null,
        memory: { percent: settings.memoryWarningPercent, record: settings.terminationLog, shared: figures.shared },
        sdk: { name: 'sentry.javascript.node', version: Sentry.SDK_VERSION },
        event: {
          release: settings.sentryRelease,
          environment: settings.sentryEnvironment,
          ...(settings.podName === null ? {} : { server_name: settings.podName }),
          tags: Sentry.getGlobalScope().getScopeData().tags,
          contexts: { ...(settings.podName === null ? {} : { k8s: runtime.kubernetes }) }
        }
      },
      resourceLimits: LIMITS,
      execArgv: [],
      env: {}
    })
    this.#worker.unref()
    this.#worker.on('message', spooled => spool?.adopt(spooled))
    this.#worker.on('error', error => {
      log.error('the watchdog ended; blocks of the event loop are not reported any more', error)
      captureUnhandled(error, 'watchdog')
    })
  }

  /** Stop to watch. */
  async stop () {
    clearInterval(this.#heart)
    Reflect.deleteProperty(globalThis, READ_STATE)
    await this.#worker.terminate()
  }
}

/**
 * Give what an event of this moment would carry: it is asked for in the frame that blocks, where the request's scope
 * is still the current one.
 *
 * @param {import('../runtime-context.js').RuntimeContext} runtime
 * @returns {Event & { dsc?: Record<string, string> }}
 */
function stateHere (runtime) {
  const [isolation, current] = [Sentry.getIsolationScope().getScopeData(), Sentry.getCurrentScope().getScopeData()]
  const span = Sentry.getActiveSpan()
  const trace = span ? Sentry.spanToJSON(span) : undefined
  const { traceId, propagationSpanId } = current.propagationContext
  return {
    level: current.level ?? isolation.level,
    transaction: current.transactionName ?? isolation.transactionName,
    user: { ...isolation.user, ...current.user },
    tags: { ...Sentry.getGlobalScope().getScopeData().tags, ...isolation.tags, ...current.tags },
    breadcrumbs: [...isolation.breadcrumbs, ...current.breadcrumbs],
    contexts: {
      ...isolation.contexts,
      ...current.contexts,
      runtime: { name: 'node', version: process.version, ...runtime.read() },
      trace: trace
        ? { trace_id: trace.trace_id, span_id: trace.span_id, parent_span_id: trace.parent_span_id }
        : { trace_id: traceId, span_id: propagationSpanId ?? traceId.slice(16) }
    },
    dsc: span ? samplingContext() : undefined
  }
}

/**
 * The thread sends the event without the SDK, and so without what the SDK does before it sends one.
 *
 * @param {ReturnType<typeof stateHere>} state
 */
function withoutSecrets ({ dsc, ...state }) {
  const clean = scrubOrReduce(state, type => log.warning(`what blocks is told without its values: ${type}`))
  return { ...clean, dsc: dsc && scrubSampling(dsc) }
}

/** Give the trace's part of an envelope's header, which is what `baggage` carries to other services. */
function samplingContext () {
  const entries = (Sentry.getTraceData().baggage ?? '').split(',').filter(entry => entry.startsWith('sentry-'))
  return Object.fromEntries(entries.map(entry => {
    const [key = '', value = ''] = entry.slice('sentry-'.length).split('=')
    return [key, decodeURIComponent(value)]
  }))
}
