/**
 * Takes out of a text what must not leave the process: card numbers, addresses, secrets. Its shape is kept.
 */
const FILTERED = '[Filtered]'

/** @type {readonly [RegExp, string][]} */
const RULES = [
  [/\b(bearer|basic)\s+[^\s,;"']+/gi, `$1 ${FILTERED}`],
  // What is named as a secret is one, whatever it looks like.
  [/\b([\w-]*(?:token|secret|passw(?:or)?d|api[_-]?key|session|cookie|cvv|cvc|dsn)[\w-]*["']?\s*[:=]\s*["']?)[^\s,;"'&)}\]]+/gi, `$1${FILTERED}`],
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@]+@/gi, `$1${FILTERED}@`],
  [/[^\s@"'<>()[\],;:=]+@[^\s@"'<>()[\],;:=]+\.[a-z]{2,}/gi, FILTERED],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]*/g, FILTERED],
  [/\b(cv[vc]2?\W{0,3})\d{3,4}\b/gi, `$1${FILTERED}`],
  [/\d(?:[ .-]?\d){12,}/g, FILTERED],
  [/\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z])[\w-]{24,}\b/g, FILTERED]
]

/**
 * @param {string} text
 * @returns {string}
 */
export function scrubbed (text) {
  return RULES.reduce((left, [found, instead]) => left.replace(found, instead), text)
}
