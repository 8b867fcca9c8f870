/**
 * Small faults, of which each shows one way in which a handler can end.
 */
import { createHash } from 'node:crypto'
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'

import { profiled } from '../../src/crashkit/profiling.js'

/** Spin for some time of the processor, however many share it. */
function burn (cpuS) {
  const started = process.cpuUsage()
  while (process.cpuUsage(started).user < cpuS * 1e6) createHash('sha256').update('x').digest()
}

function spin (run) {
  while (run.elapsedS < run.budget.wall_s) createHash('sha256').update('x').digest()
}

const BURN_CPU_S = 0.15

export const HANDLERS = {
  async crash () {
    throw new TypeError('a handler failed', { cause: new RangeError('its cause') })
  },

  async rejection (run) {
    const reasons = {
      error: () => new TypeError('nobody waits for this'),
      text: () => 'a reason that is no error',
      nothing: () => undefined,
      abort: () => AbortSignal.abort().reason
    }
    void Promise.reject(reasons[run.case.caseName]())
    return {}
  },

  async long () {
    throw new TypeError('x'.repeat(100_000))
  },

  async uncaught () {
    setImmediate(() => { throw new RangeError('nobody caught this') })
    return {}
  },

  async block (run) {
    spin(run)
    return { blocked_ms: Math.round(run.elapsedS * 1000) }
  },

  async profile () {
    return profiled(async () => {
      burn(BURN_CPU_S)
      return {}
    })
  },

  async hold (run, { sentry, trace }) {
    sentry.captureMessage('something is held', 'warning')
    run.hold(() => {})
    return { trace: trace() }
  },

  async grow (_run, { sentry }) {
    sentry.addBreadcrumb({ category: 'sessions', message: 'sessions are opened and never closed' })
    sentry.captureMessage('the heap will be full', 'warning')
    const sessions = []
    for (;;) {
      sessions.push(Array.from({ length: 10_000 }, (_, seq) => ({ seq, odds: seq + 0.5 })))
      await turn()
    }
  },

  async slow (run) {
    while (!run.stopped) {
      run.check()
      await pause(20)
    }
    run.check()
  }
}
