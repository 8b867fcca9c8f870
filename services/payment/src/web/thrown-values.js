/**
 * What a handler throws is a failure, whatever it is: the router takes nothing, and the words `route` and `router`, for
 * the wish to go on with the next handler, and answers as if the route were not there.
 */

/** @import { Express, RequestHandler } from 'express' */

const WORDS = new Set(['route', 'router'])

/**
 * A layer of the router, as far as it is touched here.
 *
 * @typedef {object} Layer
 * @property {Function & { stack?: Layer[] }} handle
 * @property {{ stack: Layer[] }} [route]
 */

/** What was thrown and would have been taken for something else. */
export class ThrownValue extends Error {
  name = 'ThrownValue'

  /** @param {unknown} value */
  constructor (value) {
    super('A handler has thrown something that is no error')
    this.value = value
  }
}

/**
 * See to it that every handler of an application fails when it throws.
 *
 * @param {Express} app with all of its routes.
 */
export function failsWhateverIsThrown (app) {
  guard(/** @type {Layer[]} */ (/** @type {unknown} */ (app.router.stack)))
}

/** @param {Layer[]} layers */
function guard (layers) {
  for (const layer of layers) {
    if (layer.route) guard(layer.route.stack)
    else if (layer.handle.stack) guard(layer.handle.stack)
    // With four parameters it is there for errors.
    else if (layer.handle.length < 4) layer.handle = guarded(/** @type {RequestHandler} */ (layer.handle))
  }
}

/**
 * @param {RequestHandler} handle
 * @returns {RequestHandler}
 */
function guarded (handle) {
  return (request, response, next) => {
    try {
      const answer = /** @type {unknown} */ (handle(request, response, next))
      return /** @type {void} */ (answer instanceof Promise ? answer.catch(fails) : answer)
    } catch (thrown) {
      return fails(thrown)
    }
  }
}

/**
 * @param {unknown} thrown
 * @returns {never}
 */
function fails (thrown) {
  throw !thrown || WORDS.has(/** @type {string} */ (thrown)) ? new ThrownValue(thrown) : thrown
}
