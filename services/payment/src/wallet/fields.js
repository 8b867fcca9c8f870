/**
 * Checks the fields of a request, all of them at once, and says of each mistake what was found and how to mend it.
 */
import { Problem } from '../crashkit/problem.js'
import { Inexact } from '../web/exact-numbers.js'

const SHOWN = 40

/**
 * @typedef {{ field: string, found: string, fix: string }} Mistake
 * @typedef {object} Rule
 * @property {(value: unknown) => boolean} fits
 * @property {string} fix the end of the sentence "send …".
 * @property {boolean} [optional]
 */

/** Fields of a request do not fit; the body lists each in `errors`. */
export class FieldsRefused extends Problem {
  /** @param {Mistake[]} mistakes at least one. */
  constructor (mistakes) {
    super(422, 'fields', mistakes.map(({ field, found, fix }) => `${field}: found ${found}; ${fix}`).join('. '))
    this.mistakes = mistakes
  }

  /** @param {string} [traceId] */
  body (traceId) {
    return { ...super.body(traceId), errors: this.mistakes }
  }
}

/**
 * A whole number between bounds.
 *
 * @param {number} least
 * @param {number} most
 * @param {string} unit
 * @returns {Rule}
 */
export function whole (least, most, unit) {
  return {
    fits: value => typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most,
    fix: `send a whole number from ${least} to ${most} (${unit})`
  }
}

/**
 * A text of one form.
 *
 * @param {RegExp} form
 * @param {string} described
 * @returns {Rule}
 */
export function text (form, described) {
  return { fits: value => typeof value === 'string' && form.test(value), fix: `send ${described}` }
}

/**
 * The same, and it may be left out.
 *
 * @param {Rule} rule
 * @returns {Rule}
 */
export function optional (rule) {
  return { ...rule, optional: true, fix: `${rule.fix}, or leave it out` }
}

/**
 * Take the fields that the rules know.
 *
 * @param {unknown} given the body of the request, or what its path and query say.
 * @param {Readonly<Record<string, Rule>>} rules by field.
 * @returns {Record<string, any>} `any`, because each rule has looked at its value's type.
 * @throws {FieldsRefused} every field that is missing, does not fit or is unknown.
 */
export function take (given, rules) {
  if (typeof given !== 'object' || given === null || Array.isArray(given) || given instanceof Inexact) {
    throw new FieldsRefused([{ field: 'body', found: found(given), fix: 'send a JSON object' }])
  }
  const values = new Map(Object.entries(given))
  /** @type {Mistake[]} */
  const mistakes = []
  for (const [field, rule] of Object.entries(rules)) {
    if (!values.has(field)) {
      if (!rule.optional) mistakes.push({ field, found: 'nothing', fix: rule.fix })
    } else if (!rule.fits(values.get(field))) {
      mistakes.push({ field, found: found(values.get(field)), fix: rule.fix })
    }
  }
  for (const field of values.keys()) {
    if (Object.hasOwn(rules, field)) continue
    const fix = `leave it out; known are ${Object.keys(rules).join(', ')}`
    mistakes.push({ field: field.slice(0, SHOWN), found: 'an unknown field', fix })
  }
  if (mistakes.length) throw new FieldsRefused(mistakes)
  return Object.fromEntries(values)
}

/**
 * Say what a value is, without repeating a text that may be private.
 *
 * @param {unknown} value
 * @returns {string}
 */
function found (value) {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (value instanceof Inexact) return `the number ${value.spelling.slice(0, SHOWN)}`
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'string') return `a text of ${value.length} characters`
  if (typeof value === 'object') return 'an object'
  return `the ${typeof value} ${String(value)}`
}
