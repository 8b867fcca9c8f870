/**
 * The machine on the page: shows a state, and nothing that is not in it.
 */
import { isBroke, isPoor, isReady } from './game.js'
import { ROWS } from './history.js'
import { STAKES, between, shown, signed } from './money.js'
import { SYMBOLS } from './paytable.js'
import { chip, historyRow, payRow } from './pieces.js'

const COUNT_MS = { win: 900, other: 260 }
const NOTHING = () => {}

export class View {
  #counted = null
  #endCount = NOTHING
  #said

  constructor () {
    this.balance = document.getElementById('balance')
    this.result = document.getElementById('result')
    this.spin = document.getElementById('spin')
    this.stake = document.getElementById('stake')
    this.topUp = document.getElementById('top-up')
    this.history = document.getElementById('history')
    this.tally = document.getElementById('tally')
    this.machine = document.getElementById('machine')
    document.getElementById('chips').append(...STAKES.map(chip))
    document.getElementById('paytable').append(...SYMBOLS.map(payRow))
  }

  /**
   * @param {import('./game.js').State} state
   * @param {boolean} calm show at once what else would count up.
   * @returns {Promise<void>} when the balance has been counted.
   */
  render (state, calm) {
    document.body.toggleAttribute('data-ready', isReady(state))
    this.machine.dataset.phase = state.phase
    this.machine.dataset.tone = state.say.tone
    this.spin.setAttribute('aria-disabled', String(!isReady(state)))
    this.topUp.setAttribute('aria-disabled', String(!isReady(state)))
    this.topUp.classList.toggle('wanted', isReady(state) && (isPoor(state) || isBroke(state)))
    this.stake.querySelector(`[value="${state.stake}"]`).checked = true
    this.#say(state.say)
    this.#prices(state.stake)
    return this.#count(state, calm)
  }

  /** @param {import('./history.js').Row[]} rows the latest first. */
  listed (rows) {
    const there = new Map([...this.history.children].map(row => [row.dataset.spin, row]))
    const wanted = rows.slice(0, ROWS)
    wanted.forEach((row, index) => {
      const element = there.get(row.spinId) ?? historyRow(row)
      element.style.setProperty('--at', String(index))
      if (this.history.children[index] !== element) this.history.insertBefore(element, this.history.children[index] ?? null)
    })
    while (this.history.children.length > wanted.length) this.history.lastElementChild.remove()
    const net = rows.reduce((sum, { win, stake }) => sum + win - stake, 0)
    this.tally.textContent = rows.length ? `Last ${rows.length === 1 ? 'spin' : `${rows.length} spins`}: ${signed(net)}` : 'No spins yet'
  }

  /** Show which row of the pay table has won. @param {string|null} symbol */
  won (symbol) {
    for (const row of document.querySelectorAll('[data-pays]')) row.classList.toggle('won', row.dataset.pays === symbol)
  }

  #say (say) {
    if (say === this.#said) return
    this.#said = say
    const head = Object.assign(document.createElement('strong'), { textContent: say.head })
    const detail = Object.assign(document.createElement('span'), { textContent: say.detail })
    // What is hidden from a screen reader in a live region is not read out.
    if (say.silent) for (const part of [head, detail]) part.setAttribute('aria-hidden', 'true')
    this.result.replaceChildren(head, detail)
  }

  #prices (stake) {
    for (const { name, multiplier } of SYMBOLS) {
      document.querySelector(`[data-pays="${name}"] .pays`).textContent = shown(stake * multiplier)
    }
  }

  async #count ({ balance, say }, calm) {
    if (balance === null || balance === this.#counted) return
    this.#endCount()
    const from = this.#counted
    this.#counted = balance
    if (!calm && from !== null) await this.#countUp(from, balance, say.tone === 'win' ? COUNT_MS.win : COUNT_MS.other)
    if (this.#counted === balance) this.balance.textContent = shown(balance)
  }

  /** Ends by the clock, because a page that nobody sees paints no frames. */
  #countUp (from, to, durationMs) {
    const began = performance.now()
    return new Promise(resolve => {
      let frame = 0
      const step = () => {
        this.balance.textContent = shown(between(from, to, (performance.now() - began) / durationMs))
        frame = requestAnimationFrame(step)
      }
      const timer = setTimeout(() => this.#endCount(), durationMs)
      this.#endCount = () => {
        clearTimeout(timer)
        cancelAnimationFrame(frame)
        this.#endCount = NOTHING
        resolve()
      }
      step()
    })
  }
}
