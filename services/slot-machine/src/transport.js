/**
 * How envelopes leave the page: as the SDK sends them, but each answer is read to its end.
 *
 * The SDK asks the browser to go on sending when the page is left (`keepalive`) and never reads an answer. Chromium
 * counts such a request as on its way until its answer is read, and with 64 KiB on their way it holds back all others.
 */
import { makeFetchTransport } from './vendor/sentry.js'

// Taken before the SDK puts its own in its place: envelopes are no breadcrumbs and no spans.
const send = globalThis.fetch.bind(globalThis)

/** @param {object} options of the SDK. */
export function makeTransport (options) {
  return makeFetchTransport(options, async (url, init) => {
    const answer = await send(url, init)
    answer.arrayBuffer().catch(() => {}) // the SDK needs its headers only
    return answer
  })
}
