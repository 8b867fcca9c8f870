/**
 * Whatever was thrown, as something that can be reported: JavaScript throws anything, also what fails when it is read.
 */
import { types } from 'node:util'

const UNREADABLE = 'Something was thrown that cannot be read'
const NO_VALUE = '[cannot be read]'
// A ring of causes has no end.
const MOST_CAUSES = 10

/**
 * Give what the SDK can report: an error as it is, where it can be read; of an object that is no error a copy, because
 * the SDK marks what it has captured, and drops the same object without a word when it comes again; who rejects with an
 * object of his own may well keep one for all times.
 *
 * @param {unknown} thrown
 * @returns {unknown}
 */
export function presentable (thrown) {
  try {
    if (typeof thrown === 'symbol' || typeof thrown === 'function') return String(thrown)
    if (typeof thrown !== 'object' || thrown === null) return thrown
    return isError(thrown) ? readable(thrown) : copied(thrown)
  } catch (error) {
    return new Error(UNREADABLE, { cause: String(error) })
  }
}

/**
 * Give the text of it for a log line: the stack, where there is one.
 *
 * @param {unknown} thrown
 * @returns {string}
 */
export function textOf (thrown) {
  try {
    return (isError(thrown) && thrown.stack) || String(thrown)
  } catch {
    return typeof thrown === 'object' ? keysOf(thrown) : UNREADABLE
  }
}

/**
 * Errors of another realm (a context of `vm`) are none by `instanceof`.
 *
 * @param {unknown} thrown
 * @returns {thrown is Error}
 */
function isError (thrown) {
  return types.isNativeError(thrown) || thrown instanceof Error
}

/**
 * @param {Error} error
 * @throws {unknown} whatever its getters throw, those of its causes included.
 */
function readable (error) {
  for (let at = /** @type {unknown} */ (error), count = 0; isError(at) && count < MOST_CAUSES; at = at.cause, count += 1) {
    void `${at.name}${at.message}${at.stack}`
  }
  return error
}

/** @param {object} thrown */
function copied (thrown) {
  const copy = Object.create(Object.getPrototypeOf(thrown))
  for (const key of Object.keys(thrown)) {
    let value
    try {
      value = Reflect.get(thrown, key)
    } catch {
      value = NO_VALUE
    }
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return copy
}

/** @param {object | null} thrown */
function keysOf (thrown) {
  try {
    return `an object with the keys ${Object.keys(thrown ?? {}).join(', ')}`
  } catch {
    return UNREADABLE
  }
}
