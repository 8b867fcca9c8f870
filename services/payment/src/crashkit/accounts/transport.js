/**
 * The SDK's transport, with a book: every item that it is given is counted until it is delivered or discarded.
 */

/** @import { NodeClient } from '@sentry/node' */
/** @import { Envelope, MakeTransport, Transport } from '../spool/transport.js' */
/** @import { Book } from './book.js' */

// Names the book in the header of an envelope.
const HEADER = 'book'
// The SDK's words for what it loses before it sends, as the types of the items that they are.
const TYPE_OF = new Map([['transaction', 'transaction'], ['session', 'session'], ['monitor', 'check_in'], ['feedback', 'feedback']])
const TOO_LARGE = 413

/**
 * Count the items of an envelope that is given to the transport, and have it name the book.
 *
 * @param {Book} book
 * @param {Envelope} envelope
 */
export function enter (book, envelope) {
  const [header, items] = envelope
  Reflect.set(header, HEADER, book.id)
  // Events were counted when they were captured, before anything could drop them.
  for (const [{ type }] of items) if (type !== 'event') book.captured(type)
}

/**
 * Make a transport for a process without a spool.
 *
 * @param {Book} book
 * @param {MakeTransport} make makes the transport that sends.
 * @returns {MakeTransport}
 */
export function booking (book, make) {
  return options => {
    const usual = settling(book, make)(options)
    return {
      ...usual,
      send (envelope) {
        enter(book, envelope)
        return usual.send(envelope)
      }
    }
  }
}

/**
 * Make a transport that counts what became of the items that were entered.
 *
 * @param {Book} book
 * @param {MakeTransport} make makes the transport that sends.
 * @returns {MakeTransport}
 */
export function settling (book, make) {
  return options => {
    /** @type {string[] | null} */
    let heldBack = null
    const usual = make({
      ...options,
      recordDroppedEvent (reason, category, count) {
        // Only what is held back is said while the envelope is handed over; all else is told by the answer.
        heldBack?.push(reason)
        options.recordDroppedEvent(reason, category, count)
      }
    })
    return { ...usual, send: envelope => send(envelope, usual) }

    /**
     * @param {Envelope} envelope
     * @param {Transport} usual
     */
    async function send (envelope, usual) {
      const types = envelope[1].map(([{ type }]) => type)
      heldBack = []
      const sending = usual.send(envelope)
      const reasons = heldBack
      heldBack = null
      if (reasons.length) {
        // One category an envelope of ours: what is held back is all of it.
        for (const type of types) book.discarded(type, 'ratelimit_backoff')
        return sending
      }
      try {
        const answer = await sending
        const reason = reasonOf(answer.statusCode)
        for (const type of types) reason === null ? book.delivered(type) : book.discarded(type, reason)
        return answer
      } catch (error) {
        for (const type of types) book.discarded(type, 'network_error')
        throw error
      }
    }
  }
}

/**
 * Count each event before anything can drop it, and what the SDK drops before it sends.
 *
 * @param {Book} book
 * @param {NodeClient} client
 */
export function countCaptured (book, client) {
  client.on('preprocessEvent', event => { if (!event.type) book.captured('event') })
  const record = client.recordDroppedEvent.bind(client)
  client.recordDroppedEvent = (reason, category, count = 1) => {
    record(reason, category, count)
    const type = TYPE_OF.get(category)
    if (category === 'error') book.discarded('event', reason)
    else if (type) book.neverSent(type, reason, count)
  }
}

/** @param {number | undefined} status none where the envelope was not sent: too many wait already. */
function reasonOf (status) {
  if (status === undefined) return 'queue_overflow'
  if (status >= 200 && status < 300) return null
  return status === TOO_LARGE ? 'send_error' : `http_${status}`
}
