/**
 * Keeps `JSON.parse` from rounding: `1.0000000000000001` and `9007199254740993` must not pass as whole numbers.
 */

/** A number whose spelling in the JSON text is not that of a whole number that JavaScript holds exactly. */
export class Inexact {
  /** @param {string} spelling as it stands in the text, for example `1.0` or `9007199254740993`. */
  constructor (spelling) {
    this.spelling = spelling
  }
}

const WHOLE = /^(0|-?[1-9][0-9]*)$/

/**
 * The second argument of `JSON.parse`.
 *
 * @param {string} _name
 * @param {unknown} value
 * @param {{ source?: string }} [context] the text of the value.
 * @returns {unknown} the value, or an `Inexact`.
 */
export function keepExact (_name, value, context) {
  if (typeof value !== 'number') return value
  const spelling = context?.source ?? String(value)
  return WHOLE.test(spelling) && Number.isSafeInteger(value) ? value : new Inexact(spelling)
}
