/**
 * A whole event or transaction, as it is sent.
 */
import { isCard } from './cards.js'
import { FILTERED, OPEN_HEADERS, isSecret } from './names.js'
import { TELLING, scrubbed, scrubbedCode } from './text.js'

// What a program is made of, not what it worked on; and what the SDK keeps to itself.
const AS_THEY_ARE = new Set([
  'modules', 'sdk', '_meta', 'debug_meta', 'event_id', 'timestamp', 'platform', 'release', 'sdkProcessingMetadata'
])
const OF_A_FRAME = new Set([
  'function', 'raw_function', 'module', 'package', 'filename', 'abs_path', 'lineno', 'colno', 'in_app', 'platform'
])
const IDS = new Set(['trace_id', 'span_id', 'parent_span_id', 'profiler_id', 'profile_id', 'replay_id', 'event_id'])
const TIMES = new Set(['timestamp', 'start_timestamp'])
const ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/
const TIME = /^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]{8,18}(?:Z|\+00:00)?$/
// What a trace's head may say of itself; any caller can add to it.
const SAMPLING = new Set([
  'trace_id', 'public_key', 'release', 'environment', 'transaction', 'sampled', 'sample_rate', 'sample_rand', 'replay_id',
  'org_id'
])

/** @typedef {any} Json whatever the SDK has made of it */
/** @typedef {Set<string>} Found what names gave away */

/**
 * Take out of an event what nobody may read.
 *
 * What a name gave away in one place (a header, a key, `token=…`) is taken out of all other places too.
 *
 * @param {Json} event event or transaction, made plain by the SDK; stays as it is.
 * @returns {Json}
 */
export function scrubbedEvent (event) {
  /** @type {Found} */
  const found = new Set()
  const clean = mapped(event, (key, value) => member(key, value, found))
  if (found.size === 0) return clean
  const values = [...found].sort((one, other) => other.length - one.length)
  return mapped(clean, (key, value) => AS_THEY_ARE.has(key) ? value : replaced(key, value, values))
}

/**
 * Leave of the members that Sentry finds in `baggage` those that it knows, without what nobody may read.
 *
 * @param {Record<string, Json>} members without their prefix.
 * @returns {Record<string, Json>}
 */
export function scrubSampling (members) {
  const kept = Object.entries(members).filter(([key]) => SAMPLING.has(key))
  return Object.fromEntries(kept.map(([key, value]) => [key, typeof value === 'string' ? scrubbed(value) : value]))
}

/** @param {Record<string, Json>} members @param {(key: string, value: Json) => Json} change */
const mapped = (members, change) =>
  Object.fromEntries(Object.entries(members).map(([key, value]) => [key, change(key, value)]))

/** @param {Json} value */
const isMembers = value => typeof value === 'object' && value !== null && !Array.isArray(value)

/** @param {string} key @param {Json} value @param {Found} found */
function member (key, value, found) {
  if (AS_THEY_ARE.has(key)) return value
  if (key === 'request' && isMembers(value)) return mapped(value, (name, below) => ofRequest(name, below, found))
  if (key === 'logentry' && isMembers(value)) return logLine(value, found)
  return cleaned(key, value, found)
}

/** Of the parameters of a log line, what is a secret is known by what the whole line says before it. */
/** @param {Record<string, Json>} entry @param {Found} found */
function logLine (entry, found) {
  const said = String(entry.formatted ?? '')
  const clean = mapped(entry, (name, value) => cleaned(name, value, found))
  const left = String(clean.formatted ?? '')
  if (left !== said && Array.isArray(clean.params)) {
    clean.params = clean.params.map(one => said.includes(String(one)) && !left.includes(String(one)) ? hidden(one, found) : one)
  }
  return clean
}

/** @param {string} name @param {Json} value @param {Found} found */
function ofRequest (name, value, found) {
  if (name === 'cookies' || name === 'data') return hidden(value, found)
  if (name === 'headers') return ofHeaders(value, found)
  if (name === 'query_string') return namesOfQuery(value, found)
  if (name !== 'url' || typeof value !== 'string') return cleaned(name, value, found)
  const mark = value.indexOf('?')
  const path = scrubbed(mark < 0 ? value : value.slice(0, mark), note(found))
  return mark < 0 ? path : `${path}?${namesOfQuery(value.slice(mark + 1), found)}`
}

/** @param {Json} headers @param {Found} found */
function ofHeaders (headers, found) {
  if (Array.isArray(headers)) {
    return headers.filter(pair => Array.isArray(pair) && pair.length === 2)
      .map(([name, value]) => [name, header(String(name), value, found)])
  }
  return isMembers(headers) ? mapped(headers, (name, value) => header(name, value, found)) : hidden(headers, found)
}

/** @param {string} name @param {Json} value @param {Found} found */
function header (name, value, found) {
  if (OPEN_HEADERS.has(name.toLowerCase())) return cleaned(name, value, found)
  return hidden(value, isSecret(name) ? found : null)
}

/** @param {Json} query @param {Found} found */
function namesOfQuery (query, found) {
  const pairs = Array.isArray(query) ? query : pairsOf(query)
  for (const [name, value] of pairs) if (isSecret(String(name))) find(String(value), found)
  return pairs.map(([name]) => scrubbed(String(name))).join('&')
}

/** @param {Json} query */
function pairsOf (query) {
  if (isMembers(query)) return Object.entries(query)
  return String(query).split('&').map(part => [part.split('=', 1)[0] ?? '', part.slice(part.indexOf('=') + 1)])
}

/** @param {string | null} name @param {Json} value @param {Found} found @returns {Json} */
function cleaned (name, value, found) {
  if (typeof value === 'string') return cleanText(name, value, found)
  if (Array.isArray(value)) return list(name, value, found)
  if (isMembers(value)) return members(name, value, found)
  if (typeof value !== 'number' && typeof value !== 'bigint') return value
  return (name && isSecret(name)) || isCard(String(value)) ? FILTERED : value
}

/** @param {string | null} name @param {string} text @param {Found} found */
function cleanText (name, text, found) {
  if (name !== null && isOpen(name, text)) return text
  return name !== null && isSecret(name) ? hidden(text, found) : scrubbed(text, note(found))
}

/** @param {string | null} name @param {Record<string, Json>} value @param {Found} found */
function members (name, value, found) {
  if (name !== null && isSecret(name)) return hidden(value, found)
  if (name === 'dynamic_sampling_context') return scrubSampling(value)
  /** @type {Map<string, number>} */
  const taken = new Map()
  return Object.fromEntries(Object.entries(value).map(([key, below]) => {
    const clean = scrubbed(key)
    const count = (taken.get(clean) ?? 0) + 1
    taken.set(clean, count)
    return [count === 1 ? clean : `${clean} ${count}`, cleaned(key, below, found)]
  }))
}

/** @param {string | null} name @param {Json[]} values @param {Found} found */
function list (name, values, found) {
  if (name !== null && isSecret(name)) return hidden(values, found)
  if (values.length === 2 && typeof values[0] === 'string' && isSecret(values[0])) {
    return [values[0], hidden(values[1], found)]
  }
  return values.map(value => name === 'frames' && isMembers(value) ? frame(value, found) : cleaned(null, value, found))
}

/** @param {Record<string, Json>} value @param {Found} found */
function frame (value, found) {
  return mapped(value, (key, below) => {
    if (OF_A_FRAME.has(key)) return below
    if (key === 'context_line' && typeof below === 'string') return scrubbedCode(below)
    if ((key === 'pre_context' || key === 'post_context') && Array.isArray(below)) {
      return below.map(line => typeof line === 'string' ? scrubbedCode(line) : line)
    }
    return cleaned(key, below, found)
  })
}

/** Take out every value, and leave the shape. @param {Json} value @param {Found | null} found @returns {Json} */
function hidden (value, found) {
  if (Array.isArray(value)) return value.map(below => hidden(below, found))
  if (isMembers(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, below]) => [scrubbed(key), hidden(below, found)]))
  }
  if (value === null || value === undefined || typeof value === 'boolean' || value === '') return value
  if (found) find(String(value), found)
  return FILTERED
}

/** @param {Found} found */
const note = found => /** @param {string} value */ value => find(value, found)

/** Remember a value, and the parts of it where it has some: `Bearer …`, `a=…; b=…`. */
/** @param {string} value @param {Found} found */
function find (value, found) {
  for (const part of [value, value.replace(/^[bB'"]+|[bB'"]+$/g, ''), ...value.split(/[\s;=]+/)]) {
    if (TELLING.test(part) && !part.includes(FILTERED)) found.add(part)
  }
}

/** Whether a text is the id or the time that its name says. @param {string} name @param {string} text */
const isOpen = (name, text) => (IDS.has(name) && ID.test(text)) || (TIMES.has(name) && TIME.test(text))

/** @param {string} name @param {Json} node @param {string[]} values @returns {Json} */
function replaced (name, node, values) {
  if (typeof node === 'string') {
    return isOpen(name, node) ? node : values.reduce((left, value) => left.replaceAll(value, FILTERED), node)
  }
  if (Array.isArray(node)) return node.map(below => replaced(name, below, values))
  return isMembers(node) ? mapped(node, (key, below) => replaced(key, below, values)) : node
}
