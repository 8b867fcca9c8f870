/**
 * The same error told twice is one event; the same error thrown by two requests is two.
 */
import { types } from 'node:util'

// How the SDK marks an error that it has captured, and by which it drops it without a word when it comes again.
const MARK = '__sentry_captured__'

/**
 * Where each error was told last.
 *
 * @type {WeakMap<object, WeakRef<object>>}
 */
const told = new WeakMap()

/**
 * Say whether an error is to be told, and see to it that the SDK tells it. An error may be a constant of a module, and
 * frozen: then the SDK could not mark it, and would tell it twice.
 *
 * @param {unknown} thrown
 * @param {object} scope of the request in which it is told.
 * @returns {boolean}
 */
export function isNew (thrown, scope) {
  // Asks the engine, and nothing that could answer by throwing.
  if (!types.isNativeError(thrown)) return true
  const before = told.get(thrown)?.deref()
  if (before === scope) return false
  if (before) Reflect.deleteProperty(thrown, MARK)
  told.set(thrown, new WeakRef(scope))
  return true
}
