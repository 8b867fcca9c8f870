/**
 * Where a process stands between start and end: ready, draining, how many requests are open, how often it was restarted.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'

import { log } from './logs.js'
import { monotonicS } from './run.js'

const BOOTS_FILE = 'boots'
const POLL_MS = 50

/**
 * The state that the probes and the drain share.
 */
export class Lifecycle {
  /**
   * @param {string | null} stateDir a folder that outlives the container but not the pod (an `emptyDir`); none where
   *   there is none.
   */
  constructor (stateDir) {
    this.startedS = monotonicS()
    this.startedAt = performance.timeOrigin / 1000
    this.ready = false
    this.draining = false
    this.openRequests = 0
    this.restartCount = countBoot(stateDir)
  }

  /** Whether new requests are welcome. */
  get accepts () {
    return this.ready && !this.draining
  }

  /**
   * Refuse readiness and wait until no request is open.
   *
   * @param {number} withinS how long to wait at the most (seconds).
   * @returns {Promise<boolean>} whether all requests ended in time.
   */
  async drain (withinS) {
    this.draining = true
    const deadlineS = monotonicS() + withinS
    while (this.openRequests && monotonicS() < deadlineS) await pause(POLL_MS)
    return this.openRequests === 0
  }
}

/**
 * Count the starts of this container in its pod.
 *
 * @param {string | null} stateDir
 * @returns {number | null} restarts, as `kubectl get pods` shows them; none where there is no folder to count in.
 */
function countBoot (stateDir) {
  if (stateDir === null) return null
  const file = join(stateDir, BOOTS_FILE)
  const before = readCount(file)
  try {
    // Renamed into place: a container that is killed meanwhile must not lose the count.
    writeFileSync(`${file}.new`, String(before + 1))
    renameSync(`${file}.new`, file)
  } catch (error) {
    log.warning(`restarts cannot be counted: ${String(error)}; STATE_DIR must name a writable folder`)
    return null
  }
  return before
}

/** @param {string} file */
function readCount (file) {
  try {
    const count = Number(readFileSync(file, 'utf8'))
    return Number.isInteger(count) ? count : 0
  } catch {
    return 0
  }
}
