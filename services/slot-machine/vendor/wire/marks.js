/**
 * How Sentry is told that something is missing of an event: `_meta`, a tree as the event's own.
 */

/**
 * An event as an SDK wrote it, or an object in it.
 *
 * @typedef {Record<string, any>} Json
 * @typedef {readonly string[]} Path
 */

export const META = '_meta'
const RULE = '!limit'
const ENDS = '...'

/** @returns {found is Json} whether it is an object of JSON. */
export function isObject (/** @type {unknown} */ found) {
  return typeof found === 'object' && found !== null && !Array.isArray(found)
}

/**
 * Put a member into an object, also one whose name JavaScript takes for something else.
 *
 * @param {Json} bearer
 * @param {string} name
 * @param {unknown} value
 */
export function put (bearer, name, value) {
  Object.defineProperty(bearer, name, { value, writable: true, enumerable: true, configurable: true })
}

/**
 * Give a member that is the object's own.
 *
 * @param {Json} bearer
 * @param {string} name
 */
export function own (bearer, name) {
  return Object.hasOwn(bearer, name) ? bearer[name] : undefined
}

/**
 * The marks of one event; those that its SDK has set are kept.
 */
export class Marks {
  #event

  /** @param {Json} event is given `_meta` with the first mark. */
  constructor (event) {
    this.#event = event
  }

  /**
   * Mark that a value is gone.
   *
   * @param {Path} path of the value.
   * @param {unknown} value that it was.
   */
  removed (path, value) {
    const node = this.#node(path)
    const length = lengthOf(node, value)
    for (const name of Object.keys(node)) delete node[name]
    node[''] = { rem: [[RULE, 'x']], ...length }
  }

  /**
   * Mark that an object has lost members.
   *
   * @param {Path} path of the object.
   * @param {Json} value as it was.
   */
  lacks (path, value) {
    const node = this.#node(path)
    node[''] = { rem: [[RULE, 'x']], ...lengthOf(node, value) }
  }

  /**
   * Cut a text, and mark it.
   *
   * @param {Path} path of the text.
   * @param {string} text that is longer.
   * @param {number} most characters that it may have.
   * @returns {string} its beginning.
   */
  cut (path, text, most) {
    const node = this.#node(path)
    const kept = most - ENDS.length
    node[''] = { rem: [[RULE, 's', kept, most]], ...lengthOf(node, text) }
    return [...text].slice(0, kept).join('') + ENDS
  }

  /**
   * Mark that a list has lost members.
   *
   * @param {Path} path of the list.
   * @param {readonly unknown[]} members that it had.
   * @param {readonly number[]} kept places of those that it still has; the marks of these move along.
   */
  thinned (path, members, kept) {
    const node = this.#node(path)
    const moved = kept.flatMap((was, now) => String(was) in node ? [[String(now), node[String(was)]]] : [])
    const length = lengthOf(node, members)
    for (const name of Object.keys(node)) delete node[name]
    Object.assign(node, Object.fromEntries(moved), { '': { rem: [[RULE, 'x']], ...length } })
  }

  /** @param {Path} path */
  #node (path) {
    let node = this.#event
    for (const name of [META, ...path]) {
      if (!isObject(own(node, name))) put(node, name, {})
      node = own(node, name)
    }
    return node
  }
}

/**
 * Give what a value measured before anybody cut it.
 *
 * @param {Json} node
 * @param {unknown} value
 */
function lengthOf (node, value) {
  const known = isObject(node['']) ? node[''].len : undefined
  if (Number.isInteger(known)) return { len: known }
  if (typeof value === 'string') return { len: charactersOf(value) }
  if (typeof value !== 'object' || value === null) return {}
  return { len: Array.isArray(value) ? value.length : Object.keys(value).length }
}

/**
 * Count characters, not halves of them.
 *
 * @param {string} text
 */
export function charactersOf (text) {
  const pairs = text.match(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g)
  return text.length - (pairs?.length ?? 0)
}
