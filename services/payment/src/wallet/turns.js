/**
 * Lets the work of one name go one after the other inside this process.
 *
 * It makes lost races rare and is no part of what keeps money right: other processes do not queue here.
 */
export class Turns {
  /** @type {Map<string, Promise<void>>} */
  #last = new Map()

  /** How many names have work now. */
  get size () {
    return this.#last.size
  }

  /**
   * Do some work when everything before it under the same name is done.
   *
   * @template Result
   * @param {string} name
   * @param {import('./deadline.js').Deadline} deadline how long to wait for the turn.
   * @param {() => Promise<Result>} work
   * @param {() => Error} late makes the error of a turn that did not come in time.
   * @returns {Promise<Result>}
   */
  async take (name, deadline, work, late) {
    const before = this.#last.get(name)
    /** @type {PromiseWithResolvers<void>} */
    const mine = Promise.withResolvers()
    const tail = before ? before.then(() => mine.promise) : mine.promise
    this.#last.set(name, tail)
    try {
      if (before && !await within(before, deadline.leftMs)) throw late()
      return await work()
    } finally {
      mine.resolve()
      tail.then(() => { if (this.#last.get(name) === tail) this.#last.delete(name) })
    }
  }
}

/**
 * @param {Promise<void>} event
 * @param {number} withinMs
 * @returns {Promise<boolean>} whether it happened in time.
 */
async function within (event, withinMs) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer
  /** @type {Promise<boolean>} */
  const late = new Promise(resolve => { timer = setTimeout(resolve, withinMs, false) })
  try {
    return await Promise.race([event.then(() => true), late])
  } finally {
    clearTimeout(timer)
  }
}
