/**
 * Sends what waits in a spool: at once where that goes well, later where it does not, for as long as the process lives.
 */
import { AsyncResource } from 'node:async_hooks'

import { smaller } from '../wire/trimming.js'
import { asSent } from './format.js'
import { TOO_LARGE, askedS, backoffS, becomes, limitedS } from './pace.js'

/** @import { Entry, Store } from './store.js' */
/** @import { Answer } from './pace.js' */

const MOST_AT_ONCE = 8
// Envelopes that are kept in memory, too, so that what is sent at once is not read again; the others are read when
// their turn comes (bytes).
const MOST_HELD_BYTES = 4 * 1024 * 1024
// Who waits for it, or captures anew, has it tried so soon after a failure.
const SOON_MS = 1000
const PAUSE_WHILE_AWAITED_MS = 250
const FIRST_DRAIN_MS = 2000
const DRAIN_MS = 5000
const DRAIN_STEP_MS = 500

const nowNs = () => BigInt(Date.now()) * 1_000_000n

/**
 * The sending end of a spool.
 */
export class Sender {
  #store
  #post
  #lost
  /** @type {Entry[]} */
  #waiting = []
  /** @type {Set<Entry>} */
  #leftovers = new Set()
  /** @type {Set<() => void>} */
  #watchers = new Set()
  // What is sent belongs to no request: neither to its trace, nor does it keep the memory of its scope.
  #outside = new AsyncResource('spool')
  #heldBytes = 0
  #inFlight = 0
  #failures = 0
  #failedMs = 0
  #soonMs = 0
  #notBeforeMs = 0
  #limitedUntilMs = 0
  #awaited = 0
  #ended = false
  /** @type {NodeJS.Timeout | undefined} */
  #next

  /**
   * @param {Store} store
   * @param {(body: import('./format.js').Body) => Promise<Answer>} post sends one envelope; never rejects.
   * @param {(reason: 'send_error' | 'internal_sdk_error') => void} lost is told of each event that is lost for good.
   */
  constructor (store, post, lost) {
    this.#store = store
    this.#post = post
    this.#lost = lost
  }

  /**
   * Send a file that was just written.
   *
   * @param {Entry} entry
   */
  add (entry) {
    const size = sizeOf(entry)
    if (this.#heldBytes + size > MOST_HELD_BYTES) entry.body = null
    else this.#heldBytes += size
    this.#waiting.push(entry)
    this.#notBeforeMs = Math.min(this.#notBeforeMs, this.#soonMs)
    this.#wake(0)
  }

  /**
   * Send what an earlier process has left, oldest first, before anything else.
   *
   * @param {number} withinMs how long to wait for it, and no longer than until the first failure; what is left then is
   *   sent in the background.
   * @returns {Promise<boolean>} whether nothing is left.
   */
  recover (withinMs) {
    const { found, bad } = this.#store.leftovers()
    for (let count = 0; count < bad; count += 1) this.#lost('internal_sdk_error')
    this.#waiting = [...found, ...this.#waiting]
    this.#leftovers = new Set(found)
    return this.#wait(() => this.#leftovers.size === 0, withinMs, () => this.#failures > 0)
  }

  /**
   * Send what waits before the end: for as long as two seconds, and on to five for as long as it gets less.
   *
   * @param {number} [spareMs] so much longer: a pod that was deleted takes its spool along.
   * @returns {Promise<boolean>} whether everything is sent; what is not is on disk.
   */
  async drain (spareMs = 0) {
    const endsMs = performance.now() + DRAIN_MS + spareMs
    let left = this.#waiting.length
    let whole = await this.flush(FIRST_DRAIN_MS + spareMs)
    while (!whole && this.#waiting.length < left && performance.now() < endsMs) {
      left = this.#waiting.length
      whole = await this.flush(Math.min(DRAIN_STEP_MS, endsMs - performance.now()))
    }
    this.#ended = true
    return whole
  }

  /**
   * Wait until everything is sent. Nobody waits for what cannot be: a limit that ends later, or the end.
   *
   * @param {number} withinMs
   * @returns {Promise<boolean>} whether everything is.
   */
  flush (withinMs) {
    return this.#wait(() => this.#waiting.length === 0 && this.#inFlight === 0, withinMs)
  }

  /**
   * @param {() => boolean} done
   * @param {number} withinMs
   * @param {() => boolean} [hopeless]
   * @returns {Promise<boolean>}
   */
  #wait (done, withinMs, hopeless = () => this.#ended) {
    const endsMs = performance.now() + withinMs
    this.#notBeforeMs = 0
    this.#awaited += 1
    this.#wake(0)
    return new Promise(resolve => {
      const end = (/** @type {boolean} */ whole) => {
        clearTimeout(timer)
        this.#watchers.delete(look)
        this.#awaited -= 1
        resolve(whole)
      }
      const look = () => {
        if (done()) end(true)
        else if (hopeless() || (this.#inFlight === 0 && this.#limitedUntilMs > endsMs)) end(false)
      }
      const timer = setTimeout(() => end(done()), withinMs)
      this.#watchers.add(look)
      look()
    })
  }

  /** @param {number} inMs */
  #wake (inMs) {
    clearTimeout(this.#next)
    this.#next = setTimeout(() => this.#outside.runInAsyncScope(() => this.#pump()), inMs)
    // The process may end meanwhile: that is what the files are for.
    if (!this.#awaited) this.#next.unref()
  }

  #pump () {
    const nowMs = performance.now()
    const beginsMs = Math.max(this.#notBeforeMs, this.#limitedUntilMs)
    // After a failure one goes ahead, and the others follow where it arrives.
    while (beginsMs <= nowMs && this.#inFlight < (this.#failures ? 1 : MOST_AT_ONCE)) {
      const place = this.#waiting.findIndex(entry => entry.dueMs <= nowMs)
      if (place < 0) break
      const [entry] = this.#waiting.splice(place, 1)
      if (entry) void this.#deliver(entry)
    }
    for (const look of this.#watchers) look()
    if (!this.#waiting.length || this.#inFlight) return
    const dueMs = Math.min(...this.#waiting.map(entry => entry.dueMs))
    this.#wake(Math.max(1, Math.max(beginsMs, dueMs) - nowMs))
  }

  /** @param {Entry} entry */
  async #deliver (entry) {
    this.#inFlight += 1
    const beganMs = performance.now()
    try {
      const body = this.#store.read(entry)
      this.#letGo(entry)
      if (body === null) {
        this.#leftovers.delete(entry)
        this.#lost('internal_sdk_error')
        return
      }
      this.#settle(entry, await this.#offer(entry, asSent(body, entry.writtenAtNs, nowNs())), beganMs)
    } finally {
      this.#inFlight -= 1
      this.#wake(0)
    }
  }

  /**
   * Send it, and while it is too large a smaller copy at once. The file stays as it is: another Sentry, or this one after
   * a change of its limit, may take it whole, and a copy that nobody has taken is not worth more than that.
   *
   * @param {Entry} entry
   * @param {import('./format.js').Body} body
   */
  async #offer (entry, body) {
    /** @type {Answer} */
    let answer = { status: TOO_LARGE }
    let copies = 0
    for (const copy of wholeAndSmaller(body)) {
      copies += 1
      if (copies <= entry.copy) continue
      answer = await this.#post(copy)
      if (becomes(answer.status) !== 'too_large') break
      entry.copy += 1
      if (this.#obey(answer)) return { status: null }
    }
    return answer
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   * @param {number} beganMs when it was sent.
   */
  #settle (entry, answer, beganMs) {
    this.#obey(answer)
    const meaning = becomes(answer.status)
    if (meaning === 'kept') {
      this.#putBack(entry, answer, beganMs)
      return
    }
    this.#failures = 0
    this.#notBeforeMs = 0
    this.#leftovers.delete(entry)
    const refused = meaning !== 'delivered'
    if (!refused && entry.copy) this.#store.trimmed(entry)
    this.#store.end(entry, refused ? 'refused' : 'delivered', answer.status)
    if (refused) this.#lost('send_error')
  }

  /**
   * @param {Answer} answer
   * @returns {boolean} whether nothing may be sent for a while.
   */
  #obey (answer) {
    const limitS = limitedS(answer)
    if (limitS > 0) this.#limitedUntilMs = Math.max(this.#limitedUntilMs, performance.now() + limitS * 1000)
    return limitS > 0
  }

  /**
   * @param {Entry} entry
   * @param {Answer} answer
   * @param {number} beganMs
   */
  #putBack (entry, answer, beganMs) {
    const nowMs = performance.now()
    const askedMs = this.#awaited ? 0 : askedS(answer) * 1000
    const pauseMs = (/** @type {number} */ failures) => this.#awaited ? PAUSE_WHILE_AWAITED_MS : backoffS(failures) * 1000
    // Those that were on their way together fail together, and count as one.
    if (beganMs >= this.#failedMs) this.#failures += 1
    this.#failedMs = nowMs
    // The next one tells whether Sentry chokes on this one only: if it passes, none had to wait.
    if (answer.status === null || this.#failures > 1 || askedS(answer)) {
      this.#notBeforeMs = nowMs + Math.max(askedMs, pauseMs(this.#failures))
      this.#soonMs = nowMs + Math.max(askedMs, SOON_MS)
    }
    if (answer.status === null) {
      this.#waiting.unshift(entry)
      return
    }
    // Others go first then: one event that Sentry chokes on must not hold up the rest.
    entry.failures += 1
    entry.dueMs = nowMs + pauseMs(entry.failures)
    this.#waiting.push(entry)
  }

  /** @param {Entry} entry */
  #letGo (entry) {
    this.#heldBytes -= sizeOf(entry)
    entry.body = null
  }
}

/** @param {import('./format.js').Body} body */
function * wholeAndSmaller (body) {
  yield body
  yield * smaller(body)
}

/** @param {Entry} entry */
function sizeOf ({ body, sizeBytes }) {
  return body === null ? 0 : sizeBytes
}
