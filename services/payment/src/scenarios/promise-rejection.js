/**
 * Unhandled rejections: a promise fails, and nobody is there to learn of it.
 */
import { setTimeout as pause } from 'node:timers/promises'

import { wayOf } from './ways.js'

const BONUS_RULES = '{"spins": 100, "bonus":'
const LOSS_LIMIT = { code: 'limit-reached', limit: 'loss-per-day', level: 'gold' }
const BANK_TAKES_MS = 60_000

/**
 * Start what the case names, and answer without waiting for it.
 *
 * @param {import('../crashkit/run.js').Run} run `run.case.caseName` is a key of `WAYS`.
 * @returns {Promise<import('./index.js').Report>} what was started.
 */
export async function reject (run) {
  return wayOf(WAYS, run)()
}

/**
 * Read the rules of the bonus, and book it.
 *
 * @throws {SyntaxError} always; the rules were cut off when they were stored.
 */
async function bookBonus () {
  const rules = JSON.parse(BONUS_RULES)
  return rules.bonus
}

function forgetAwait () {
  // The mistake: `await` was forgotten.
  void bookBonus()
  return { started: 'bonus' }
}

/**
 * Ask for a player's limit in the way of a library from before there were errors: it rejects with its own answer.
 */
async function askLimit () {
  return Promise.reject(LOSS_LIMIT)
}

function forgetAnswer () {
  void askLimit().then(limit => limit)
  return { started: 'limit' }
}

/**
 * Wait for the bank's answer.
 *
 * @param {AbortSignal} signal given when the player leaves.
 * @throws {Error} AbortError, when the player left first.
 */
async function awaitBank (signal) {
  return pause(BANK_TAKES_MS, 'paid', { signal })
}

function leaveTable () {
  const leaving = new AbortController()
  void awaitBank(leaving.signal)
  // The mistake: who aborts something must also expect that it fails.
  leaving.abort()
  return { started: 'bank', aborted: true }
}

/** @type {Readonly<Record<string, () => import('./index.js').Report>>} */
const WAYS = {
  error: forgetAwait,
  'not-an-error': forgetAnswer,
  abort: leaveTable
}
