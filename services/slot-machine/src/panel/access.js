/**
 * What lets this page fire: a pass that the gateway hands out and that is renewed before it ends, or the fault token
 * that somebody types. A pass is in memory only, a token in the tab's own storage; neither is in an address or event.
 */
const KEY = 'crash-demo-fault-token'
const RENEW_BEFORE_MS = 60_000
const RENEW_SHARE = 0.2
const AGAIN_MS = 5000

export class NoAccess extends Error {
  constructor (status, detail) {
    super(detail)
    this.name = 'NoAccess'
    this.status = status
  }
}

export class Access {
  #ask
  #storage
  #clock
  #onChange
  #pass = null
  #asking = null
  #cancel = () => {}
  #token = null

  /**
   * @param {object} given
   * @param {boolean} given.offered whether the gateway hands out passes.
   * @param {() => Promise<{token: string, expires_in_s: number}>} given.askPass rejects with NoAccess where none is.
   * @param {Storage} given.storage of the tab.
   * @param {() => void} given.onChange
   */
  constructor ({ offered, askPass, storage, clock, onChange = () => {} }) {
    this.offered = offered
    this.problem = null
    this.#ask = askPass
    this.#storage = storage
    this.#clock = clock
    this.#onChange = onChange
    this.#token = read(storage)
  }

  /** `token`, `pass` or `none`: what the next firing carries. */
  get kind () {
    if (this.#token) return 'token'
    return this.#passIsGood() ? 'pass' : 'none'
  }

  /** When the pass ends (ms since 1970). */
  get passUntil () {
    return this.#pass?.until ?? null
  }

  /**
   * Give what goes behind `Bearer`.
   *
   * @throws {NoAccess} nobody has typed a token, and no pass is handed out.
   */
  async credential () {
    if (this.#token) return this.#token
    if (!this.#passIsGood() && this.offered) await this.renew()
    if (this.#passIsGood()) return this.#pass.token
    throw new NoAccess(401, this.problem ?? 'Put the fault token into the field “Fault token” first.')
  }

  /** Take a new pass; those who ask at the same time get the same one. */
  async renew () {
    if (!this.offered) return
    this.#asking ??= this.#take().finally(() => { this.#asking = null })
    await this.#asking
  }

  /** @param {string} token as typed; empty: forget it. */
  useToken (token) {
    this.#token = token.trim() || null
    try {
      if (this.#token) this.#storage.setItem(KEY, this.#token)
      else this.#storage.removeItem(KEY)
    } catch { /* It lasts as long as the page. */ }
    this.problem = null
    this.#onChange()
    if (!this.#token && this.offered && !this.#passIsGood()) this.renew()
  }

  /**
   * After a 401.
   *
   * @returns {Promise<boolean>} whether there is another credential to try.
   */
  async refused () {
    if (this.kind === 'token' || !this.offered) {
      this.problem = 'The gateway did not take this token.'
      this.#onChange()
      return false
    }
    this.#pass = null
    await this.renew()
    return this.kind === 'pass'
  }

  close () {
    this.#cancel()
  }

  #passIsGood () {
    return this.#pass !== null && this.#clock.now() < this.#pass.until
  }

  async #take () {
    try {
      const { token, expires_in_s: seconds } = await this.#ask()
      const now = this.#clock.now()
      this.#pass = { token, until: now + seconds * 1000 }
      this.problem = null
      this.#renewIn(Math.max(AGAIN_MS, seconds * 1000 - Math.max(RENEW_BEFORE_MS, seconds * 1000 * RENEW_SHARE)))
    } catch (error) {
      this.problem = error.message
      if (error.status === 403) this.offered = false
      else this.#renewIn(AGAIN_MS)
    }
    this.#onChange()
  }

  #renewIn (ms) {
    this.#cancel()
    this.#cancel = this.#clock.later(ms, () => this.renew())
  }
}

function read (storage) {
  try {
    return storage.getItem(KEY) || null
  } catch {
    return null
  }
}
