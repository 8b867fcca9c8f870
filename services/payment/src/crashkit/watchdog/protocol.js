/**
 * What the two threads of the watchdog agree on.
 */

/** Name of the global function that gives, as JSON, what an event of this moment would carry. */
export const READ_STATE = '__crashDemoStateHere'

/**
 * What the thread is given.
 *
 * @typedef {object} Order
 * @property {BigInt64Array} beats shared; the time of the last heartbeat (nanoseconds of the monotonic clock).
 * @property {number} thresholdMs how late it must be to be a block.
 * @property {string | null} dsn where the event goes; nothing is sent without it.
 * @property {{ name: string, version: string }} sdk of the envelope.
 * @property {Record<string, any>} event what every event of this process carries.
 */
