/**
 * Names that say that their value is a secret, wherever it stands: a key, a header, a variable, a parameter.
 */
export const FILTERED = '[Filtered]'

// Anywhere in a name. Where one has an underscore, other spellings have a hyphen or nothing.
export const WORDS = [
  'password', 'passwd', 'passphrase', 'secret', 'token', 'api_key', 'access_key', 'private_key', 'authorization',
  'credential', 'cookie', 'csrf', 'xsrf', 'card_number', 'credit_card', 'security_code', 'session_id',
  'connection_string', 'bearer', 'passcode', 'card_cvv', 'card_cvc',
  'verification_value', 'verification_code', 'sessid', 'passwort', 'kennwort'
]
// A whole part of a name, because they are parts of other words: `pin` of `spin`, `pan` of `panel`.
export const PARTS = [
  'auth', 'pwd', 'pass', 'cvv', 'cvv2', 'cvc', 'cvc2', 'cvn', 'csc', 'ccv', 'cvvcode', 'pincode', 'pan', 'pin', 'otp', 'iban', 'ssn', 'jwt', 'sid',
  'session'
]
// The whole name: what validators call the value that they refuse, and drivers that of a duplicate key.
const WHOLE = ['input', 'input_value', 'key_value']
// Headers whose value says nothing about anybody.
export const OPEN_HEADERS = new Set([
  'accept', 'accept-encoding', 'accept-language', 'connection', 'content-length', 'content-type', 'host',
  'sentry-trace', 'traceparent', 'user-agent', 'x-crash-run', 'x-forwarded-host', 'x-forwarded-proto'
])
const MOST_NAME = 128
const MOST_REMEMBERED = 4096

/** @param {string} word */
const together = word => word.replaceAll('_', '')
/** @param {string} word */
const ofAnyCase = word => word.replace(/[a-z]/g, letter => `[${letter.toUpperCase()}${letter}]`)
/** @param {string} word */
const spelled = word => ofAnyCase(word).replaceAll('_', '[_-]?')

const WORDS_TOGETHER = WORDS.map(together)
const WHOLE_TOGETHER = new Set(WHOLE.map(together))
const PARTS_SET = new Set(PARTS)

/** The regular expression of what {@link isSecret} looks for, from the telling word to the end of the name. */
export const NAME = `(?:(?:${WORDS.map(spelled).join('|')})[\\w.\\-]*` +
  `|(?:(?<![A-Za-z0-9])|(?<=[a-z0-9])(?=[A-Z]))(?:${PARTS.map(ofAnyCase).join('|')})(?![a-z0-9])[\\w.\\-]*` +
  `|(?<![\\w.\\-])(?:${WHOLE.map(spelled).join('|')})(?![\\w.\\-]))`

/** @type {Map<string, boolean>} */
const remembered = new Map()

/**
 * Whether a name says that its value is a secret.
 *
 * @param {string} name of any spelling.
 * @returns {boolean}
 */
export function isSecret (name) {
  if (name.length > MOST_NAME) return false
  let answer = remembered.get(name)
  if (answer === undefined) {
    answer = tells(name)
    if (remembered.size >= MOST_REMEMBERED) remembered.clear()
    remembered.set(name, answer)
  }
  return answer
}

/** @param {string} name */
function tells (name) {
  const parts = name.replace(/([a-z0-9])(?=[A-Z])/g, '$1_').toLowerCase().split(/[^a-z0-9]+/)
  const whole = parts.join('')
  return WHOLE_TOGETHER.has(whole) || parts.some(part => PARTS_SET.has(part)) ||
    WORDS_TOGETHER.some(word => whole.includes(word))
}
