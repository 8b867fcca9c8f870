/**
 * Digits that are a card number, and those that are an id, a time or an amount.
 *
 * A run of 13 to 19 digits is a card number when Luhn's sum is right and it begins as cards do: with none of 0 and 1,
 * as times in milliseconds and below do until 2033. Digits in groups as they are embossed are one whatever the sum.
 */
import { FILTERED } from './names.js'

const SHORTEST = 13
const LONGEST = 19
// Groups that are shorter are a list of numbers.
const SHORTEST_GROUP = 3

const BETWEEN = '(?:[ \\t\\-._+/\\u00a0\\u2007\\u2009\\u202f\\u2010-\\u2015]|%20|%2[Bb]|%2[Dd])'
// The digits of an escape are none of the text.
const EMBOSSED = new RegExp(
  `(?:(?<=%[0-9A-Fa-f]{2})|(?<![0-9A-Za-z.]))[2-9][0-9]{3}(${BETWEEN}{1,3})` +
  '(?:[0-9]{4}\\1[0-9]{4}\\1[0-9]{4}(?:\\1[0-9]{1,4})?|[0-9]{6}\\1[0-9]{4,5})(?![0-9A-Za-z])', 'g')
const RUNS = /(?<![0-9])[0-9](?:[ -]?[0-9]){12,}/g
// As numbers are grouped for people.
const THOUSANDS = /(?<![0-9.,_'])[0-9]{1,3}([,_'])[0-9]{3}(?:\1[0-9]{3}){3,4}(?![0-9.,_'])/g
const ESCAPE = /%[0-9A-Fa-f]?$/
const BEFORE = /(?:[0-9]\.|[0-9A-Za-z]*)$/
const AFTER = /^[0-9A-Za-z]*/
const HEX = /^(?:0x[0-9A-Fa-f]*|(?:[0-9A-Fa-f]{8}){2,})$/
const UUID = /[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}/g
const LOOK_AROUND = 128
// What is called a card is one, whatever its digits sum up to.
const CALLED = new RegExp(
  '((?<![A-Za-z])(?:card|pan|cc)(?![a-z])[^0-9\\r\\n]{0,12}|(?:card|pan|cc)[_-]?(?:number|num|no)[^0-9\\r\\n]{0,8})' +
  '(?:[0-9][ \\-]?){11,18}[0-9](?![0-9])', 'gi')
// A card that was cut in two, with what the SDK puts in the place of the rest.
const CUT = /[0-9](?:[ -]?[0-9]){5,}(?=\.\.\.$)/

/**
 * Take card numbers out of a text.
 *
 * @param {string} text
 * @returns {string}
 */
export function withoutCards (text) {
  const left = text.replace(EMBOSSED, FILTERED).replace(CALLED, `$1${FILTERED}`).replace(RUNS, withoutCard)
    .replace(THOUSANDS, found => isCard(found.replace(/[^0-9]/g, '')) ? FILTERED : found)
  return left.endsWith('...') ? left.replace(CUT, FILTERED) : left
}

/**
 * Whether digits are a card number.
 *
 * @param {string} digits nothing else.
 * @returns {boolean}
 */
export function isCard (digits) {
  return digits.length >= SHORTEST && digits.length <= LONGEST && !'01'.includes(digits.charAt(0)) &&
    luhnSum(digits) % 10 === 0
}

/** Every second digit from the right is doubled, and the digits of what comes of it are added. @param {string} digits */
function luhnSum (digits) {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = Number(digits[digits.length - 1 - index])
    const value = index % 2 ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
  }
  return sum
}

/**
 * @param {string} found
 * @param {number} start
 * @param {string} text
 */
function withoutCard (found, start, text) {
  if (isOfAnId(found, start, text)) return found
  const left = withoutGroups(found)
  const escape = ESCAPE.exec(text.slice(Math.max(0, start - 2), start))
  if (left !== found || escape === null) return left
  const digits = 3 - escape[0].length
  return found.slice(0, digits) + withoutGroups(found.slice(digits))
}

/** @param {string} text */
function withoutGroups (text) {
  const groups = [...text.matchAll(/[0-9]+/g)].map(({ 0: digits, index }) => ({ digits, index, end: index + digits.length }))
  let left = ''
  let copied = 0
  for (let first = 0; first < groups.length; first++) {
    const last = lastOfCard(groups, first)
    if (last === null) continue
    left += text.slice(copied, groups[first]?.index) + FILTERED
    copied = groups[last]?.end ?? copied
    first = last
  }
  return left + text.slice(copied)
}

/**
 * Give the last of the groups that are a card number together, the longest if there are several.
 *
 * @param {{ digits: string }[]} groups
 * @param {number} first
 */
function lastOfCard (groups, first) {
  const shortest = groups[first]?.digits.length ?? 0
  let digits = ''
  let found = null
  for (let number = first; number < groups.length; number++) {
    const more = groups[number]?.digits ?? ''
    digits += more
    const isList = number > first && Math.min(more.length, shortest) < SHORTEST_GROUP
    if (isList || digits.length > LONGEST) break
    if (isCard(digits)) found = number
  }
  return found
}

/**
 * Whether the digits are the decimals of a number, or a part of an id in hex digits.
 *
 * @param {string} found
 * @param {number} start
 * @param {string} text
 */
function isOfAnId (found, start, text) {
  const end = start + found.length
  const isEscaped = text[start - 3] === '%'
  const before = isEscaped ? '' : BEFORE.exec(text.slice(Math.max(0, start - LOOK_AROUND), start))?.[0] ?? ''
  if (before.endsWith('.')) return true
  const word = before + found + (AFTER.exec(text.slice(end, end + LOOK_AROUND))?.[0] ?? '')
  if (word.length > found.length && HEX.test(word)) return true
  if (!found.includes('-')) return false
  return [...text.matchAll(UUID)].some(uuid => uuid.index < end && start < uuid.index + uuid[0].length)
}
