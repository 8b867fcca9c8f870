/**
 * The form of a spool's file and of its name. Both languages are held to it by `tests/contract/spool.json`.
 */
import { hash } from 'node:crypto'

const FORMAT = 'crash-demo-spool'
const VERSION = 1
const FIRST_LINE_MOST_BYTES = 1024
const LATE_AFTER_NS = 60_000_000_000n
const NS_PER_MS = 1_000_000n
const NEWLINE = 0x0a
const SUFFIX = '.envelope'
const NAME = /^([0-9]{19})-([0-9a-f]{32})\.envelope$/
const EVENT_ID = /^[0-9a-f]{32}$/

export const PART = '.part'

/**
 * An envelope, as bytes: made of the text once, they serve for the sum, the file and the way to Sentry.
 *
 * @typedef {Buffer} Body
 *
 * What the name of a file says.
 *
 * @typedef {object} Name
 * @property {string} name the name itself.
 * @property {bigint} writtenAtNs nanoseconds since 1970.
 * @property {string} eventId 32 hex digits.
 */

/**
 * Say what a name in the folder is: of a file to send, of one half written, of a damaged one, or nothing of ours.
 *
 * @param {string} name
 * @returns {'envelope' | 'part' | 'corrupt' | 'other'}
 */
export function kindOf (name) {
  if (name.endsWith(PART)) return 'part'
  if (!name.endsWith(SUFFIX)) return 'other'
  return NAME.test(name) ? 'envelope' : 'corrupt'
}

/**
 * @param {bigint} writtenAtNs
 * @param {string} eventId
 */
export function nameOf (writtenAtNs, eventId) {
  return `${String(writtenAtNs).padStart(19, '0')}-${eventId}${SUFFIX}`
}

/**
 * @param {string} name
 * @returns {Name | null} none where it is not the name of a file to send.
 */
export function parseName (name) {
  const found = NAME.exec(name)
  return found ? { name, writtenAtNs: BigInt(found[1] ?? 0), eventId: found[2] ?? '' } : null
}

/**
 * Give an event id as names have it; none where it is no id.
 *
 * @param {unknown} found
 * @returns {string | null}
 */
export function eventIdOf (found) {
  const text = String(found).replaceAll('-', '').toLowerCase()
  return EVENT_ID.test(text) ? text : null
}

/**
 * Make the line that stands above the envelope.
 *
 * @param {string} eventId
 * @param {Body} body the envelope as it is sent.
 */
export function firstLine (eventId, body) {
  // By hand, because every event pays for it: an id and a sum need no escape.
  return Buffer.from(`{"format":"${FORMAT}","version":${VERSION},"event_id":"${eventId}","length":${body.length},` +
    `"sha256":"${hash('sha256', body)}"}\n`, 'latin1')
}

/**
 * Take the envelope out of a file.
 *
 * @param {string} eventId of its name.
 * @param {Buffer} content
 * @returns {Buffer | null} none where it is not what was written.
 */
export function decoded (eventId, content) {
  const ends = content.indexOf(NEWLINE)
  if (ends < 0 || ends > FIRST_LINE_MOST_BYTES) return null
  const said = objectIn(content.subarray(0, ends))
  const body = content.subarray(ends + 1)
  const fits = said?.format === FORMAT && said.version === VERSION && said.event_id === eventId &&
    said.length === body.length && said.sha256 === hash('sha256', body)
  return fits ? body : null
}

/**
 * Give the envelope as it is sent now: what lay here for long says when it was sent, because Sentry takes the difference
 * to its own clock for a wrong clock, and moves the event in time.
 *
 * @param {Body} written the envelope as it was written.
 * @param {bigint} writtenAtNs
 * @param {bigint} nowNs
 * @returns {Body}
 */
export function asSent (written, writtenAtNs, nowNs) {
  if (nowNs - writtenAtNs <= LATE_AFTER_NS) return written
  const ends = written.indexOf(NEWLINE)
  const header = objectIn(written.subarray(0, ends < 0 ? written.length : ends))
  if (!header || !('sent_at' in header)) return written
  header.sent_at = new Date(Number(nowNs / NS_PER_MS)).toISOString()
  return Buffer.concat([Buffer.from(JSON.stringify(header)), ends < 0 ? Buffer.alloc(0) : written.subarray(ends)])
}

/**
 * @param {Buffer} line
 * @returns {Record<string, unknown> | null} none where it is no JSON of an object.
 */
function objectIn (line) {
  try {
    const found = JSON.parse(line.toString())
    return typeof found === 'object' && found !== null && !Array.isArray(found) ? found : null
  } catch {
    return null
  }
}
