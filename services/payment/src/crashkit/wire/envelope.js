/**
 * The envelope as bytes: taken apart without touching a payload.
 */
const NEWLINE = 0x0a

/**
 * @typedef {object} Item
 * @property {Record<string, any>} header
 * @property {Buffer} payload
 */

/**
 * Take an envelope apart.
 *
 * @param {Buffer} raw
 * @returns {{ header: Buffer, items: Item[] }} the header as it came.
 * @throws {SyntaxError} it is none.
 */
export function parse (raw) {
  const header = raw.subarray(0, lineEnd(raw, 0))
  objectIn(header)
  const items = []
  let at = header.length + 1
  while (at < raw.length) {
    if (raw[at] === NEWLINE) {
      at += 1
      continue
    }
    const headerEnd = lineEnd(raw, at)
    const itemHeader = objectIn(raw.subarray(at, headerEnd))
    const start = headerEnd + 1
    const end = Number.isInteger(itemHeader.length) ? start + itemHeader.length : lineEnd(raw, start)
    if (end > raw.length) throw new SyntaxError('an item is longer than the envelope')
    items.push({ header: itemHeader, payload: raw.subarray(start, end) })
    at = end + 1
  }
  return { header, items }
}

/**
 * Read a JSON object.
 *
 * @param {Buffer} text
 * @returns {Record<string, any>}
 * @throws {SyntaxError} it is none.
 */
export function objectIn (text) {
  const found = JSON.parse(text.toString())
  if (typeof found !== 'object' || found === null || Array.isArray(found)) throw new SyntaxError('no object')
  return found
}

/**
 * @param {Buffer} raw
 * @param {number} from
 */
function lineEnd (raw, from) {
  const end = raw.indexOf(NEWLINE, from)
  return end < 0 ? raw.length : end
}
