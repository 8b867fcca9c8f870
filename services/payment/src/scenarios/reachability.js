/**
 * Says what keeps the pieces of a hoard alive, and proves it by a collection.
 */
import { setImmediate as turn } from 'node:timers/promises'

import { collectGarbage } from './heap.js'

/**
 * Say it.
 *
 * @param {import('./hoards.js').Hoard} hoard
 * @returns {Record<string, unknown>} as the event's context.
 */
export function reachability (hoard) {
  return { path: hoard.path, why: hoard.why, fix: 'take out of the map what is done with, or bound it' }
}

/**
 * Collect all garbage and look who is left: the pieces that the map names, and one just like them that it does not.
 *
 * @param {import('./hoards.js').Hoard} hoard
 * @param {readonly string[]} keys the pieces of this firing.
 * @returns {Promise<Record<string, number>>} for the event's context.
 */
export async function survivors (hoard, keys) {
  const named = keys.flatMap(key => weakly(hoard.held.get(key)))
  const unnamed = strayPiece(hoard)
  // What a WeakRef was made of stays until the turn has ended, which it has not in the first of these.
  await turn()
  await turn()
  collectGarbage()
  return {
    alive_in_the_map_after_a_collection: named.filter(piece => piece.deref()).length,
    alive_outside_of_it_after_a_collection: unnamed.deref() ? 1 : 0
  }
}

/**
 * Make a piece and let it go at once. A function of its own: what this one has in its registers is gone when it returns.
 *
 * @param {import('./hoards.js').Hoard} hoard
 */
function strayPiece (hoard) {
  return new WeakRef(hoard.make())
}

/** @param {object | undefined} piece */
function weakly (piece) {
  return piece ? [new WeakRef(piece)] : []
}
