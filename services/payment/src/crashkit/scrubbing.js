/**
 * Takes out of free text what nobody may read there: card numbers, passwords, tokens, cookies, addresses.
 *
 * For text that we did not write. The rules are those of the Python crashkit; both are held to the contract `flight`.
 */
const FILTERED = '[Filtered]'
// Longer text is cut before it is looked at: the rules are for lines, not for documents.
const MOST_CHARACTERS = 4000

/** @type {readonly [RegExp, string][]} */
const RULES = [
  // User and password of an address, the key of a DSN.
  [/:\/\/[^/\s@]+@/g, `://${FILTERED}@`],
  [/[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, FILTERED],
  // Whole headers: a cookie has several values.
  [/((?:authorization|cookie)["']?\s*[:=]\s*["']?)[^\r\n"']+/gi, `$1${FILTERED}`],
  [/\b((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{6,}/gi, `$1${FILTERED}`],
  // A name that says what its value is.
  [
    /([\w-]*(?:token|passw(?:or)?d|secret|api[_-]?key|access[_-]?key)[\w-]*["']?\s*[:=]\s*)(?:"[^"]*"|'[^']*'|[^\s,;&]+)/gi,
    `$1${FILTERED}`
  ],
  [/\b(cv[vcn]2?\b[^0-9\r\n]{0,4})\d{3,4}\b/gi, `$1${FILTERED}`],
  // 13 digits and more, also in groups, as cards are written.
  [/(?<![0-9a-f])\d(?:[ -]?\d){12,}(?![0-9a-f])/gi, FILTERED],
  // Signed tokens, keys with a known beginning, and long random text; an id of 32 hex digits is none of these.
  [/\beyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_.-]+/g, FILTERED],
  [/\b(?:sk|pk|rk|gh[opsu]|xox[abprs]|AKIA)[A-Za-z0-9_-]{12,}\b/g, FILTERED],
  [/\b[0-9a-f]{33,}\b/gi, FILTERED]
]

/**
 * Replace what nobody may read; the rest stays as it is.
 *
 * @param {string} text of any kind; only the first 4000 characters are kept.
 * @returns {string}
 */
export function scrubbed (text) {
  return RULES.reduce((left, [found, instead]) => left.replace(found, instead), text.slice(0, MOST_CHARACTERS))
}
