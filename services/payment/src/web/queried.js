/**
 * Reading a parameter of the query.
 */

/** @import { Request } from 'express' */

/**
 * Give its value.
 *
 * @param {Request} request
 * @param {string} name
 * @returns {string | undefined} the last, where it is given several times.
 */
export function queried (request, name) {
  const given = [request.query[name]].flat().at(-1)
  return typeof given === 'string' ? given : undefined
}
