/**
 * What a process counts of its own items, so that each is somewhere: received, waiting, discarded for a reason. The twin of
 * `crashkit.accounts.book` (docs/accounts.md).
 */
import { join } from 'node:path'

import { Slots } from './slots.js'

const FILE = 'book'
// An attachment goes with its event, and is counted with it.
const UNCOUNTED = new Set(['attachment'])
const IN_DOUBT = new Map([['memory', 'in_doubt'], ['open', 'cut_off']])

// What the thread of the watchdog counts by itself.
export const OF_THE_WATCHDOG = ['captured/event', 'delivered/event', 'discarded/event/network_error']

/**
 * The book of one process, or of all processes that followed each other in one pod.
 */
export class Book {
  /** @type {Slots} */
  #slots
  /** @type {Record<string, number>} */
  #spooledBefore

  /** @param {string | null} stateDir a folder that outlives the container; none: the book ends with the process. */
  constructor (stateDir) {
    this.#slots = new Slots(stateDir === null ? null : join(stateDir, FILE))
    /** @type {Pick<import('../spool/store.js').Store, 'files' | 'counts'> | null} */
    this.store = null
    if (this.#slots.get('running')) {
      this.#slots.add('killed')
      this.#leaveInDoubt()
    }
    this.#spooledBefore = Object.fromEntries([...this.#slots.all()].filter(([name]) => name.startsWith('spool/')))
    this.#slots.add('starts')
    this.#slots.put('running', 1)
  }

  /** 32 hex digits; stands in the header of each envelope, so that the sink knows whose it is. */
  get id () {
    return this.#slots.id
  }

  /**
   * Count items that are in memory now, and must become something.
   *
   * @param {string} type
   */
  captured (type) {
    if (UNCOUNTED.has(type)) return
    this.#slots.add(`memory/${type}`)
    this.#slots.add(`captured/${type}`)
  }

  /**
   * Count an item out of memory that is on disk now.
   *
   * @param {string} type
   */
  onItsWay (type) {
    this.#slots.add(`memory/${type}`, -1)
  }

  /**
   * Count an item that was answered 2xx.
   *
   * @param {string} type
   */
  delivered (type) {
    if (UNCOUNTED.has(type)) return
    this.#slots.add(`delivered/${type}`)
    this.#slots.add(`memory/${type}`, -1)
  }

  /**
   * Count an item that was captured and is given up.
   *
   * @param {string} type
   * @param {string} reason
   */
  discarded (type, reason) {
    if (UNCOUNTED.has(type)) return
    this.#slots.add(`discarded/${type}/${reason}`)
    this.#slots.add(`memory/${type}`, -1)
  }

  /**
   * Count an event that lay on disk and is given up.
   *
   * @param {string} reason
   */
  discardedFromDisk (reason) {
    this.#slots.add(`discarded/event/${reason}`)
  }

  /**
   * Count items that the SDK discarded before they were anything: a transaction for each request that is not sampled.
   * Such a count is in the file a second later, with the next figures; what dies before is missing on both sides of the
   * sum.
   *
   * @param {string} type
   * @param {string} reason
   * @param {number} number
   */
  neverSent (type, reason, number) {
    this.#slots.addLater(`discarded/${type}/${reason}`, number)
    this.#slots.addLater(`captured/${type}`, number)
  }

  /**
   * Count a firing that begins.
   *
   * @param {string} caseId
   */
  fired (caseId) {
    this.#slots.add(`open/${caseId}`)
    this.#slots.add(`fired/${caseId}`)
  }

  /**
   * Count a firing that is over; one that was stopped, or used up its budget, owes nothing.
   *
   * @param {string} caseId
   * @param {boolean} stopped
   */
  firedToTheEnd (caseId, stopped) {
    if (stopped) this.#slots.add(`stopped/${caseId}`)
    this.#slots.add(`open/${caseId}`, -1)
  }

  /** Close the book for now; what is still in memory ends with the process. */
  end () {
    this.#leaveInDoubt()
    this.#slots.put('running', 0)
  }

  /** Give what the thread of the watchdog needs to count by itself. */
  aside () {
    return this.#slots.aside(OF_THE_WATCHDOG)
  }

  /** Give all figures of this moment. */
  figures () {
    for (const [outcome, count] of Object.entries(this.store?.counts ?? {})) {
      const before = this.#spooledBefore[`spool/${outcome}`] ?? 0
      if (count) this.#slots.put(`spool/${outcome}`, before + count)
    }
    /** @type {Record<string, number>} */
    const counts = { running: 0, ...Object.fromEntries(this.#slots.all()) }
    // Those from the spool are counted there.
    const delivered = (counts['delivered/event'] ?? 0) + (counts['spool/delivered'] ?? 0)
    if (delivered) counts['delivered/event'] = delivered
    return { book: this.id, lasting: this.#slots.lasting, on_disk: this.store?.files ?? 0, counts }
  }

  #leaveInDoubt () {
    for (const [name, number] of this.#slots.all()) {
      const [kind = '', ...rest] = name.split('/')
      const into = IN_DOUBT.get(kind)
      if (!into || !number) continue
      if (number > 0) this.#slots.add(`${into}/${rest.join('/')}`, number)
      this.#slots.put(name, 0)
    }
  }
}
