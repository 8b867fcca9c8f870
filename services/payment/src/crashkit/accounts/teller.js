/**
 * Tells the book to the event sink, which holds it against what it has received.
 */
import { isDeepStrictEqual } from 'node:util'

import { suppressTracing } from '@sentry/node'

import { log } from '../logs.js'
import { poster } from '../spool/post.js'

// So often it is looked whether anything has changed. What goes on changing is told less often: each time costs about as
// much of the processor as a request. What has not changed is told now and then: who is silent for longer is gone.
const LOOK_EVERY_MS = 1000
const CHANGING_EVERY_MS = 3000
const AT_LEAST_EVERY_S = 20
const ANSWER_WITHIN_MS = 1500
// For the last figures: nobody tells them later, where a pod ends.
const LAST_ANSWER_WITHIN_MS = 3000
// Answers of a Sentry that is not our sink; or of somebody who has the sink's place while it is away, which is why it is
// asked again: now and then where nobody has ever heard the book, soon where somebody has.
const KNOWS_NO_BOOKS = new Set([400, 401, 403, 404, 405])
const ASKED_AGAIN_AFTER_MS = 60_000
const ASKED_SOON_AFTER_MS = 5000

/**
 * Posts the figures of a book. Figures are sums from the beginning, so that one that is not heard costs nothing but time.
 */
export class Teller {
  #book
  #said
  #post
  #postLast
  #timer
  /** @type {ReturnType<import('./book.js').Book['figures']> | null} */
  #seen = null
  /** @type {ReturnType<import('./book.js').Book['figures']> | null} */
  #told = null
  #toldMs = -Infinity
  #notBeforeMs = 0
  /** @type {Promise<void> | null} */
  #telling = null

  /**
   * @param {import('./book.js').Book} book
   * @param {string} dsn
   * @param {{ service: string, instance: string }} said
   */
  constructor (book, dsn, said) {
    const { protocol, host, username, pathname } = new URL(dsn)
    const [, folder = '', project = ''] = /^(.*)\/([^/]+)\/?$/.exec(pathname) ?? []
    this.#book = book
    this.#said = said
    const address = `${protocol}//${host}${folder}/api/${project}/book/`
    const headers = { 'Content-Type': 'application/json', 'X-Sentry-Auth': `Sentry sentry_version=7, sentry_key=${username}` }
    this.#post = poster(address, ANSWER_WITHIN_MS, headers)
    this.#postLast = poster(address, LAST_ANSWER_WITHIN_MS, headers)
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS).unref()
  }

  /** Close the book, tell its last figures, and end. */
  async end () {
    clearInterval(this.#timer)
    await this.#telling
    this.#book.end()
    await this.#tell(this.#book.figures(), this.#postLast)
  }

  #look () {
    if (this.#telling || performance.now() < this.#notBeforeMs) return
    const figures = this.#book.figures()
    const silentMs = performance.now() - this.#toldMs
    const settled = silentMs >= CHANGING_EVERY_MS || isDeepStrictEqual(figures, this.#seen)
    this.#seen = figures
    const news = settled && !isDeepStrictEqual(figures, this.#told)
    if (!news && silentMs < AT_LEAST_EVERY_S * 1000) return
    this.#telling = this.#tell(figures).finally(() => { this.#telling = null })
  }

  /**
   * @param {ReturnType<import('./book.js').Book['figures']>} figures
   * @param {ReturnType<typeof poster>} [post]
   */
  async #tell (figures, post = this.#post) {
    const body = JSON.stringify({ ...this.#said, ...figures, every_s: AT_LEAST_EVERY_S })
    const { status } = await suppressTracing(() => post(body))
    // Where the sink is away, the next figures have these in them.
    if (status === null) return
    if (status >= 200 && status < 300) [this.#told, this.#toldMs] = [figures, performance.now()]
    if (KNOWS_NO_BOOKS.has(status)) this.#knowsNone(status)
  }

  /** @param {number} status */
  #knowsNone (status) {
    if (!this.#told && !this.#notBeforeMs) log.info(`whoever answers at the DSN keeps no books (${status}): the figures are on /metrics only`)
    this.#notBeforeMs = performance.now() + (this.#told ? ASKED_SOON_AFTER_MS : ASKED_AGAIN_AFTER_MS)
  }
}
