/**
 * Whatever was thrown, as something that can be reported: JavaScript throws anything, also what fails when it is read.
 */
import { types } from 'node:util'

const UNREADABLE = 'Something was thrown that cannot be read'
const NO_VALUE = '[cannot be read]'
// A ring of causes has no end, and a thousand failures that are held together say no more than the first ones.
const MOST_BELOW = 20
// What is more of an object is not shown anyway, and only copying it would keep the event loop for seconds.
const MOST_KEYS = 100
const MOST_DEPTH = 3
const MOST_CHARACTERS = 1024

/**
 * Give what the SDK can report: an error as it is, where it can be read, with its causes and what it holds; of an object
 * that is no error a copy, because the SDK marks what it has captured, and drops the same object without a word when it
 * comes again; who rejects with an object of his own may well keep one for all times.
 *
 * @param {unknown} thrown
 * @returns {unknown}
 */
export function presentable (thrown) {
  return presented(thrown, new Map())
}

/**
 * @param {unknown} thrown
 * @param {Map<unknown, unknown>} seen what was looked at already, with what stands for it.
 * @returns {unknown}
 */
function presented (thrown, seen) {
  try {
    if (typeof thrown === 'symbol' || typeof thrown === 'function') return String(thrown)
    if (typeof thrown !== 'object' || thrown === null) return thrown
    return isError(thrown) ? readable(thrown, seen) : copied(thrown)
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
 * Give an error as it is, or, where only what is below it cannot be read, one like it without that.
 *
 * @param {Error} error
 * @param {Map<unknown, unknown>} seen what was looked at already, with what stands for it.
 * @throws {unknown} whatever its getters throw.
 */
function readable (error, seen) {
  const { name, message, stack } = error
  void `${name}${message}${stack}`
  seen.set(error, error)
  const cause = read(error, 'cause')
  const held = read(error, 'errors')
  const errors = Array.isArray(held) ? held : []
  const shown = errors.slice(0, MOST_BELOW).map(one => below(one, seen))
  const shownCause = below(cause, seen)
  const isWhole = ![cause, held].includes(NO_VALUE) && shownCause === cause && errors.every((one, place) => one === shown[place])
  if (isWhole) return error
  const like = new Error(message, cause === undefined ? {} : { cause: shownCause })
  for (const [key, value] of Object.entries({ name, stack, ...(shown.length ? { errors: shown } : {}) })) {
    Object.defineProperty(like, key, { value, configurable: true, writable: true })
  }
  return like
}

/**
 * Give what stands for a part of an error: the part itself, where it can be read.
 *
 * @param {unknown} part
 * @param {Map<unknown, unknown>} seen
 */
function below (part, seen) {
  if (!isObject(part) || !isErrorOrHostile(part)) return part
  if (!seen.has(part)) seen.set(part, seen.size < MOST_BELOW ? presented(part, seen) : undefined)
  return seen.get(part)
}

/**
 * @param {object} of
 * @param {string} key
 */
function read (of, key) {
  try {
    return Reflect.get(of, key)
  } catch {
    return NO_VALUE
  }
}

/**
 * @param {unknown} value
 * @returns {value is object}
 */
function isObject (value) {
  return typeof value === 'object' && value !== null
}

/** @param {object} value an object that fails when it is only asked what it is has to be presented too. */
function isErrorOrHostile (value) {
  try {
    return isError(value)
  } catch {
    return true
  }
}

/**
 * @param {object} thrown
 * @param {number} [depth] how many levels are copied.
 */
function copied (thrown, depth = MOST_DEPTH) {
  if (ArrayBuffer.isView(thrown)) return `${thrown.constructor.name} of ${thrown.byteLength} bytes`
  if (Array.isArray(thrown)) return thrown.slice(0, MOST_KEYS).map(value => within(value, depth - 1))
  const copy = Object.create(Object.getPrototypeOf(thrown))
  for (const key of Object.keys(thrown).slice(0, MOST_KEYS)) {
    const value = within(read(thrown, key), depth - 1)
    Object.defineProperty(copy, key, { value, enumerable: true, configurable: true, writable: true })
  }
  return copy
}

/**
 * Give a part of an object that was thrown, without what nobody will see.
 *
 * @param {unknown} value
 * @param {number} depth
 * @returns {unknown}
 */
function within (value, depth) {
  if (typeof value === 'string' && value.length > MOST_CHARACTERS) return `${value.slice(0, MOST_CHARACTERS - 3)}...`
  if (!isObject(value) || types.isProxy(value) || isErrorOrHostile(value)) return value
  if (depth < 0) return Array.isArray(value) ? '[Array]' : '[Object]'
  return isPlain(value) ? copied(value, depth) : value
}

/** @param {object} value whether it is made of members only, and not of something that a copy would lack. */
function isPlain (value) {
  return Array.isArray(value) || ArrayBuffer.isView(value) || [Object.prototype, null].includes(Object.getPrototypeOf(value))
}

/** @param {object | null} thrown */
function keysOf (thrown) {
  try {
    return `an object with the keys ${Object.keys(thrown ?? {}).join(', ')}`
  } catch {
    return UNREADABLE
  }
}
