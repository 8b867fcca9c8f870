/**
 * The machine at work: presses become spins, spins become landings, and whatever goes wrong becomes a sentence.
 */
import { ConnectionLostError } from '../api.js'
import { fly } from './coins.js'
import { resolve } from './doubt.js'
import { START, isReady, next } from './game.js'
import { loadHistory, merged } from './history.js'
import { wantsSpin } from './keys.js'
import { symbolOf } from './paytable.js'
import { Reel } from './reel.js'
import { spin } from './spin.js'
import { makeStorage } from './storage.js'
import { View } from './view.js'
import { WalletAwayError, makeWallet } from './wallet.js'

const AT_FIRST = ['seven', 'seven', 'seven']
const SHORTEST_TURN_MS = 460
const NEXT_REEL_MS = 220
const SUSPENSE_MS = 800
const ENTRY_PAUSES_S = [1, 2, 4, 8]
const COME_BACK_S = 1
const TOP_UPS = 3

/**
 * @param {{api: ReturnType<typeof import('../api.js').makeApi>, telemetry: typeof import('../telemetry.js')}} shared
 */
export function startMachine (shared) {
  const machine = new Machine(shared)
  machine.listen()
  return machine.enter()
}

class Machine {
  #api
  #telemetry
  #wallet
  #view = new View()
  #state = START
  #rows = []
  #reels

  constructor ({ api, telemetry }) {
    this.#api = api
    this.#telemetry = telemetry
    this.#wallet = makeWallet(api, makeStorage(() => localStorage))
    this.#reels = AT_FIRST.map((name, index) => new Reel(document.querySelector(`[data-reel="${index}"]`), name))
    this.#view.render(this.#state, true)
  }

  listen () {
    const { spin: button, stake, topUp } = this.#view
    button.addEventListener('click', () => this.press())
    // A key that is held down is one press.
    button.addEventListener('keydown', event => { if (event.repeat) event.preventDefault() })
    document.getElementById('lever').addEventListener('click', () => this.press())
    topUp.addEventListener('click', () => this.topUp())
    stake.addEventListener('change', ({ target }) => this.#happened({ type: 'staked', stake: Number(target.value) }))
    addEventListener('keydown', event => {
      if (!wantsSpin(event)) return
      event.preventDefault()
      this.press()
    })
    addEventListener('pageshow', event => { if (event.persisted) this.#comeBack() })
  }

  /** Open the wallet, however long the casino takes to answer. */
  async enter () {
    for (let round = 0; this.#state.phase === 'entering'; round++) {
      try {
        const { player, balance } = await this.#wallet.enter()
        this.#telemetry.setPlayer(player)
        document.getElementById('player').textContent = player
        this.#happened({ type: 'entered', balance })
      } catch (error) {
        const inS = error.retryAfterS ?? ENTRY_PAUSES_S[Math.min(round, ENTRY_PAUSES_S.length - 1)]
        this.#happened({ type: 'turnedAway', inS })
        if (!isAway(error) && round === 0) this.#telemetry.capture(error)
        await pauseOrOnline(inS * 1000)
      }
    }
    await this.#loadRows()
  }

  press () {
    const before = this.#state
    this.#happened({ type: 'pressed' })
    if (this.#state !== before && this.#state.phase === 'spinning') return this.#playOnce()
  }

  async #playOnce () {
    const calm = isCalm()
    const began = performance.now()
    this.#view.won(null)
    for (const reel of this.#reels) reel.start(calm)
    const end = await this.#play({ player: this.#wallet.player, stake: this.#state.stake })
    const atRest = () => Promise.all(this.#reels.map(reel => reel.rest(isCalm())))
    if (end.kind !== 'settled') {
      await atRest()
      return this.#notSettled(end)
    }
    this.#happened({ type: 'settled' })
    if (end.reels) await this.#land(end.reels, began)
    else await atRest()
    this.#landed(end)
  }

  /** Play one spin on a trace of its own, and find out what became of it where nobody says. */
  async #play (order) {
    try {
      const { result } = await this.#telemetry.newTrace('spin', {}, async trace => {
        const end = await spin(this.#api, order, trace)
        if (end.kind !== 'doubt') return end
        this.#happened({ type: 'doubted' })
        const isKnown = id => this.#rows.some(row => row.spinId === id)
        return resolve(this.#api, { ...order, spinId: end.spinId, isKnown, trace, pause })
      })
      return result
    } catch (error) {
      this.#telemetry.capture(error)
      return { kind: 'unreadable' }
    }
  }

  async #notSettled (end) {
    if (end.kind === 'returned') return this.#happened({ type: 'returned', balance: end.balance })
    if (end.kind === 'not-played') return this.#happened({ type: 'notPlayed', balance: end.balance })
    if (end.kind === 'unknown') return this.#happened({ type: 'unknown' })
    this.#happened(end.kind === 'unreadable' ? { type: 'unreadable' } : { type: end.kind, why: end.why })
    if (end.kind !== 'refused') await pause((end.retryAfterS ?? COME_BACK_S) * 1000)
    this.#happened({ type: 'resumed', balance: await this.#look() })
  }

  async #land (names, began) {
    const calm = isCalm()
    if (!calm) await pause(SHORTEST_TURN_MS - (performance.now() - began))
    const suspense = names[0] === names[1] ? SUSPENSE_MS : 0
    await Promise.all(this.#reels.map(async (reel, index) => {
      if (!calm) await pause(index * NEXT_REEL_MS + (index === 2 ? suspense : 0))
      await reel.land(names[index], calm)
    }))
  }

  #landed (end) {
    const { spinId, reels, win } = end
    const { stake } = this.#state
    const latest = this.#rows[0]?.at ?? 0
    // The clock here may be behind the one that dated the stored spins.
    this.#rows = merged([{ spinId, reels, stake, win, at: Math.max(Date.now(), latest + 1) }], this.#rows)
    this.#view.listed(this.#rows)
    if (win > 0 && reels) this.#celebrate(reels[0])
    this.#happened({ type: 'landed', spin: end })
  }

  #celebrate (name) {
    this.#view.won(name)
    for (const reel of this.#reels) reel.win()
    if (!isCalm()) fly(document.getElementById('coins'), symbolOf(name).multiplier)
  }

  async topUp () {
    if (!isReady(this.#state)) return
    this.#happened({ type: 'asking' })
    const key = `page:${crypto.getRandomValues(new BigUint64Array(2)).join('-')}`
    for (let attempt = 1; attempt <= TOP_UPS; attempt++) {
      try {
        const { result } = await this.#telemetry.newTrace('top up', {}, trace => this.#wallet.topUp(key, trace))
        return this.#happened({ type: 'toppedUp', balance: result })
      } catch (error) {
        if (!isAway(error)) this.#telemetry.capture(error)
        if (!isAway(error) || attempt === TOP_UPS) return this.#happened({ type: 'notToppedUp' })
        await pause((error.retryAfterS ?? COME_BACK_S) * 1000)
      }
    }
  }

  /** The page comes back as it was left, and the money need not have stood still. */
  async #comeBack () {
    this.#happened({ type: 'asking' })
    this.#happened({ type: 'resumed', balance: await this.#look() })
    await this.#loadRows()
  }

  /** @returns {Promise<number|null>} the balance, of a new wallet where the old one is gone; none where nobody says. */
  async #look () {
    try {
      return (await this.#wallet.enter()).balance
    } catch (error) {
      if (!isAway(error)) this.#telemetry.capture(error)
      return null
    }
  }

  async #loadRows () {
    try {
      this.#rows = merged(this.#rows, await loadHistory(this.#api, this.#wallet.player))
    } catch (error) {
      if (!isAway(error)) this.#telemetry.capture(error)
    }
    this.#view.listed(this.#rows)
  }

  #happened (event) {
    const before = this.#state
    this.#state = next(before, event)
    if (this.#state !== before) this.#view.render(this.#state, isCalm())
  }
}

const isAway = error => error instanceof ConnectionLostError || error instanceof WalletAwayError

const isCalm = () => document.hidden || matchMedia('(prefers-reduced-motion: reduce)').matches

const pause = ms => new Promise(done => void setTimeout(done, ms))

/** Wait, but no longer than until the browser says that there is a network again. @param {number} ms */
function pauseOrOnline (ms) {
  return new Promise(done => {
    addEventListener('online', () => done(), { once: true })
    setTimeout(done, ms)
  })
}
