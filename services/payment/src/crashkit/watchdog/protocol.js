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
 * @property {import('../accounts/aside.js').Aside | null} aside where the event is counted; none: it is not.
 * @property {{ name: string, version: string }} sdk of the envelope.
 * @property {string | null} spoolDir where the event lies until it is delivered; none where there is no spool.
 * @property {import('../memory/watch.js').Order} memory
 * @property {Record<string, any>} event what every event of this process carries.
 *
 * What the thread tells of an event that it has put into the spool.
 *
 * @typedef {object} Spooled
 * @property {string} name of the file.
 * @property {boolean} delivered whether it is removed again; else it is the main thread's to send.
 */
