/**
 * What nobody catches in the page: one event each, whatever was thrown, and wherever.
 *
 * Not the SDK's own two integrations. One loses without a word what fails when it is read; the other wraps timers and
 * listeners, and marks of several errors held together the first one as unhandled, and not the whole.
 */
const MOST_FRAMES = 50
const MOST_BELOW = 20
const UNREADABLE = 'Something was thrown that cannot be read'

/**
 * Report from now on.
 *
 * @param {(thrown: unknown, mechanism: {type: string, handled: false}, place: object|null) => void} report may fail where
 *   what was thrown cannot be read; `place` is where, as the frame of a stack, for what has none.
 */
export function reportUnhandled (report) {
  Error.stackTraceLimit = MOST_FRAMES // Chromium's own is 10
  addEventListener('error', ({ error, message, filename, lineno, colno }) => {
    const place = filename ? { filename, lineno, colno, function: '?', in_app: true } : null
    told(report, error ?? message, 'onerror', place)
  })
  addEventListener('unhandledrejection', ({ reason }) => told(report, reason, 'onunhandledrejection', null))
}

function told (report, thrown, type, place) {
  const mechanism = { type, handled: false }
  try {
    report(presentable(thrown), mechanism, place)
  } catch (error) {
    report(new Error(UNREADABLE, { cause: nameOf(error) }), mechanism, place)
  }
}

/**
 * Give what the SDK can report: an error that can be read, with its causes; of an object a copy, because the SDK marks
 * what it has reported and drops it when it comes again, and somebody may keep one for all times.
 *
 * @throws {unknown} whatever its getters throw.
 */
function presentable (thrown) {
  if (typeof thrown !== 'object' || thrown === null) return thrown
  if (thrown instanceof Error) return readable(thrown)
  return Object.getPrototypeOf(thrown) === Object.prototype ? { ...thrown } : thrown
}

function readable (error) {
  const below = [error]
  for (const one of below) { // grows while it is read
    const { name, message, stack, cause, errors } = one
    void `${name}${message}${stack}`
    const held = [cause, ...(Array.isArray(errors) ? errors : [])]
    if (below.length < MOST_BELOW) below.push(...held.filter(other => other instanceof Error && !below.includes(other)))
  }
  return error
}

const nameOf = error => error instanceof Error ? error.name : typeof error
