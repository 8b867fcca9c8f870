/**
 * What the panel asks of the gateway, in the panel's own words.
 */
import { NoAccess } from './access.js'

const ASK_WITHIN_MS = 10_000

/** An answer that is not what was asked for. */
class NotAnswered extends Error {
  name = 'NotAnswered'
}

export class Gateway {
  #api

  /** @param {ReturnType<typeof import('../api.js').makeApi>} api */
  constructor (api) {
    this.#api = api
  }

  /** What can be fired. */
  async catalogue () {
    return this.#get('/api/v1/catalog')
  }

  /**
   * Fire once.
   *
   * @param {string} path of a case, with its query.
   * @param {{run: string, credential: string, trace: object}} sent
   * @returns {Promise<object>} an answer as cards keep it; status 0 where nobody answered.
   */
  async press (path, { run, credential, trace }) {
    const headers = { authorization: `Bearer ${credential}`, 'x-crash-run': run }
    try {
      const answer = await this.#api.request(path, { method: 'POST', headers, trace })
      return {
        status: answer.status,
        code: answer.problem,
        detail: answer.detail,
        retry_after_s: answer.retryAfterS,
        report: answer.ok ? answer.body?.report ?? null : null
      }
    } catch (error) {
      return { status: 0, code: null, detail: error.message, retry_after_s: null, report: null }
    }
  }

  /** What became of a firing. @param {string} trace @param {string|null} service whose readiness is asked too. */
  async firing (trace, service, signal) {
    return this.#get(`/api/v1/firings/${trace}${service ? `?service=${service}` : ''}`, signal)
  }

  /** Since when a service runs, before anything is fired. @param {string} service */
  async before (service, signal) {
    const nobodys = Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0'))
    return this.firing(nobodys.join(''), service, signal)
  }

  /** What runs or holds something now, in all services. */
  async active (signal) {
    return this.#get('/api/v1/faults', signal)
  }

  /** Stop the runs of one tag, or all. @param {string|null} run @param {string} credential */
  async stop (run, credential) {
    const path = run === null ? '/api/v1/faults' : `/api/v1/faults?run=${encodeURIComponent(run)}`
    const headers = { authorization: `Bearer ${credential}` }
    const answer = await this.#api.request(path, { method: 'DELETE', headers, patienceMs: ASK_WITHIN_MS })
    if (answer.status === 401) throw new NoAccess(401, answer.detail)
    return wanted(answer)
  }

  /** A pass. @throws {NoAccess} none is handed out here. */
  async askPass () {
    const answer = await this.#api.request('/api/v1/fault-pass', { method: 'POST', patienceMs: ASK_WITHIN_MS })
    if (!answer.ok) throw new NoAccess(answer.status, answer.detail || `The gateway answered ${answer.status}.`)
    return answer.body
  }

  async #get (path, signal) {
    return wanted(await this.#api.request(path, { signal, patienceMs: ASK_WITHIN_MS }))
  }
}

function wanted (answer) {
  if (!answer.ok || answer.body === null) {
    throw new NotAnswered(answer.detail || `The gateway answered ${answer.status}.`)
  }
  return answer.body
}
