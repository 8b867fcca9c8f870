/**
 * What payment keeps and never lets go: receipts outside the V8 heap, sessions on it.
 */
import { readMemory } from '../crashkit/cgroup.js'
import { MIB, mib, oldSpaceLimitMib, usedHeapMib } from './heap.js'

// So many spins of a session, with the objects that belong to them, take 1 MiB of the heap.
const SPINS = 7_270
const RING = 'a ring of references is no leak by itself: V8 frees rings that no root reaches'

/**
 * The mistake, twice: a map of the module, which lives as long as the process, and nothing that takes out of it.
 *
 * @type {Map<string, Buffer>}
 */
const RECEIPTS = new Map()

/** @type {Map<string, PlayerSession>} */
const SESSIONS = new Map()

/**
 * @typedef {object} Player
 * @property {string} id
 * @property {PlayerSession | null} session
 *
 * @typedef {object} PlayerSession
 * @property {Player} player
 * @property {object[]} spins each refers to its session.
 *
 * @typedef {object} Hoard
 * @property {string} kind what is kept, and where it lies.
 * @property {string} message of the warning.
 * @property {Map<string, object>} held a piece of 1 MiB for each key.
 * @property {() => object} make makes one piece.
 * @property {string} path how a root reaches what is kept.
 * @property {string} why why it is not collected.
 * @property {string} endsAt what ends the process when it grows on.
 * @property {() => Limit} limit how near that is.
 *
 * @typedef {object} Limit
 * @property {number | null} limitMib none where nothing says it.
 * @property {number | null} leftMib
 */

/** @type {Readonly<Record<'buffers' | 'heap', Hoard>>} */
export const HOARDS = {
  buffers: {
    kind: 'Buffers, outside the V8 heap',
    message: 'Receipts are kept as Buffers and never taken out',
    held: RECEIPTS,
    make: drawReceipt,
    path: 'module hoards.js → RECEIPTS (Map) → Buffer → ArrayBuffer → memory outside the V8 heap',
    why: 'the map names every receipt; a receipt refers to nothing, there is no ring in it',
    endsAt: 'the limit of the container: the kernel kills (137)',
    limit: containerLimit
  },
  heap: {
    kind: 'objects with circular references, on the V8 heap',
    message: 'Sessions are kept as objects and never taken out',
    held: SESSIONS,
    make: openSession,
    path: 'module hoards.js → SESSIONS (Map) → PlayerSession → spins → spin.session → the same PlayerSession',
    why: `the map names every session; ${RING}`,
    endsAt: 'the limit of the old generation of the V8 heap: V8 aborts (134)',
    limit: heapLimit
  }
}

/**
 * Draw a receipt of 1 MiB. It is written and not only reserved: the kernel counts a page when it is touched. That it
 * could be resized gives it a mapping of its own: malloc does not promise to give memory back to the kernel.
 */
function drawReceipt () {
  return Buffer.from(new ArrayBuffer(MIB, { maxByteLength: MIB })).fill(1)
}

/**
 * Open the session of a player, with its spins; player, session and spins refer to one another.
 *
 * @returns {PlayerSession} about 1 MiB.
 */
function openSession () {
  /** @type {Player} */
  const player = { id: 'player-7', session: null }
  /** @type {PlayerSession} */
  const session = { player, spins: [] }
  player.session = session
  for (let seq = 0; seq < SPINS; seq++) {
    session.spins.push({ session, seq, odds: seq + 0.5, reels: [seq, seq + 1, seq + 2] })
  }
  return session
}

/** @returns {Limit} */
function containerLimit () {
  const memory = readMemory()
  if (!memory || memory.limitBytes === null) return { limitMib: null, leftMib: null }
  return { limitMib: mib(memory.limitBytes), leftMib: mib(memory.limitBytes - memory.usageBytes) }
}

/** @returns {Limit} */
function heapLimit () {
  const limitMib = oldSpaceLimitMib()
  return { limitMib, leftMib: Math.round((limitMib - usedHeapMib()) * 10) / 10 }
}
