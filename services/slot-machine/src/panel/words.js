/**
 * What a case costs, what must come of it and why it was refused, in words for people.
 */
const ENDS = {
  oom: 'the kernel kills the container for its memory',
  exit: 'the process exits',
  'heap-abort': 'V8 aborts the process',
  liveness: 'the container fails its liveness probe'
}

/**
 * @param {object} budget of a case, as the catalogue has it (MiB, seconds, firings a minute).
 */
export function budgetInWords (budget) {
  const parts = []
  if (budget.memory_mib && budget.hold_s) {
    parts.push(`holds up to ${budget.memory_mib} MiB for ${seconds(budget.hold_s)}`)
  } else if (budget.memory_mib) {
    parts.push(`takes up to ${budget.memory_mib} MiB`)
  } else if (budget.hold_s) {
    parts.push(`stays active for ${seconds(budget.hold_s)}`)
  }
  parts.push(`runs ${seconds(budget.wall_s)} at most`)
  parts.push(`${budget.per_minute} a minute`)
  parts.push(budget.at_once === 1 ? 'one at a time' : `${budget.at_once} at once`)
  return parts.join('; ')
}

/**
 * @param {object} expect of a case; without a status it happens in the page.
 */
export function answerInWords (expect) {
  const calls = callsOf(expect)
  if (expect.status === undefined || expect.status === null) return 'no HTTP answer, it happens in this page'
  if (!endsPod(expect)) return `answers ${expect.status}`
  if (calls === 1) return 'answers 502, because the process ends before it can answer'
  return `answers ${expect.status}, and 502 at call ${calls} of ${calls}`
}

/**
 * @param {object} event that must arrive.
 */
export function eventInWords (event) {
  const count = event.count > 1 ? `${event.count} × ` : ''
  if (!event.type) return `${count}${event.level ?? 'error'} “${event.message}”`
  const flag = event.handled === false ? ', unhandled' : event.handled === true ? ', handled' : ''
  const level = event.level && event.level !== 'error' ? `, ${event.level}` : ''
  return `${count}${event.type}${event.message ? ` “${event.message}”` : ''}${flag}${level}`
}

/**
 * @param {object} expect of a case.
 * @returns {string|null} none when it never comes near the limit.
 */
export function memoryWarningInWords (expect) {
  const often = { once: 'once', may: 'perhaps once' }[expect.memory_warning]
  return often ? `${often}, that memory is near its limit` : null
}

/**
 * @param {object} expect of a case.
 * @returns {string|null} none when no container ends.
 */
export function podInWords (expect) {
  if (!endsPod(expect)) return null
  const { ends, after_calls: calls, recovers_within_s: withinS } = expect.pod
  const when = calls > 1 ? ` at call ${calls}` : ''
  return `${ENDS[ends] ?? `the container ends (${ends})`}${when}; ready again within ${seconds(withinS)}`
}

/**
 * Say why a firing was refused, and what helps.
 *
 * @param {object} answer `status` (0: no answer), and of a problem `code`.
 */
export function refusalInWords (answer) {
  switch (answer.status) {
    case 0: return 'Nothing was sent.'
    case 401: return 'The gateway wants the fault token, and this was none or another one.'
    case 403: return 'That is not allowed here.'
    case 404: return 'The gateway does not know this case; load the page again.'
    case 409: return answer.code === 'already-active'
      ? 'It is active already, and its budget allows no more at once. Stop it, or wait.'
      : 'The run was ended before it was done.'
    case 429: return 'Its firings of this minute are used up.'
    case 503: return 'The service cannot be reached now; it may be restarting.'
    default: return `The gateway refused it with ${answer.status}.`
  }
}

export function endsPod (expect) {
  return Boolean(expect.pod && expect.pod.ends && expect.pod.ends !== 'none')
}

/** How often a case is fired by one press. */
export function callsOf (expect) {
  return endsPod(expect) ? expect.pod.after_calls ?? 1 : 1
}

/** Seconds as a person reads them: `0.42 s`, `4.2 s`, `75 s`. */
export function inSeconds (ms) {
  const value = Math.max(0, ms) / 1000
  return `${value < 1 ? value.toFixed(2) : value < 20 ? value.toFixed(1) : Math.round(value)} s`
}

/** `1 event`, `2 events`. */
export function counted (count, thing) {
  return `${count} ${thing}${count === 1 ? '' : 's'}`
}

function seconds (value) {
  return `${Number(value)} s`
}
