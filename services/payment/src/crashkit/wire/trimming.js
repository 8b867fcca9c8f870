/**
 * Makes an event smaller that was answered 413. Nobody says how large it may be, so smaller and smaller copies are made.
 *
 * Both languages are held to it by `tests/contract/trim.json`; docs/spool.md says what is cut.
 */
import { CONTEXT, CUTS } from './cuts.js'
import { objectIn, parse } from './envelope.js'
import { Marks, isObject } from './marks.js'

/** @import { Body } from '../spool/format.js' */
/** @import { Json } from './marks.js' */

// The largest size, and the part of what was refused, whichever is less. Sentry's own limit is 1 MiB for an event.
const SIZES = [[1_000_000, 3, 4], [250_000, 1, 4], [50_000, 1, 16]]
const TAG = 'trimmed'
const YES = 'true'
// About what an item's header takes.
const HEADER_BYTES = 100
const DROPPED = 'attachment'

/**
 * Give the sizes to try, the largest first (bytes).
 *
 * @param {number} sizeBytes of the envelope that was too large.
 */
export function sizes (sizeBytes) {
  return SIZES.map(([most = 0, part = 0, of = 1]) => Math.min(most, Math.floor(sizeBytes * part / of)))
}

/**
 * Make copies of an envelope with an event, each smaller than the one before; the next when it is asked for.
 *
 * @param {Body} body the envelope as it was refused.
 * @returns {Generator<Buffer, void>} at most three; none where there is no event in it, or nothing that could be cut.
 */
export function * smaller (body) {
  const raw = Buffer.from(body)
  let lastBytes = raw.length
  for (const mostBytes of sizes(raw.length)) {
    const trimmed = trim(raw, mostBytes)
    if (trimmed === null || trimmed.length >= lastBytes) continue
    lastBytes = trimmed.length
    yield trimmed
  }
}

/**
 * Cut an envelope's event until it fits, or nothing is left to cut. It says what was cut: by the tag `trimmed`, the
 * context `trimmed`, and Sentry's own marks.
 *
 * @param {Buffer} raw the envelope.
 * @param {number} mostBytes that it shall have.
 * @returns {Buffer | null} none where there is no event in it, or nothing that could be cut.
 */
export function trim (raw, mostBytes) {
  try {
    const { header, items } = parse(raw)
    const item = items.find(one => one.header.type === 'event')
    if (!item) return null
    const event = objectIn(item.payload)
    const kept = items.filter(other => other !== item && other.header.type !== DROPPED)
    const taken = header.length + 1 + HEADER_BYTES + kept.reduce((sum, { payload }) => sum + payload.length + HEADER_BYTES, 0)
    const cuts = { attachments: items.length - kept.length - 1 }
    cut(event, mostBytes - taken, raw.length, cuts)
    if (!Object.values(cuts).some(Boolean)) return null
    const parts = [{ header: item.header, payload: Buffer.from(JSON.stringify(event)) }, ...kept].map(({ header, payload }) => {
      return [Buffer.from(`${JSON.stringify({ ...header, length: payload.length })}\n`), payload, Buffer.from('\n')]
    })
    return Buffer.concat([header, Buffer.from('\n'), ...parts.flat()])
  } catch (error) {
    // No envelope, or nested too deeply to walk through.
    if (error instanceof SyntaxError || error instanceof RangeError) return null
    throw error
  }
}

/**
 * @param {Json} event
 * @param {number} mostBytes
 * @param {number} originalBytes
 * @param {Record<string, number>} cuts
 */
function cut (event, mostBytes, originalBytes, cuts) {
  const marks = new Marks(event)
  const fits = () => {
    note(event, originalBytes, cuts)
    return Buffer.byteLength(JSON.stringify(event)) <= mostBytes
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
