/**
 * Refusals and failures as `application/problem+json` (RFC 9457).
 */
import { STATUS_CODES } from 'node:http'

export const MEDIA_TYPE = 'application/problem+json'
// Node's table has the names of RFC 7231; these two were renamed by RFC 9110.
const RENAMED = new Map([[413, 'Content Too Large'], [422, 'Unprocessable Content']])

/**
 * An answer that is not what was asked for, with the reason and the fix.
 */
export class Problem extends Error {
  /**
   * @param {number} status HTTP status.
   * @param {string} code short name of the kind, kebab-case; becomes the member `type`.
   * @param {string} detail one sentence: the thing, what was found, the fix.
   * @param {Record<string, string>} [headers] headers that the answer carries (`Allow`, `Retry-After`).
   */
  constructor (status, code, detail, headers = {}) {
    super(detail)
    this.name = 'Problem'
    this.status = status
    this.code = code
    this.detail = detail
    this.headers = headers
  }

  /**
   * Give the members of the JSON document.
   *
   * @param {string} [traceId] 32 hex digits of the trace, where there is one.
   * @returns {Record<string, unknown>}
   */
  body (traceId) {
    return {
      type: `urn:crash-demo:problem:${this.code}`,
      title: RENAMED.get(this.status) ?? STATUS_CODES[this.status] ?? 'Unknown',
      status: this.status,
      detail: this.detail,
      ...(traceId ? { trace_id: traceId } : {})
    }
  }
}
