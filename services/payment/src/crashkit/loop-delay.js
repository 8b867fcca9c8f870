/**
 * How late the event loop is, and how busy.
 */
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'

const RESOLUTION_MS = 20
const TICK_MS = 50
const NS_PER_MS = 1e6

/**
 * Measures as long as the process lives; a scrape and an event do not disturb each other.
 */
export class LoopDelay {
  #ever = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  // Of its own: a histogram that was reset does not see the block that follows at once.
  #tickedMs = performance.now()
  #latestMs = 0
  #utilisation = performance.eventLoopUtilization()
  #scrapedUtilisation = this.#utilisation

  constructor () {
    this.#ever.enable()
    setInterval(() => this.#tick(), TICK_MS).unref()
  }

  /**
   * Give the figures for an event: since the start (ms), and the share of time that the loop was busy.
   *
   * @returns {Record<string, number>}
   */
  figures () {
    return {
      event_loop_delay_mean_ms: lateMs(this.#ever.mean),
      event_loop_delay_p99_ms: lateMs(this.#ever.percentile(99)),
      event_loop_delay_max_ms: lateMs(this.#ever.max),
      event_loop_utilisation: share(performance.eventLoopUtilization(this.#utilisation).utilization)
    }
  }

  /** The longest delay since the scrape before (seconds). */
  maxSinceScrapeS () {
    // Also what is late now: the scrape may be answered before the timer is.
    this.#tick()
    const maxMs = this.#latestMs
    this.#latestMs = 0
    return Math.round(maxMs) / 1000
  }

  #tick () {
    const nowMs = performance.now()
    this.#latestMs = Math.max(this.#latestMs, nowMs - this.#tickedMs - TICK_MS)
    this.#tickedMs = nowMs
  }

  /** The share of the time that the loop was busy since the scrape before. */
  utilisationSinceScrape () {
    const now = performance.eventLoopUtilization()
    const since = performance.eventLoopUtilization(now, this.#scrapedUtilisation)
    this.#scrapedUtilisation = now
    return share(since.utilization)
  }
}

/**
 * The histogram holds the whole interval between two ticks of a timer, of which the resolution was asked for.
 *
 * @param {number} intervalNs
 */
function lateMs (intervalNs) {
  const late = intervalNs / NS_PER_MS - RESOLUTION_MS
  return Number.isFinite(late) ? Math.max(0, Math.round(late * 10) / 10) : 0
}

/** @param {number} ratio */
function share (ratio) {
  return Math.round(ratio * 1000) / 1000
}
