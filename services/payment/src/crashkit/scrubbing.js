/**
 * What must not leave the process is taken out of what leaves it: card numbers, codes, tokens, cookies, addresses. In
 * its place stands `[Filtered]`, and the shape of the rest stays.
 *
 * Pure rules for text, names, digits and whole events, with nothing of the SDK's or of Node's: the page has a copy. The
 * Python crashkit has the same ones; all are held to tests/contract/scrubbing.json.
 */
export { scrubSampling } from './scrubbing/event.js'
export { scrubOrHide, scrubOrReduce } from './scrubbing/reduced.js'
export { keepSecret, scrubbed } from './scrubbing/text.js'
