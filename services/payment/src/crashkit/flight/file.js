/**
 * The file that the kubelet copies into the pod's status when the container dies, by SIGKILL too.
 */
import { constants, ftruncateSync, openSync, writeSync } from 'node:fs'

import { log } from '../logs.js'

/** The kubelet reads no more (bytes). */
export const MOST_BYTES = 4096

const SPACE = 0x20

/**
 * One text in a file, rewritten in place by one system call each time. Whatever goes wrong is said once in the log, and
 * is never in the way of the service.
 */
export class RecordFile {
  #path
  /** @type {number | null} */
  #descriptor = null
  #bytes = Buffer.alloc(MOST_BYTES, SPACE)
  #longest = 0
  #complained = false

  /** @param {string} path */
  constructor (path) {
    this.#path = path
    try {
      this.#descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o644)
      ftruncateSync(this.#descriptor)
    } catch (error) {
      this.#complain(error)
    }
  }

  /**
   * Put a text in place of the one before, with spaces over what is left of longer ones.
   *
   * @param {string} text at most `MOST_BYTES` long.
   */
  write (text) {
    if (this.#descriptor === null) return
    const length = this.#bytes.write(text)
    if (length < this.#longest) this.#bytes.fill(SPACE, length, this.#longest)
    else this.#longest = length
    try {
      writeSync(this.#descriptor, this.#bytes, 0, this.#longest, 0)
    } catch (error) {
      this.#complain(error)
    }
  }

  /** @param {unknown} error */
  #complain (error) {
    if (this.#complained) return
    this.#complained = true
    log.warning(`the flight record cannot be kept in ${this.#path}; TERMINATION_LOG must name a writable file`, error)
  }
}
