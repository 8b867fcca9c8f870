/**
 * Cuts an event until it has the size that is asked for.
 */
import { bytesOf } from './bytes.js'
import { CONTEXT, CUTS } from './cuts.js'
import { Marks, isObject } from './marks.js'

/** @import { Json } from './marks.js' */

// Sentry's own limit is 1 MiB for an event, and the envelope has its own lines.
export const MOST_EVENT_BYTES = 1_000_000
const TAG = 'trimmed'
const YES = 'true'

/**
 * Cut an event until it fits, or nothing is left to cut, and say so in it.
 *
 * @param {Json} event is cut in place.
 * @param {number} mostBytes that its JSON shall have.
 * @param {number} originalBytes that it had, with whatever else was sent along.
 * @param {Record<string, number>} cuts is given what was cut, by name.
 */
export function fit (event, mostBytes, originalBytes, cuts) {
  const marks = new Marks(event)
  const fits = () => {
    note(event, originalBytes, cuts)
    return bytesOf(JSON.stringify(event)) <= mostBytes
  }
  if (fits()) return
  for (const [name, apply] of CUTS) {
    const number = apply(event, marks)
    if (!number) continue
    cuts[name] = (cuts[name] ?? 0) + number
    if (fits()) return
  }
}

/**
 * @param {Json} event
 * @param {number} originalBytes
 * @param {Record<string, number>} cuts
 */
function note (event, originalBytes, cuts) {
  if (!isObject(event.contexts)) event.contexts = {}
  const said = Object.entries(cuts).filter(([, number]) => number)
  event.contexts[CONTEXT] = { original_bytes: originalBytes, ...Object.fromEntries(said) }
  if (Array.isArray(event.tags)) {
    const isThere = event.tags.some(tag => Array.isArray(tag) && tag[0] === TAG && tag[1] === YES)
    if (!isThere) event.tags.push([TAG, YES])
    return
  }
  if (!isObject(event.tags)) event.tags = {}
  event.tags[TAG] = YES
}
