/**
 * Which route a request will take, before it has taken it.
 */

/** @import { Router } from 'express' */
/** @import { Layer } from './methods.js' */

const UNKNOWN = 'unknown'

/**
 * Make the look-up. The table is read at the first request, when it is complete.
 *
 * @param {() => Router} router
 * @returns {(method: string, path: string) => string} gives the path as the table has it.
 */
export function routeTable (router) {
  /** @type {Layer[] | undefined} */
  let layers
  return (method, path) => {
    layers ??= routesIn(/** @type {any} */ (router()).stack)
    try {
      const found = layers.find(({ route, match }, place) => takes(route, method) && match.call(layers?.[place], path))
      return found?.route?.path ?? UNKNOWN
    } catch {
      // A path that cannot be decoded; the router will say so.
      return UNKNOWN
    }
  }
}

/**
 * @param {Layer[]} stack
 * @returns {Layer[]}
 */
function routesIn (stack) {
  return stack.flatMap(layer => layer.route ? [layer] : routesIn(layer.handle.stack ?? []))
}

/**
 * @param {Layer['route']} route
 * @param {string} method
 */
function takes (route, method) {
  return Boolean(route?.methods[method.toLowerCase()] ?? route?.methods._all)
}
