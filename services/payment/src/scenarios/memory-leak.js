/**
 * The memory leak: what payment keeps for each player, and never lets go.
 */
import { setImmediate as turn, setTimeout as pause } from 'node:timers/promises'

import { AllocationSampler } from './allocations.js'
import { giveBack, heapFigures, mib } from './heap.js'
import { HOARDS } from './hoards.js'
import { reachability, survivors } from './reachability.js'

// Players come one after the other, and so does what is kept for them.
const PLAYER_MS = 4
// When less than this is left, the next pieces may be the last that this process takes (MiB).
const RESERVE_MIB = 24
const FLUSH_MS = 2000

let pieces = 0

/**
 * Keep one piece of 1 MiB after the other until the budget is used up, and hold them after the answer.
 *
 * Repeated firings add up: that is how the cases that kill reach their limit. The warning is sent before the limit,
 * because afterwards there is nobody left to send it.
 *
 * @param {import('../crashkit/run.js').Run} run its case begins with the name of a hoard; `run.budget.memory_mib` is
 *   what this firing adds (MiB), `run.budget.hold_s` how long it stays.
 * @param {import('./index.js').Context} context
 * @returns {Promise<import('./index.js').Report>} `added_mib` and `held_mib`, what this firing added and what all of
 *   them hold of that kind (MiB).
 * @throws {import('../crashkit/run.js').RunEnded} it was stopped, or took longer than its budget; what it added is
 *   freed.
 */
export async function leak (run, { sentry }) {
  const hoard = (run.case.caseName ?? '').startsWith('heap') ? HOARDS.heap : HOARDS.buffers
  const mortal = (run.case.expect.pod?.ends ?? 'none') !== 'none'
  const sampler = new AllocationSampler()
  const outsideBefore = process.memoryUsage().external
  /** @type {string[]} */
  const added = []
  let warned = false
  const warn = async () => {
    warned = true
    // Not near the limit: V8 takes a collection that frees nothing for the end.
    const proof = mortal ? {} : await survivors(hoard, added)
    // After each collection the event loop turns: together they might block it for long enough to be reported.
    await turn()
    sentry.setContext('allocations', allocations(hoard, sampler, outsideBefore))
    await turn()
    sentry.setContext('reachability', { ...reachability(hoard), ...proof })
    sentry.setContext('leak', leakFigures(run, hoard, added.length))
    sentry.setContext('v8_heap', heapFigures())
    sentry.captureMessage(hoard.message, 'warning')
    if (mortal) await sentry.flush(FLUSH_MS)
  }

  sampler.start()
  try {
    while (added.length < run.budget.memory_mib) {
      run.check()
      if (mortal && !warned && isNear(hoard)) await warn()
      added.push(keep(hoard))
      // Meanwhile the event loop turns: answers, the flush and a DELETE get through.
      await pause(PLAYER_MS)
    }
    run.check()
    if (!warned) await warn()
  } catch (error) {
    forget(hoard, added)
    throw error
  } finally {
    sampler.stop()
  }
  run.hold(() => forget(hoard, added))
  return { added_mib: added.length, held_mib: hoard.held.size }
}

/**
 * @param {import('./hoards.js').Hoard} hoard
 * @returns {string} the key of the new piece.
 */
function keep (hoard) {
  pieces += 1
  const key = `player-7:${pieces}`
  hoard.held.set(key, hoard.make())
  return key
}

/**
 * @param {import('./hoards.js').Hoard} hoard
 * @param {string[]} keys
 */
function forget (hoard, keys) {
  for (const key of keys.splice(0)) hoard.held.delete(key)
  giveBack()
}

/**
 * Say whether the end may come with the next pieces. A limit that nobody tells counts as near.
 *
 * @param {import('./hoards.js').Hoard} hoard
 */
function isNear (hoard) {
  const { leftMib } = hoard.limit()
  return leftMib === null || leftMib < RESERVE_MIB
}

/**
 * @param {import('../crashkit/run.js').Run} run
 * @param {import('./hoards.js').Hoard} hoard
 * @param {number} addedMib
 */
function leakFigures (run, hoard, addedMib) {
  const { limitMib, leftMib } = hoard.limit()
  return {
    kind: hoard.kind,
    added_mib: addedMib,
    held_mib: hoard.held.size,
    budget_mib: run.budget.memory_mib,
    ends_at: hoard.endsAt,
    limit_mib: limitMib ?? 'unknown',
    left_mib: leftMib ?? 'unknown'
  }
}

/**
 * Say who allocated it. The profiler sees the V8 heap alone; of a Buffer that is only the handle.
 *
 * @param {import('./hoards.js').Hoard} hoard
 * @param {AllocationSampler} sampler
 * @param {number} outsideBefore what V8 knew of outside its heap when the firing began (bytes).
 */
function allocations (hoard, sampler, outsideBefore) {
  const sees = hoard === HOARDS.heap
    ? 'what is held of the V8 heap'
    : 'the V8 heap alone; Buffers lie outside of it, and no profiler of V8 names who made them: see outside_grown_mib'
  return { sees, ...sampler.top(), outside_grown_mib: mib(process.memoryUsage().external - outsideBefore) }
}
