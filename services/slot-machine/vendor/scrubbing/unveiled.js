/**
 * Text behind escapes that nobody needs: escaped twice, digits and letters that are escaped, digits of other scripts.
 */

// Of full width, Arabic, Persian: where each begins.
const ZEROS = [0xff10, 0x660, 0x6f0]
const OTHER = ZEROS.map(zero => `${String.fromCharCode(zero)}-${String.fromCharCode(zero + 9)}`).join('')
const CODE = '[2-7][0-9A-Fa-f]'
/** @type {Readonly<Record<string, string>>} */
const NAMED = { quot: '"', apos: "'", commat: '@', amp: '&', lt: '<', gt: '>' }
// What is escaped once and has to be stays as it is: the rules for text know it.
const VEILED = new RegExp(
  `%25${CODE}|%(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa])|\\\\u00${CODE}|\\\\x${CODE}` +
  `|&(?:quot|apos|commat|#[0-9]{2,3}|#[xX]${CODE});|[${OTHER}]`)
const ESCAPE = new RegExp(
  `(?:%|\\\\u00|\\\\x)(${CODE})|&#[xX](${CODE});|&#([0-9]{2,3});|&(${Object.keys(NAMED).join('|')});|([${OTHER}])`, 'g')
const [FIRST_PRINTABLE, LAST_PRINTABLE] = [0x20, 0x7e]
const MOST_ROUNDS = 5

/**
 * Give a text as whoever decodes it will read it; the text itself where nothing is hidden in it.
 *
 * @param {string} text of any kind.
 * @returns {string}
 */
export function unveiled (text) {
  let left = text
  for (let round = 0; round < MOST_ROUNDS && (round > 0 || VEILED.test(left)); round += 1) {
    const plain = left.replace(ESCAPE, decoded)
    if (plain === left) break
    left = plain
  }
  return left
}

/**
 * @param {string} all
 * @param {string | undefined} code
 * @param {string | undefined} hex
 * @param {string | undefined} number
 * @param {string | undefined} name
 * @param {string | undefined} digit
 */
function decoded (all, code, hex, number, name, digit) {
  if (name) return NAMED[name] ?? all
  if (digit) return String(ZEROS.map(zero => digit.charCodeAt(0) - zero).find(value => value >= 0 && value <= 9))
  const of = number ? Number(number) : parseInt(code ?? hex ?? '', 16)
  return of >= FIRST_PRINTABLE && of <= LAST_PRINTABLE ? String.fromCharCode(of) : all
}
