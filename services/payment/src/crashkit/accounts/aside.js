/**
 * Counting in the book from another thread of the process, which has slots of its own in the file.
 */
import { openSync, readSync, writeSync } from 'node:fs'

const NUMBER_BYTES = 8

/**
 * What such a thread is given.
 *
 * @typedef {object} Aside
 * @property {string} path of the file.
 * @property {string} book its id.
 * @property {Record<string, number>} positions where in the file each of its counts is.
 */

/**
 * Make the function that counts one. It throws nothing: a disk that fails costs a count, and no event.
 *
 * @param {Aside | null} aside none: nothing is counted.
 * @returns {(name: string) => void}
 */
export function counter (aside) {
  /** @type {number | null} */
  let file = null
  return name => {
    const position = aside?.positions[name]
    if (!aside || position === undefined) return
    try {
      file ??= openSync(aside.path, 'r+')
      const number = Buffer.alloc(NUMBER_BYTES)
      readSync(file, number, 0, NUMBER_BYTES, position)
      number.writeBigInt64LE(number.readBigInt64LE() + 1n)
      writeSync(file, number, 0, NUMBER_BYTES, position)
    } catch {
      // The main thread says what is wrong with the file when it counts itself.
    }
  }
}
