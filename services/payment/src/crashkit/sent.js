/**
 * Whether an event has left the SDK: it drops, without a word, one on which a part of it has failed.
 */

let last = /** @type {string | undefined} */ (undefined)

/**
 * Note the events that leave from now on.
 *
 * @param {import('@sentry/node').NodeClient} client
 */
export function noteSent (client) {
  client.on('beforeSendEvent', event => { last = event.event_id })
}

/**
 * Capture, and say whether the event has left: what completes it runs in the same call.
 *
 * @param {() => string} capture gives the id of the event.
 * @returns {boolean}
 */
export function hasLeft (capture) {
  return capture() === last
}
