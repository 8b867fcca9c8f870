/**
 * The only way to the gateway: every request of the page goes through here.
 */
const PATIENCE_MS = 40_000 // above the gateway's own limit, so that it is the gateway who gives up
const PROBLEM = 'urn:crash-demo:problem:'

/** Nobody answered: no network, no gateway, or an answer that broke off. Whether the request was done is not known. */
export class ConnectionLostError extends Error {
  name = 'ConnectionLostError'
}

/**
 * @typedef {object} Answer
 * @property {number} status HTTP status.
 * @property {boolean} ok
 * @property {any} body the JSON document; null where there is none.
 * @property {string|null} problem the kind of a refusal, as `insufficient-funds`.
 * @property {string} detail what the refusal says; empty where it says nothing.
 * @property {number|null} retryAfterS when to come back (seconds).
 * @property {string|null} traceId of the request at the gateway, 32 hex digits.
 * @property {number} tookMs from the request to the whole answer (ms).
 */

/**
 * @param {string} base where the gateway is; empty for the page's own origin.
 */
export function makeApi (base) {
  /**
   * @param {string} path below the gateway, with its query: `/api/v1/catalog`.
   * @param {object} [asked]
   * @param {string} [asked.method]
   * @param {unknown} [asked.body] becomes JSON.
   * @param {Record<string, string>} [asked.headers]
   * @param {{within: <T>(work: () => T) => T}} [asked.trace] whose part the request is; see `newTrace`.
   * @param {AbortSignal} [asked.signal]
   * @param {number} [asked.patienceMs] how long an answer is waited for.
   * @returns {Promise<Answer>} whatever the status is.
   * @throws {ConnectionLostError} nobody answered.
   */
  async function request (path, { method = 'GET', body, headers = {}, trace, signal, patienceMs = PATIENCE_MS } = {}) {
    const patience = AbortSignal.timeout(patienceMs)
    const options = {
      method,
      headers: { accept: 'application/json', ...headers },
      cache: 'no-store',
      signal: signal ? AbortSignal.any([signal, patience]) : patience
    }
    if (body !== undefined) {
      options.headers['content-type'] = 'application/json'
      options.body = JSON.stringify(body)
    }
    const send = () => fetch(base + path, options)
    const began = performance.now()
    try {
      const response = await (trace ? trace.within(send) : send())
      const text = await response.text()
      return answerOf(response, text, performance.now() - began)
    } catch (error) {
      if (signal?.aborted) throw error
      throw new ConnectionLostError(`${method} ${path.split('?')[0]}: nobody answered`, { cause: error })
    }
  }

  return { base, request }
}

/**
 * @param {Response} response
 * @param {string} text
 * @param {number} tookMs
 * @returns {Answer}
 */
function answerOf (response, text, tookMs) {
  const body = document(text)
  const type = typeof body?.type === 'string' ? body.type : ''
  return {
    status: response.status,
    ok: response.ok,
    body,
    problem: type.startsWith(PROBLEM) ? type.slice(PROBLEM.length) : null,
    detail: !response.ok && typeof body?.detail === 'string' ? body.detail : '',
    retryAfterS: seconds(response.headers.get('retry-after')),
    traceId: response.headers.get('x-trace-id'),
    tookMs
  }
}

/** @param {string} text */
function document (text) {
  try {
    return JSON.parse(text)
  } catch {
    return null // a page of a proxy on the way: the status says what there is to say
  }
}

/** @param {string|null} found */
const seconds = found => found !== null && /^[0-9]{1,5}$/.test(found) ? Number(found) : null
