/**
 * The SDK's transport with a spool in front: events go through it, everything else goes the SDK's own way.
 *
 * The SDK keeps 64 envelopes in memory and drops the next; an event is a file here before the call that captured it
 * returns. The SDK must not count as lost what the spool will send, so it never sees it.
 */
import { makeNodeTransport, suppressTracing } from '@sentry/node'

import { enter, settling } from '../accounts/transport.js'
import { ask } from './ask.js'
import { eventIdOf } from './format.js'
import { poster } from './post.js'
import { Sender } from './sender.js'

/** @import { NodeOptions } from '@sentry/node' */
/** @import { Store } from './store.js' */

const FLUSH_MS = 10_000

/** @typedef {NonNullable<NodeOptions['transport']>} MakeTransport */
/** @typedef {ReturnType<MakeTransport>} Transport */
/** @typedef {Parameters<Transport['send']>[0]} Envelope */

/**
 * The spool of one process, and its way to Sentry.
 */
export class Spool {
  #store
  #book
  /** @type {Sender | null} */
  #sender = null

  /**
   * @param {Store} store
   * @param {import('../accounts/book.js').Book | null} [book] where items are counted; none: they are not.
   */
  constructor (store, book = null) {
    this.#store = store
    this.#book = book
    if (book) book.store = store
  }

  /** Its files and what became of them. */
  get store () {
    return this.#store
  }

  /**
   * Send what an earlier process has left.
   *
   * @param {number} withinMs how long to wait for it.
   */
  async recover (withinMs) {
    await this.#sender?.recover(withinMs)
  }

  /**
   * Take over a file that another thread of this process has written.
   *
   * @param {import('../watchdog/protocol.js').Spooled} spooled
   */
  adopt (spooled) {
    const entry = this.#store.adopt(spooled)
    if (entry) this.#sender?.add(entry)
    else if (!spooled.delivered) this.#book?.discardedFromDisk('queue_overflow')
  }

  /**
   * Send what waits before the end: for two seconds, and on to five for as long as it gets less.
   *
   * @param {number} [spareMs] so much longer.
   */
  async drain (spareMs) {
    await this.#sender?.drain(spareMs)
  }

  /**
   * Make the SDK's transport.
   *
   * @param {Parameters<MakeTransport>[0]} options of the SDK.
   * @param {MakeTransport} [make] makes the transport for all that is no event.
   * @returns {Transport}
   */
  transport (options, make = makeTransport) {
    const usual = (this.#book ? settling(this.#book, make) : make)(options)
    const post = poster(options.url)
    const sender = new Sender(this.#store, body => suppressTracing(() => post(body)), reason => {
      options.recordDroppedEvent(reason, 'error', 1)
      this.#book?.discardedFromDisk(reason)
    })
    this.#sender = sender
    return {
      send: envelope => {
        if (this.#book) enter(this.#book, envelope)
        return this.#takes(envelope) ? Promise.resolve({}) : usual.send(envelope)
      },
      async flush (withinMs = FLUSH_MS) {
        const whole = await Promise.all([usual.flush(withinMs), sender.flush(withinMs)])
        return whole.every(Boolean)
      }
    }
  }

  /**
   * Put an event on disk; this is done when the call returns.
   *
   * @param {Envelope} envelope
   * @returns {boolean} false where it must go the usual way.
   */
  #takes (envelope) {
    const [header, items] = envelope
    if (!items.some(([{ type }]) => type === 'event')) return false
    try {
      const eventId = eventIdOf(Reflect.get(header, 'event_id'))
      if (eventId === null) throw new Error('the envelope of an event has no event_id')
      const entry = this.#store.write(eventId, serialized(envelope))
      if (entry === null) return false
      this.#book?.onItsWay('event')
      this.#sender?.add(entry)
      return true
    } catch (error) {
      this.#store.failed(error)
      return false
    }
  }
}

/**
 * Make the SDK's own transport, with our lookups of names, and with an end to what is never answered: 64 such envelopes,
 * and it would send nothing any more.
 *
 * @param {Parameters<typeof makeNodeTransport>[0]} options of the SDK.
 * @param {number} [answerWithinMs] for one envelope.
 */
export function makeTransport (options, answerWithinMs) {
  return makeNodeTransport({
    ...options,
    httpModule: { request: (/** @type {any} */ how, answered = () => {}) => ask(how, answered, answerWithinMs) }
  })
}

/**
 * Write an envelope as it is sent. Each item says its length: without it an attachment may hold a newline too many.
 *
 * @param {Envelope} envelope
 * @returns {import('./format.js').Body}
 */
export function serialized ([header, items]) {
  /** @type {(string | Uint8Array)[]} */
  const parts = [`${JSON.stringify(header)}\n`]
  for (const [itemHeader, payload] of items) {
    const part = typeof payload === 'string' || payload instanceof Uint8Array ? payload : JSON.stringify(payload)
    parts.push(`${JSON.stringify({ ...itemHeader, length: Buffer.byteLength(part) })}\n`, part, '\n')
  }
  if (parts.every(part => typeof part === 'string')) return Buffer.from(parts.join(''))
  return Buffer.concat(parts.map(part => typeof part === 'string' ? Buffer.from(part) : part))
}
