/**
 * Says when the page did not answer for a while, whatever kept it.
 */
import { captureWarning } from './telemetry.js'

const WORTH_SAYING_MS = 500

/** Watch from now on; a browser that does not tell of long tasks is not watched. */
export function watchLongTasks () {
  if (!PerformanceObserver.supportedEntryTypes?.includes('longtask')) return
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) {
      if (duration >= WORTH_SAYING_MS) {
        captureWarning('The page did not answer for a while', { long_task: { blocked_ms: Math.round(duration) } })
      }
    }
  }).observe({ type: 'longtask' })
}
