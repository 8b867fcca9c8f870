/**
 * The blocked event loop: change is paid out in as few coins as possible, found by trying everything.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setImmediate as turn } from 'node:timers/promises'

import { profiled } from '../crashkit/profiling.js'

const COINS = [200, 100, 50, 20, 10, 5, 2, 1]
const AMOUNT_MINOR = 12_345
const RESOLUTION_MS = 10
const NS_PER_MS = 1e6
const CHECK_EVERY = 10_000

/**
 * Look for the fewest coins, without giving the event loop back. Nothing else runs meanwhile: a DELETE arrives only
 * when the budget has ended the search.
 *
 * It captures nothing itself: the watchdog reports the block while it lasts.
 *
 * @param {import('../crashkit/run.js').Run} run `run.budget.wall_s` (seconds) ends it.
 * @returns {Promise<import('./index.js').Report>} `blocked_ms`: how long nothing else could run;
 *   `event_loop_delay_ms`: by how much a timer of that time came late; `tries`: how many handfuls of coins were tried.
 */
export async function block (run) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  // The monitor measures from one tick of its timer to the next, and needs the first one before the block.
  while (delay.count === 0) await turn()
  const search = { blockedMs: 0, tries: 0 }
  await profiled(() => {
    const startedMs = performance.now()
    search.tries = new Till(run).countCoins(AMOUNT_MINOR)
    search.blockedMs = performance.now() - startedMs
  })
  const before = delay.count
  while (delay.count === before) await turn()
  delay.disable()
  return {
    blocked_ms: Math.round(search.blockedMs),
    event_loop_delay_ms: Math.round(delay.max / NS_PER_MS - RESOLUTION_MS),
    tries: search.tries
  }
}

/**
 * Pays out change.
 */
class Till {
  #run
  #tries = 0
  #ended = false

  /** @param {import('../crashkit/run.js').Run} run */
  constructor (run) {
    this.#run = run
  }

  /**
   * Try every handful of coins.
   *
   * @param {number} amountMinor
   * @returns {number} how many were tried until the budget was used up.
   */
  countCoins (amountMinor) {
    this.#fewestCoins(amountMinor)
    return this.#tries
  }

  /**
   * @param {number} restMinor
   * @returns {number} coins.
   */
  #fewestCoins (restMinor) {
    this.#tries += 1
    // The mistake: the same rest is looked at again and again, and nobody counts how long it takes.
    if (this.#tries % CHECK_EVERY === 0) this.#ended = this.#run.elapsedS >= this.#run.budget.wall_s
    if (restMinor === 0 || this.#ended) return 0
    let fewest = Infinity
    for (const coin of COINS) {
      if (coin <= restMinor && !this.#ended) fewest = Math.min(fewest, 1 + this.#fewestCoins(restMinor - coin))
    }
    return fewest
  }
}
