/**
 * How long one request may still take. Its turn in the queue and all its statements share one.
 */
export class Deadline {
  #endsMs

  /** @param {number} withinMs from now. */
  constructor (withinMs) {
    this.#endsMs = performance.now() + withinMs
  }

  /** Milliseconds left; whole, and never negative. */
  get leftMs () {
    return Math.max(0, Math.floor(this.#endsMs - performance.now()))
  }
}
