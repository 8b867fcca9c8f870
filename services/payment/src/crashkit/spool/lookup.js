/**
 * Looks up names for all that is sent to Sentry, one lookup of a name at a time.
 *
 * A lookup holds one of the process's four threads until the resolver answers or is given up, which takes many seconds,
 * also when whoever asked has long given up. Four of them and nobody in the process gets a name, a file or a packed byte.
 */
import dns from 'node:dns'

/** @import { LookupFunction } from 'node:net' */

/** @type {Map<string, Parameters<LookupFunction>[2][]>} */
const waiting = new Map()

/** @type {LookupFunction} */
export function lookup (host, options, found) {
  const asked = JSON.stringify([host, options.all, options.family, options.hints])
  const others = waiting.get(asked)
  if (others) {
    others.push(found)
    return
  }
  const all = [found]
  waiting.set(asked, all)
  dns.lookup(host, options, (...answer) => {
    waiting.delete(asked)
    for (const tell of all) tell(...answer)
  })
}
