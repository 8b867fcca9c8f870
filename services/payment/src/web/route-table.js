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
 * @returns {(method: string, path: string) => string} gives method and path as the table has it.
 */
export function routeTable (router) {
  /** @type {Map<string, Layer[]> | undefined} */
  let layers
  /** @type {Map<string, string>} */
  const known = new Map()
  return (method, path) => {
    const asked = `${method} ${path}`
    const route = known.get(asked)
    if (route !== undefined) return route
    layers ??= byBeginning(routesIn(/** @type {any} */ (router()).stack))
    try {
      const found = layers.get(beginningOf(path))?.find(layer => takes(layer.route, method) && layer.match(path))
      // Where nothing in it varies it is asked for again; of those there are no more than in the table.
      if (found?.route?.path === path) known.set(asked, asked)
      return `${method} ${found?.route?.path ?? UNKNOWN}`
    } catch {
      // A path that cannot be decoded; the router will say so.
      return `${method} ${UNKNOWN}`
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
 * Few are asked then: a request pays for each pattern that is tried.
 *
 * @param {Layer[]} layers
 */
function byBeginning (layers) {
  return Map.groupBy(layers, ({ route }) => beginningOf(route?.path ?? ''))
}

/**
 * @param {string} path whose first part is none that varies.
 */
function beginningOf (path) {
  const ends = path.indexOf('/', 1)
  return ends < 0 ? path : path.slice(0, ends)
}

/**
 * @param {Layer['route']} route
 * @param {string} method
 */
function takes (route, method) {
  const { methods = {} } = route ?? {}
  return Boolean(methods[method.toLowerCase()] ?? methods._all ?? (method === 'HEAD' && methods.get))
}
