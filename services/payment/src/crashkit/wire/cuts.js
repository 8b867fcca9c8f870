/**
 * What can be cut from an event, in the order in which a person misses it least. Each cut is marked where it was.
 *
 * What happened always stays: message, type and value of each exception, trace, tags, fingerprint, the stack of our own
 * code. Only the last cut shortens these, where they themselves are too large.
 */
import { bytesOf } from './bytes.js'
import { META, charactersOf, isObject, own, put } from './marks.js'

/** @import { Json, Marks, Path } from './marks.js' */

export const CONTEXT = 'trimmed'
const BREADCRUMBS = 10
const TEXT = 1024
const VALUE_BYTES = 512
const LAST_TEXT = 512
const LAST_MEMBERS = 100
const LAST_FRAMES = 50
const LAST_EXCEPTIONS = 10

const LINES = ['pre_context', 'context_line', 'post_context']
const SAID_BY_EXCEPTION = new Set(['type', 'value'])
const SAID_BY_MESSAGE = new Set(['message', 'formatted'])
const OF_REQUEST = new Set(['url', 'method'])
const OF_CONTEXTS = new Set(['trace', CONTEXT])
// What says where the event comes from and what happened.
const KEPT = new Set([
  META, 'event_id', 'timestamp', 'platform', 'level', 'logger', 'type', 'transaction', 'server_name', 'release', 'dist',
  'environment', 'sdk', 'user', 'tags', 'fingerprint', 'message', 'logentry', 'exception', 'stacktrace', 'contexts', 'request'
])
const MAY_BE_LONG = new Set(['user', 'contexts', 'request', 'stacktrace'])
const SECTIONS = ['debug_meta', 'modules', 'threads', 'extra', 'request', 'contexts', 'breadcrumbs']

/** @typedef {(event: Json, marks: Marks) => number} Cut */

/**
 * Names stand in the event's context, with how much of it was cut.
 *
 * @type {readonly (readonly [string, Cut])[]}
 */
export const CUTS = [
  ['breadcrumbs', newestBreadcrumbs],
  ['strings', shortStrings],
  ['locals', (event, marks) => locals(event, marks, false)],
  ['locals', (event, marks) => locals(event, marks, true)],
  ...['extra', 'contexts', 'request', 'user'].map(name => named('values', largeValues, name)),
  ...SECTIONS.map(name => named('sections', section, name)),
  ['source_lines', (event, marks) => sourceLines(event, marks, false)],
  ['source_lines', (event, marks) => sourceLines(event, marks, true)],
  ['frames', middleFrames],
  ['rest', rest]
]

/**
 * @param {string} title
 * @param {(event: Json, marks: Marks, name: string) => number} cut
 * @param {string} name
 * @returns {readonly [string, Cut]}
 */
function named (title, cut, name) {
  return [title, (event, marks) => cut(event, marks, name)]
}

/** @type {Cut} */
function newestBreadcrumbs (event, marks) {
  return sum(listsOf(event, 'breadcrumbs'), ([path, crumbs]) => thin(path, crumbs, places(crumbs.length).slice(-BREADCRUMBS), marks))
}

/** @type {Cut} */
function shortStrings (event, marks) {
  const loose = Object.keys(event).filter(name => !KEPT.has(name) || MAY_BE_LONG.has(name))
  const { logentry } = event
  const ofEntry = isObject(logentry) ? Object.keys(logentry).filter(name => !SAID_BY_MESSAGE.has(name)) : []
  return sum(loose, name => shorten(event, name, [], TEXT, marks)) +
    sum(objectsOf(event, 'exception'), ([path, exception]) => sum(
      Object.keys(exception).filter(name => !SAID_BY_EXCEPTION.has(name)), name => shorten(exception, name, path, TEXT, marks)
    )) + sum(ofEntry, name => shorten(logentry, name, ['logentry'], TEXT, marks))
}

/** @type {(event: Json, marks: Marks, ours: boolean) => number} */
function locals (event, marks, ours) {
  return sum(framesOf(event, ours), ([path, frame]) => remove(frame, ['vars'], path, marks))
}

/** @type {(event: Json, marks: Marks, name: string) => number} */
function largeValues (event, marks, name) {
  if (name !== 'contexts') return removeLarge(event[name], [name], marks)
  return sum(contextsOf(event), found => removeLarge(own(event.contexts, found), ['contexts', found], marks))
}

/** @type {(event: Json, marks: Marks, name: string) => number} */
function section (event, marks, name) {
  if (name === 'contexts') return remove(event.contexts, contextsOf(event), [name], marks)
  if (name !== 'request') return remove(event, [name], [], marks)
  const { request } = event
  return isObject(request) ? remove(request, Object.keys(request).filter(part => !OF_REQUEST.has(part)), [name], marks) : 0
}

/** @type {(event: Json, marks: Marks, ours: boolean) => number} */
function sourceLines (event, marks, ours) {
  return sum(framesOf(event, ours), ([path, frame]) => remove(frame, LINES, path, marks))
}

/** @type {Cut} */
function middleFrames (event, marks) {
  return sum(stacksOf(event), ([path, frames]) => {
    const kept = places(frames.length).filter(at => at === 0 || at === frames.length - 1 || isOurs(frames[at]))
    return thin(path, frames, kept, marks)
  })
}

/** @type {Cut} */
function rest (event, marks) {
  let count = remove(event, Object.keys(event).filter(name => !KEPT.has(name)), [], marks)
  count += sum(stacksOf(event), ([path, frames]) => thin(path, frames, bothEnds(frames.length, LAST_FRAMES), marks))
  count += sum(listsOf(event, 'exception'), ([path, all]) => thin(path, all, bothEnds(all.length, LAST_EXCEPTIONS), marks))
  for (const name of Object.keys(event)) {
    if (name === 'contexts' && isObject(event.contexts)) {
      const contexts = Object.keys(event.contexts).filter(found => found !== CONTEXT)
      count += sum(contexts, found => bound(event.contexts, found, [name], marks))
    } else if (name !== META) count += bound(event, name, [], marks)
  }
  return count
}

/**
 * @template T
 * @param {Iterable<T>} found
 * @param {(one: T) => number} count
 */
function sum (found, count) {
  let total = 0
  for (const one of found) total += count(one)
  return total
}

/** @param {number} length */
function places (length) {
  return Array.from({ length }, (_, at) => at)
}

/**
 * Give a list that Sentry takes bare or as `values`; at most one.
 *
 * @param {Json} event
 * @param {string} name
 * @returns {[Path, any[]][]}
 */
function listsOf (event, name) {
  const found = own(event, name)
  if (Array.isArray(found)) return [[[name], found]]
  return isObject(found) && Array.isArray(found.values) ? [[[name, 'values'], found.values]] : []
}

/**
 * @param {Json} event
 * @param {string} name
 * @returns {[Path, Json][]}
 */
function objectsOf (event, name) {
  return listsOf(event, name).flatMap(([path, values]) => values.flatMap((value, at) => {
    return isObject(value) ? [/** @type {[Path, Json]} */ ([[...path, String(at)], value])] : []
  }))
}

/**
 * @param {Json} event
 * @returns {[Path, any[]][]}
 */
function stacksOf (event) {
  /** @type {[Path, Json][]} */
  const bearers = [[[], event], ...objectsOf(event, 'exception'), ...objectsOf(event, 'threads')]
  return bearers.flatMap(([path, { stacktrace }]) => {
    /** @type {[Path, any[]][]} */
    const found = isObject(stacktrace) && Array.isArray(stacktrace.frames) ? [[[...path, 'stacktrace', 'frames'], stacktrace.frames]] : []
    return found
  })
}

/**
 * @param {Json} event
 * @param {boolean} ours whether those of our code are among them.
 * @returns {[Path, Json][]}
 */
function framesOf (event, ours) {
  return stacksOf(event).flatMap(([path, frames]) => frames.flatMap((frame, at) => {
    return isObject(frame) && (ours || !isOurs(frame)) ? [/** @type {[Path, Json]} */ ([[...path, String(at)], frame])] : []
  }))
}

/** @param {unknown} frame */
function isOurs (frame) {
  return isObject(frame) && frame.in_app === true
}

/** @param {Json} event */
function contextsOf ({ contexts }) {
  return isObject(contexts) ? Object.keys(contexts).filter(name => !OF_CONTEXTS.has(name)) : []
}

/** @param {unknown} value */
function isEmpty (value) {
  if (value === undefined || value === null || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

/**
 * @param {unknown} bearer
 * @param {readonly string[]} names
 * @param {Path} path
 * @param {Marks} marks
 */
function remove (bearer, names, path, marks) {
  if (!isObject(bearer)) return 0
  const gone = names.filter(name => !isEmpty(own(bearer, name)))
  for (const name of gone) {
    marks.removed([...path, name], own(bearer, name))
    put(bearer, name, null)
  }
  return gone.length
}

/**
 * @param {unknown} bearer
 * @param {Path} path
 * @param {Marks} marks
 */
function removeLarge (bearer, path, marks) {
  if (!isObject(bearer)) return 0
  const isKept = (/** @type {string} */ name) => path.join() === 'request' && OF_REQUEST.has(name)
  const large = Object.keys(bearer).filter(name => !isKept(name) && bytesOf(JSON.stringify(bearer[name])) > VALUE_BYTES)
  return remove(bearer, large, path, marks)
}

/**
 * @param {Path} path
 * @param {any[]} members
 * @param {readonly number[]} kept
 * @param {Marks} marks
 */
function thin (path, members, kept, marks) {
  const lost = members.length - kept.length
  if (lost > 0) {
    marks.thinned(path, members, kept)
    members.splice(0, members.length, ...kept.map(at => members[at]))
  }
  return lost
}

/**
 * @param {number} length
 * @param {number} most
 */
function bothEnds (length, most) {
  const all = places(length)
  return length <= most ? all : [...all.slice(0, most / 2), ...all.slice(-most / 2)]
}

/**
 * @param {any} bearer an object or a list.
 * @param {string} name
 * @param {Path} path
 * @param {number} most
 * @param {Marks} marks
 * @returns {number}
 */
function shorten (bearer, name, path, most, marks) {
  const value = own(bearer, name)
  const here = [...path, name]
  if (typeof value === 'string') {
    if (value.length <= most || charactersOf(value) <= most) return 0
    put(bearer, name, marks.cut(here, value, most))
    return 1
  }
  return isEmpty(value) || typeof value !== 'object' ? 0 : sum(Object.keys(value), member => shorten(value, member, here, most, marks))
}

/**
 * @param {any} bearer an object or a list.
 * @param {string} name
 * @param {Path} path
 * @param {Marks} marks
 * @returns {number}
 */
function bound (bearer, name, path, marks) {
  const value = own(bearer, name)
  const here = [...path, name]
  if (typeof value !== 'object' || value === null) return shorten(bearer, name, path, LAST_TEXT, marks)
  let count = 0
  if (Array.isArray(value)) count += thin(here, value, places(Math.min(value.length, LAST_MEMBERS)), marks)
  else {
    const lost = Object.keys(value).slice(LAST_MEMBERS)
    if (lost.length) marks.lacks(here, value)
    for (const member of lost) delete value[member]
    count += lost.length
  }
  return count + sum(Object.keys(value), member => bound(value, member, here, marks))
}
