/**
 * A clock that a test moves: what is due happens in order, and what it started is waited for.
 */
export class Clock {
  #now
  #due = []
  #count = 0

  constructor (now = 1_700_000_000_000) {
    this.#now = now
  }

  now = () => this.#now

  later = (ms, work) => {
    const entry = { at: this.#now + ms, number: this.#count++, work }
    this.#due.push(entry)
    return () => { this.#due = this.#due.filter(one => one !== entry) }
  }

  get waiting () {
    return this.#due.map(entry => entry.at - this.#now).sort((one, other) => one - other)
  }

  async pass (ms) {
    const until = this.#now + ms
    for (;;) {
      this.#due.sort((one, other) => one.at - other.at || one.number - other.number)
      const [next] = this.#due
      if (!next || next.at > until) break
      this.#due.shift()
      this.#now = next.at
      next.work()
      await idle()
    }
    this.#now = until
    await idle()
  }
}

/** Let everything that waits for nothing but promises go on. */
export async function idle () {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => void setImmediate(resolve))
}
