/**
 * Makes an event smaller that was answered 413. Nobody says how large it may be, so smaller and smaller copies are made.
 *
 * Both languages are held to it by `tests/contract/trim.json`; docs/spool.md says what is cut.
 */
import { objectIn, parse } from './envelope.js'
import { MOST_EVENT_BYTES, fit } from './fitting.js'

/** @import { Body } from '../spool/format.js' */

// The largest size, and the part of what was refused, whichever is less.
const SIZES = [[MOST_EVENT_BYTES, 3, 4], [250_000, 1, 4], [50_000, 1, 16]]
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
    fit(event, mostBytes - taken, raw.length, cuts)
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
