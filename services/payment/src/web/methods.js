/**
 * Tells a path that is unknown from a method that is not allowed.
 */
import { Problem } from '../crashkit/problem.js'

/** @import { RequestHandler, Router } from 'express' */

/**
 * What is used of a layer of Express' router; it is not documented, so a test holds it.
 *
 * @typedef {object} Layer
 * @property {(path: string) => boolean} match
 * @property {{ path: string, methods: Record<string, boolean> }} [route]
 * @property {{ stack?: Layer[] }} handle
 */

/**
 * Make the last of all handlers.
 *
 * @param {() => Router} router
 * @returns {RequestHandler}
 */
export function refusesTheRest (router) {
  return request => {
    const methods = [...methodsAt(/** @type {any} */ (router()).stack, request.path)]
    if (!methods.length) throw new Problem(404, 'unknown-path', `There is no ${request.path} here`)
    const detail = `${request.method} ${request.path}: Method Not Allowed; it takes ${methods.join(', ')}`
    throw new Problem(405, 'request', detail, { Allow: methods.join(', ') })
  }
}

/**
 * @param {Layer[]} stack
 * @param {string} path
 * @returns {Set<string>} in the order of the table.
 */
function methodsAt (stack, path) {
  /** @type {Set<string>} */
  const methods = new Set()
  for (const layer of stack) {
    if (layer.route && layer.match(path)) {
      for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase())
    }
    for (const method of layer.handle.stack ? methodsAt(layer.handle.stack, path) : []) methods.add(method)
  }
  return methods
}
