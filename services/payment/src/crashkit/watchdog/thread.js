/**
 * The thread of the watchdog: from a late heartbeat to one event.
 */
import { workerData } from 'node:worker_threads'

import { look } from './look.js'
import { eventOf, send } from './report.js'

const { beats, thresholdMs, dsn, sdk, event } = /** @type {import('./protocol.js').Order} */ (workerData)
const NS_PER_MS = 1e6
const TICK_MS = thresholdMs / 10

const nowMs = () => Number(process.hrtime.bigint()) / NS_PER_MS
const beatMs = () => Number(Atomics.load(beats, 0)) / NS_PER_MS

let tickedMs = nowMs()
let blockedSinceMs = 0
/** @type {Promise<void> | null} */
let busy = null

setInterval(() => {
  const lateMs = nowMs() - tickedMs
  tickedMs = nowMs()
  // Where this thread itself did not run, the whole process had no processor: that is no block.
  if (lateMs > thresholdMs / 2) return
  const lastBeatMs = beatMs()
  if (busy || lastBeatMs === blockedSinceMs || nowMs() - lastBeatMs < thresholdMs) return
  blockedSinceMs = lastBeatMs
  busy = report(lastBeatMs).finally(() => { busy = null })
}, TICK_MS)

/** @param {number} sinceMs time of the last heartbeat. */
async function report (sinceMs) {
  const stillBlocked = () => beatMs() === sinceMs
  const seen = await look(stillBlocked)
  const blocked = { blocked_ms: Math.round(nowMs() - sinceMs), threshold_ms: thresholdMs, goes_on: stillBlocked() }
  if (dsn !== null) await send(dsn, sdk, eventOf(event, blocked, seen))
}
