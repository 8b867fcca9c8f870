/**
 * Text that nobody wrote for this: messages, log lines, values, what a database said.
 */
import { withoutCards } from './cards.js'
import { FILTERED, NAME, PARTS, WORDS } from './names.js'
import { unveiled } from './unveiled.js'

// A value that may be looked for where nothing gives it away: no word of a language, no small number.
export const TELLING = /^(?:(?=\S*[0-9])(?=\S*[A-Za-z])[^\s<>]{8,}|[^\s<>.()/]{16,})$/
// Shorter text holds nothing that has a name.
const SHORTEST = 6

// The only address that may be seen: that of a player of the demo.
const DEMO = /^player-[0-9]{1,9}@example\.com$/i
const ADDRESS = /[^\s@"'`<>()[\]{},;:=/&?|\\]{1,64}(?:@|%40)[^\s@"'`<>()[\]{},;:=/&?|\\]{1,253}\.(?:\p{L}{2,24}|xn--[\w-]+)/gu
const USER_OF_URL = /(:\/\/)[^/\s@"'<>]+@/g
// What the SDK cut in two: it puts three dots in the place of the rest.
const CUT = /(?:(?<=:\/\/)[^/\s@"'<>]*:[^/\s@"'<>]*|[^\s@"'<>]+@[^\s@"'<>]*)\.\.\.$/

const OPEN_QUOTE = '[bBrRuU]?\\\\*["\']'
const QUOTED = '"(?:[^"\\\\]|\\\\[\\s\\S])*(?:"|$)|\'(?:[^\'\\\\]|\\\\[\\s\\S])*(?:\'|$)' +
  '|\\\\+"[\\s\\S]*?(?:\\\\+"|$)|\\\\+\'[\\s\\S]*?(?:\\\\+\'|$)'
// Spaces and quotes are in it, so that no shorter match of what stands before gets around it.
const DONE = `(?!\\s*(?:${OPEN_QUOTE}|%22)?\\[Filtered\\](?![\\w\\-]))`
const LINE = '(?:\\r?\\n|\\\\r\\\\n|\\\\n)'
const BETWEEN = '(?:\\\\*["\']|%22|\\)\\])?\\s*(?:=>|:=|==?|:|%3[DdAa])\\s*(?:%22)?' +
  `|\\\\*["']\\s*,\\s*(?=${OPEN_QUOTE}|[0-9])` +
  // Of a form in parts, and of XML.
  `|\\\\*["'](?:;[^\\r\\n\\\\]*)?(?:${LINE}[A-Za-z-]+:[^\\r\\n\\\\]*)*${LINE}{2}` +
  '|(?:\\s+[\\w:.\\-]+=(?:"[^"<>]*"|\'[^\'<>]*\'))*>(?:<!\\[CDATA\\[)?(?=[^\\s<])'
// An object as Python shows it, and a pair in it.
const SHOWN = '[\\w.]+\\((?:[^()]|\\([^()]*\\))*\\)?|[\\w.\\-]+=(?:"[^"]*"?|\'[^\']*\'?)'
const NAMED = new RegExp(
  `(${NAME}(?:${BETWEEN})${DONE}[[(]?\\s*(?:[bBrRuU](?=\\\\*["']))?)` +
  `(${QUOTED}|${SHOWN}|(?:\\[Filtered\\])?[^\\s,;&"'()[\\]{}<>|\\\\]+)`, 'g')
// Without a sign between them: something with a digit in it, else it is the next word of the sentence.
const SPACED = new RegExp(
  `(${NAME}\\s+(?:(?:is|was|of)\\s+)?)((?=[^\\s,;]*[0-9])[A-Za-z0-9][^\\s,;"'()<>[\\]{}]{5,})`, 'g')
// In code a name stands before many things; what is written there as a literal is a value.
const LITERAL = new RegExp(`(${NAME}["']?\\s*[=:,]\\s*[bBrRuU]?)(${QUOTED})`, 'g')
// The whole value, because it has parts: `a=1; b=2`, `Basic dXNlcg==`.
const HEADER = new RegExp(
  '((?<![A-Za-z])(?:[Aa]uthorization|AUTHORIZATION|[Cc]ookies?|COOKIES?)' +
  `(?:(?:\\\\*["'])?\\s*[:=]|\\\\*["']\\s*,(?=\\s*${OPEN_QUOTE})|(?=\\s+[\\w.\\-]+=))` +
  `(?!\\s*(?:${OPEN_QUOTE})?\\[Filtered\\](?:["'\\\\\\r\\n]|$))\\s*(?:${OPEN_QUOTE})?)` +
  '(?!\\s*(?:[[({"\'\\\\]|None\\b|null\\b|undefined\\b))[^\\r\\n"\'\\\\]+', 'g')
const SCHEME = /(\b(?:[Bb]earer|BEARER|[Bb]asic|BASIC)(?:\s+|%20))(?=[a-z]*[A-Z0-9._~+/=:-])[A-Za-z0-9._~+/=:-]{6,}/g
const CODE = /(\b(?:cv[vc]2?|ccv|cvn|csc|security code)\b[^0-9\r\n]{0,8})[0-9]{3,4}(?![0-9])/gi
const SIGNED = /\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_.-]+/g
const PREFIXED = /(?<![A-Za-z0-9])(?:(?:sk|pk|rk|whsec|tok)[_-]|gh[opsur]_|github_pat_|glpat-|xox[abeprs]-|AKIA)[A-Za-z0-9_-]{6,}/g
const RANDOM = new RegExp(
  '(?<![A-Za-z0-9_+/.\\-])(?=[\\w+\\-]*[0-9])(?=[\\w+\\-]*[A-Z])(?=[\\w+\\-]*[a-z])[A-Za-z0-9_+\\-]{32,}(?![A-Za-z0-9_./\\-])' +
  '|(?<![0-9A-Za-z:])(?=[0-9]*[A-Fa-f])[0-9A-Fa-f]{33,}(?![0-9A-Za-z])', 'g')
// What validators and databases repeat of what they were given.
const PAIR = /([\w.$]+\s*:\s*)(?:"(?:[^"\\]|\\[\s\S])*(?:"|$)|[^,}\s"]+(?:\s+[^,}\s]+)*)/g
const DUPLICATE = /(\bdup key: \{)((?:"(?:[^"\\]|\\[\s\S])*(?:"|$)|[^}"\r\n])*)/g
const REPEATED = new RegExp(
  '(\\binput_value=)(?!\\[Filtered\\]).*?(?=, input_type=|\\r|\\n|$)' +
  '|(\\bKey \\([^)\\r\\n]*\\)=\\()[^)\\r\\n]*|(\\bFailing row contains \\()[^\\r\\n]*?(?=\\)\\.?(?:\\s|$)|$)' +
  '|(\\bDuplicate entry \')[^\\r\\n]*?(?=\' for key|\\r|\\n|$)|(\\binvalid input [^:\\r\\n]{1,80}: ")[^"\\r\\n]*' +
  '|(\\[parameters: )(?!\\[Filtered\\])[\\s\\S]*?(?=\\]\\s*(?:\\r|\\n|\\(|$)|$)', 'g')
const OF_A_ROW = '(?:\'[^\'\\r\\n]*\'?|"[^"\\r\\n]*"?|[^()\'"\\r\\n]|\\([^()\\r\\n]*\\))*'
const INSERTED = new RegExp(
  '(\\binsert\\s+into\\b[^;\\r\\n]{0,400}?\\bvalues\\s*\\()(?!\\[Filtered\\])' +
  `${OF_A_ROW}(?:\\)\\s*,\\s*\\(${OF_A_ROW})*`, 'gi')
// What stands beside a card in one line: until when, and the code.
const BESIDE = /(\[Filtered\]([|;,:/ ]{1,3})(?:0[1-9]|1[0-2])[/-]?(?:20)?[2-4][0-9]\2)[0-9]{3,4}(?![0-9])/g
const REPEATING = ['input', 'key', 'row contains', 'duplicate', 'parameters', 'insert']
const EMPTY = new Set(['', 'none', 'null', 'true', 'false', 'undefined', 'nan', '%s', '%r', '%d'])

const SIGN = /[=:,\s>]|%3/
const NAMING = new RegExp([...new Set([...WORDS, ...PARTS, ...REPEATING].map(word => word.slice(0, 4)))].join('|'), 'i')
// Nothing else can match.
const SUSPECT = new RegExp(
  '@|%40|://|eyJ|[0-9](?:[ \\t\\-._+/,\\u00a0\\u2007\\u2009\\u202f\\u2010-\\u2015%]{0,3}[0-9]){9}|[A-Za-z0-9_+\\-]{32}|(?:sk|pk|rk|whsec|tok|gh.|pat|xox.)[_\\-]' +
  '|AKIA|[Bb][Ee][Aa][Rr][Ee][Rr]|[Bb][Aa][Ss][Ii][Cc]|[Cc][Aa][Rr][Dd]')

/** @type {string[]} */
const known = []
// Short texts of events come again and again (operations, states, kinds, keys): those in which nothing was found.
/** @type {Set<string>} */
const clean = new Set()
const MOST_CLEAN = 4096
const MOST_REMEMBERED = 64

/**
 * Take values out of everything from now on, whatever they are called: what this process knows to be a secret.
 *
 * @param {Iterable<string>} values those that could be found by chance, as a word could, are passed over.
 */
export function keepSecret (values) {
  for (const value of values) if (TELLING.test(value) && !known.includes(value)) known.push(value)
  clean.clear()
}

/**
 * Take out of a text what nobody may read; the rest stays as it is.
 *
 * @param {string} text of any kind.
 * @param {(value: string) => void} [found] is told each value that only its name gave away, so that it can be looked
 *   for elsewhere.
 * @returns {string}
 */
export function scrubbed (text, found) {
  if (text.length < SHORTEST || clean.has(text)) return text
  let left = without(text, found)
  const plain = unveiled(left)
  if (plain !== left) {
    const shown = without(plain, found)
    if (shown !== plain) left = shown
  }
  if (left === text && left.length <= MOST_REMEMBERED) remember(left)
  return left
}

/**
 * @param {string} text
 * @param {((value: string) => void) | undefined} found
 */
function without (text, found) {
  let left = text
  for (const value of known) left = left.replaceAll(value, FILTERED)
  if (SUSPECT.test(left)) left = withoutPatterns(left)
  return SIGN.test(left) && NAMING.test(left) ? withoutNamed(left, found) : left
}

/** @param {string} text */
function remember (text) {
  if (clean.size >= MOST_CLEAN) clean.clear()
  clean.add(text)
}

/**
 * Take out of a line of source what it holds as a literal; its names and signs stay.
 *
 * @param {string} line of a stack frame.
 * @returns {string}
 */
export function scrubbedCode (line) {
  return withoutPatterns(line).replace(LITERAL, instead([]))
}

/** Take out what its own form gives away. @param {string} text */
function withoutPatterns (text) {
  let left = text.replace(USER_OF_URL, `$1${FILTERED}@`)
  if (left.includes('@') || left.includes('%40')) left = left.replace(ADDRESS, found => DEMO.test(found) ? found : FILTERED)
  if (left.endsWith('...')) left = left.replace(CUT, `${FILTERED}...`)
  left = left.replace(SCHEME, `$1${FILTERED}`).replace(SIGNED, FILTERED).replace(PREFIXED, FILTERED).replace(RANDOM, FILTERED)
  return withoutCards(left).replace(BESIDE, `$1${FILTERED}`)
}

/**
 * Take out what is said to be a secret, and the same value again where nothing says so.
 *
 * @param {string} text
 * @param {((value: string) => void) | undefined} found
 */
function withoutNamed (text, found) {
  /** @type {string[]} */
  const named = []
  let left = text
    .replace(HEADER, `$1${FILTERED}`)
    .replace(CODE, `$1${FILTERED}`)
    .replace(DUPLICATE, (_all, before, pairs) => before + pairs.replace(PAIR, `$1${FILTERED}`))
    .replace(REPEATED, (_all, ...before) => `${before.slice(0, 6).find(Boolean)}${FILTERED}`)
    .replace(INSERTED, `$1${FILTERED}`)
    .replace(NAMED, instead(named))
    .replace(SPACED, instead(named))
  for (const value of named) {
    found?.(value)
    if (TELLING.test(value)) left = left.replaceAll(value, FILTERED)
  }
  return left
}

/**
 * Put the word in the place of a value, inside of its quotes.
 *
 * @param {string[]} named gets the value.
 * @returns {(all: string, before: string, value: string) => string}
 */
function instead (named) {
  return (all, before, value) => {
    const plain = value.replace(/^[\\"']+|[\\"']+$/g, '')
    if (EMPTY.has(plain.toLowerCase()) || plain === FILTERED) return all
    named.push(plain)
    return `${before}${/^[\\"']*/.exec(value)}${FILTERED}${/[\\"']*$/.exec(value)}`
  }
}
