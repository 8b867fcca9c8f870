/**
 * The machine's small pieces: a chip, a row of the pay table, a row of the history.
 */
import { shown, signed } from './money.js'
import { symbolOf } from './paytable.js'
import { picture } from './reel.js'

const CLOCK = new Intl.DateTimeFormat('en', { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

/** @param {number} stake minor units */
export function chip (stake) {
  const label = document.createElement('label')
  label.className = 'chip'
  label.dataset.chip = String(stake)
  const input = Object.assign(document.createElement('input'), { type: 'radio', name: 'stake', value: String(stake) })
  input.className = 'visually-hidden'
  const face = Object.assign(document.createElement('span'), { className: 'face', textContent: short(stake) })
  label.append(input, face)
  return label
}

/** `.50`, `1`, `10`: what fits on a chip. @param {number} stake */
const short = stake => stake % 100 ? shown(stake).replace(/^0/, '') : String(stake / 100)

/** @param {typeof import('./paytable.js').SYMBOLS[number]} symbol */
export function payRow ({ name, label, multiplier }) {
  const row = document.createElement('tr')
  row.dataset.pays = name
  const symbols = document.createElement('th')
  symbols.scope = 'row'
  const spoken = Object.assign(document.createElement('span'), { className: 'visually-hidden', textContent: `Three times ${label}` })
  symbols.append(spoken, picture(name), picture(name), picture(name))
  const times = Object.assign(document.createElement('td'), { className: 'times', textContent: `×${multiplier}` })
  const pays = Object.assign(document.createElement('td'), { className: 'pays' })
  row.append(symbols, times, pays)
  return row
}

/** @param {import('./history.js').Row} spin */
export function historyRow ({ spinId, reels, stake, win, at }) {
  const row = document.createElement('li')
  row.dataset.spin = spinId
  row.className = win > 0 ? 'gain' : 'loss'
  const symbols = document.createElement('span')
  symbols.className = 'symbols'
  const names = reels ? reels.map(name => symbolOf(name).label).join(', ') : 'Reels not told'
  symbols.append(Object.assign(document.createElement('span'), { className: 'visually-hidden', textContent: `${names}: ` }))
  symbols.append(...(reels ?? []).map(picture))
  const time = Object.assign(document.createElement('time'), { textContent: CLOCK.format(at) })
  time.dateTime = new Date(at).toISOString()
  const word = Object.assign(document.createElement('span'), { className: 'word', textContent: win > 0 ? 'Win' : 'Loss' })
  const net = Object.assign(document.createElement('span'), { className: 'net', textContent: signed(win - stake) })
  row.append(symbols, time, word, net)
  return row
}
