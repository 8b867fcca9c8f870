/**
 * What is left of an event that could not be scrubbed: that something failed, where, and on which trace. No values.
 */
import { scrubSampling, scrubbedEvent } from './event.js'
import { FILTERED } from './names.js'
import { scrubbed } from './text.js'

/** @typedef {any} Json whatever the SDK has made of it */

const NOTE = 'scrubbing_failed'
const PLAIN = ['event_id', 'timestamp', 'start_timestamp', 'platform', 'level', 'release', 'environment', 'type', 'sdk']
const TAGS = ['service', 'scenario', 'case', 'run']
const TRACE = ['trace_id', 'span_id', 'parent_span_id', 'op', 'status', 'origin', 'start_timestamp', 'timestamp']
const FRAME = ['function', 'module', 'filename', 'abs_path', 'lineno', 'colno', 'in_app']
const NAME = /^(?!.*[0-9]{5})[A-Za-z0-9_.:/<>@{} -]{1,200}$/
const ID = /^(?:[0-9a-f]{16}|[0-9a-f]{32})$/

/**
 * Take out of an event what nobody may read. A mistake in that costs neither the event nor a secret: what is sent then
 * is what is left of it, with a note.
 *
 * @template {object} Event
 * @param {Event} event event or transaction, made plain by the SDK; stays as it is.
 * @param {(type: string) => void} failed is told the type of the mistake.
 * @returns {Event}
 */
export function scrubOrReduce (event, failed) {
  try {
    return withSampling(scrubbedEvent(event), scrubSampling)
  } catch (error) {
    const type = error instanceof Error ? error.name : typeof error
    failed(type)
    return withSampling({ ...reduced(event, type), sdkProcessingMetadata: /** @type {Json} */ (event).sdkProcessingMetadata }, () => undefined)
  }
}

/**
 * Take out of a text what nobody may read; where that fails, all of it.
 *
 * @param {string} text of any kind.
 * @returns {string}
 */
export function scrubOrHide (text) {
  try {
    return scrubbed(text)
  } catch (error) {
    return `${FILTERED} (${NOTE}: ${error instanceof Error ? error.name : typeof error})`
  }
}

/**
 * Leave of an event what names its place, and say why it is no more.
 *
 * @param {Json} event as it should have been scrubbed.
 * @param {string} why the type of the mistake: its text may hold a value.
 * @returns {Json}
 */
export function reduced (event, why) {
  const left = Object.fromEntries(PLAIN.filter(key => key in event).map(key => [key, event[key]]))
  left.tags = { ...names(event.tags, TAGS), [NOTE]: why }
  left.contexts = { trace: names(event.contexts?.trace, TRACE) }
  const exceptions = event.exception?.values ?? []
  if (exceptions.length > 0) left.exception = { values: exceptions.map(exception) }
  else if (event.type === 'transaction') {
    left.transaction = names(event, ['transaction']).transaction ?? NOTE
    left.spans = (event.spans ?? []).map(/** @param {Json} span */ span => names(span, TRACE))
  } else left.logentry = { formatted: FILTERED }
  return left
}

/** What the head of the envelope says of the trace is kept beside the event until it is sent. */
/** @param {Json} event @param {(members: Record<string, Json>) => Json} change */
function withSampling (event, change) {
  const kept = event.sdkProcessingMetadata
  if (!kept?.dynamicSamplingContext) return event
  const sampling = change(kept.dynamicSamplingContext)
  return { ...event, sdkProcessingMetadata: { ...kept, dynamicSamplingContext: sampling } }
}

/** @param {Json} found */
function exception (found) {
  const { mechanism, stacktrace } = found
  return {
    ...names(found, ['type', 'module']),
    value: FILTERED,
    mechanism: { ...names(mechanism, ['type']), handled: mechanism?.handled === true },
    ...(stacktrace?.frames ? { stacktrace: { frames: stacktrace.frames.map(/** @param {Json} one */ one => names(one, FRAME)) } } : {})
  }
}

/** Take the members that are numbers, ids or names of a program; nothing that a caller may have sent. */
/** @param {Json} found @param {string[]} wanted */
function names (found, wanted) {
  return Object.fromEntries(wanted.filter(key => isPlain(key, found?.[key])).map(key => [key, found[key]]))
}

/** @param {string} key @param {Json} value */
function isPlain (key, value) {
  if (typeof value === 'string') return (key.endsWith('_id') ? ID : NAME).test(value)
  return typeof value === 'number' || typeof value === 'boolean'
}
