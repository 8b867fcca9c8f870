/**
 * What the flight record says of one request, as JSON, each made once.
 */
import { scrubbed } from '../scrubbing.js'

const MOST_BREADCRUMBS = 5
/** The most characters of a text. */
export const LONGEST = 120
// Scrubbed before it is cut, so that no half of a secret stays; what is far beyond the cut is not looked at.
const LONGEST_SCRUBBED = 1000

/**
 * @typedef {object} Breadcrumb
 * @property {number} [timestamp] seconds since the epoch.
 * @property {string} [category]
 * @property {string} [message]
 *
 * Where a request runs.
 *
 * @typedef {object} Place
 * @property {string | null} trace 32 hex digits.
 * @property {string | null} span 16 hex digits.
 * @property {() => readonly Breadcrumb[]} breadcrumbs gives those of now.
 *
 * A request in the record.
 *
 * @typedef {object} Known
 * @property {string} route method and path, as the table of routes has it.
 * @property {number} since when it began (seconds since the epoch).
 * @property {import('../run.js').Run | null} run where it fires a fault.
 * @property {number | null} heldSince when it was answered, where the fault still holds something.
 * @property {string} text all of that.
 *
 * @typedef {Place & Known} Entry
 *
 * @type {WeakMap<Breadcrumb, string>}
 */
const crumbs = new WeakMap()
/** @type {Map<string, string>} */
const quotedRoutes = new Map()

/** @param {Entry} entry */
export function textOf ({ trace, span, route, since, run, heldSince }) {
  // Made by hand, because every request pays for it; ids and numbers need no escape.
  const named = route ? `,"route":${quoted(route.slice(0, LONGEST))}` : ''
  const text = `{"trace":${trace && `"${trace}"`},"span":${span && `"${span}"`}${named},"since":${since}}`
  if (run === null) return text
  const fault = { scenario: run.case.scenarioName, case: run.case.caseName, run: run.tag }
  return JSON.stringify({ ...JSON.parse(text), ...fault, ...(heldSince === null ? {} : { held_since: heldSince }) })
}

/**
 * There are only so many routes.
 *
 * @param {string} route
 */
function quoted (route) {
  let text = quotedRoutes.get(route)
  if (text === undefined) {
    text = JSON.stringify(route)
    quotedRoutes.set(route, text)
  }
  return text
}

/** @param {Entry} entry */
export function breadcrumbsOf (entry) {
  return entry.breadcrumbs().slice(-MOST_BREADCRUMBS).map(breadcrumb => {
    const known = crumbs.get(breadcrumb)
    if (known !== undefined) return known
    const { timestamp, category, message } = breadcrumb
    const text = JSON.stringify({ at: timestamp ?? entry.since, category: cut(category), message: cut(message) })
    crumbs.set(breadcrumb, text)
    return text
  })
}

/** @param {string | undefined} text */
function cut (text) {
  return scrubbed(String(text ?? '').slice(0, LONGEST_SCRUBBED)).slice(0, LONGEST)
}
