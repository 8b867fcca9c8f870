/**
 * The lines of code around a frame.
 *
 * Read at once, not later: the SDK's own integration for this (`ContextLines`) reads files asynchronously, so that the
 * call that captures returns before there is an event to keep.
 */
import { readFileSync } from 'node:fs'

const LINES_AROUND = 5
const LONGEST_LINE = 200
const MOST_KNOWN = 1000

/**
 * @typedef {object} SourceLines
 * @property {string[]} pre_context
 * @property {string | undefined} context_line
 * @property {string[]} post_context
 *
 * @type {Map<string, SourceLines | null>}
 */
const known = new Map()

/**
 * @param {string} file its path.
 * @param {number} lineno counted from 1.
 * @returns {SourceLines | null} none where the file cannot be read, or has no such line.
 */
export function linesAround (file, lineno) {
  if (!file.startsWith('/')) return null
  const place = `${file}:${lineno}`
  let found = known.get(place)
  if (found === undefined) {
    found = read(file, lineno)
    if (known.size >= MOST_KNOWN) known.clear()
    known.set(place, found)
  }
  return found
}

/**
 * Put them into the frames of an event.
 *
 * @param {import('@sentry/node').Event} event
 */
export function addSourceLines (event) {
  for (const { stacktrace } of event.exception?.values ?? []) {
    for (const frame of stacktrace?.frames ?? []) {
      if (frame.context_line !== undefined || !frame.filename || !frame.lineno) continue
      Object.assign(frame, linesAround(frame.filename, frame.lineno))
    }
  }
}

/**
 * @param {string} file
 * @param {number} lineno
 */
function read (file, lineno) {
  let lines
  try {
    lines = readFileSync(file, 'utf8').split('\n')
  } catch {
    return null
  }
  const at = lineno - 1
  if (at < 0 || at >= lines.length) return null
  const cut = (/** @type {number} */ from, /** @type {number} */ to) => {
    return lines.slice(Math.max(0, from), to).map(line => line.slice(0, LONGEST_LINE))
  }
  return { pre_context: cut(at - LINES_AROUND, at), context_line: cut(at, at + 1)[0], post_context: cut(at + 1, at + 1 + LINES_AROUND) }
}
