/**
 * The thread of the watchdog: from a late heartbeat to one event, and from memory near its limit to one.
 */
import { readFileSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

import { watchMemory } from '../memory/watch.js'
import { look } from './look.js'
import { eventOf, say, send } from './report.js'

const order = /** @type {import('./protocol.js').Order} */ (workerData)
const { beats, thresholdMs } = order
const NS_PER_MS = 1e6
const TICK_MS = thresholdMs / 10

const nowMs = () => Number(process.hrtime.bigint()) / NS_PER_MS
const beatMs = () => Number(Atomics.load(beats, 0)) / NS_PER_MS

// The main thread has the id of the process.
const SCHEDULER = `/proc/self/task/${process.pid}/schedstat`
// On a busy machine a turn of the loop may take long because others have the processor. A block is what has run for
// this share of the threshold, or does not want to run: it waits for something else.
const RUN_SHARE = 0.4
const WAITED_SHARE = 0.5

let tickedMs = nowMs()
let atBeat = { beatMs: 0, ranMs: 0, waitedMs: 0 }
let blockedSinceMs = 0
/** @type {Promise<void> | null} */
let busy = null

setInterval(() => {
  const lateMs = nowMs() - tickedMs
  tickedMs = nowMs()
  // Where this thread itself did not run, the whole process had no processor: that is no block.
  if (lateMs > thresholdMs / 2) return
  const lastBeatMs = beatMs()
  if (atBeat.beatMs !== lastBeatMs) atBeat = { beatMs: lastBeatMs, ...scheduled() }
  if (busy || lastBeatMs === blockedSinceMs || !isBlocked(nowMs() - lastBeatMs)) return
  blockedSinceMs = lastBeatMs
  busy = report(lastBeatMs).finally(() => { busy = null })
}, TICK_MS)

/** @param {number} silentMs since the last heartbeat. */
function isBlocked (silentMs) {
  if (silentMs < thresholdMs) return false
  const { ranMs, waitedMs } = scheduled()
  return ranMs - atBeat.ranMs >= thresholdMs * RUN_SHARE || waitedMs - atBeat.waitedMs < silentMs * WAITED_SHARE
}

/**
 * Look, and begin to tell. The next block is not missed while Sentry takes its time to answer.
 *
 * @param {number} sinceMs time of the last heartbeat.
 */
async function report (sinceMs) {
  const stillBlocked = () => beatMs() === sinceMs
  const seen = await look(stillBlocked)
  const blocked = { blocked_ms: Math.round(nowMs() - sinceMs), threshold_ms: thresholdMs, goes_on: stillBlocked() }
  void tell(eventOf(order.event, blocked, seen), 'a block')
}

/**
 * @param {Record<string, any>} event is on disk when this returns, where there is a spool.
 * @param {string} what it tells of.
 */
async function tell (event, what) {
  const spooled = await send(order, event, what)
  if (spooled) parentPort?.postMessage(spooled)
}

if (order.dsn !== null) {
  const warn = (/** @type {Record<string, any>} */ event) => void tell(event, 'memory near its limit')
  watchMemory(order.memory, order.event, warn, message => say(message, order.event.tags?.service))
}

/** Give how long the main thread has run, and how long it could have and had no processor; 0 where nobody says. */
function scheduled () {
  try {
    const [ranNs, waitedNs] = readFileSync(SCHEDULER, 'utf8').split(' ')
    return { ranMs: Number(ranNs) / NS_PER_MS, waitedMs: Number(waitedNs) / NS_PER_MS }
  } catch {
    return { ranMs: 0, waitedMs: 0 }
  }
}
