/**
 * Logs for machines: one line of JSON a record on standard error, a stack included, without what nobody may read:
 * whoever keeps logs keeps them for long.
 */
import { scrubOrHide } from './scrubbing.js'
import { textOf } from './thrown.js'

/** @type {{ service: string, traceId: () => string | undefined }} */
const known = { service: '', traceId: () => undefined }

/**
 * Say what each line carries.
 *
 * @param {string} service member `service`.
 * @param {() => string | undefined} traceId gives the trace that the logging code runs on.
 */
export function startLogging (service, traceId) {
  known.service = service
  known.traceId = traceId
  process.removeAllListeners('warning')
  process.on('warning', warning => write('warning', warning.message, warning))
}

/**
 * Each takes the message and, where there is one, the error whose stack belongs to it.
 */
export const log = {
  /** @type {(message: string) => void} */
  info: message => write('info', message),
  /** @type {(message: string, error?: unknown) => void} */
  warning: (message, error) => write('warning', message, error),
  /** @type {(message: string, error?: unknown) => void} */
  error: (message, error) => write('error', message, error)
}

/**
 * @param {string} level
 * @param {string} message
 * @param {unknown} [error]
 */
function write (level, message, error) {
  const traceId = known.traceId()
  const line = {
    time: new Date().toISOString(),
    level,
    service: known.service,
    message: scrubOrHide(message),
    ...(traceId ? { trace_id: traceId } : {}),
    ...(error === undefined ? {} : { exception: scrubOrHide(textOf(error)) })
  }
  process.stderr.write(`${JSON.stringify(line)}\n`)
}
