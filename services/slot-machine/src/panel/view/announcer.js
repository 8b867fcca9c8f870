/**
 * What a screen reader is told: whole sentences, and those of one moment together.
 */
import { h } from './dom.js'

const TOGETHER_MS = 700
const MOST = 3

export function announcer (clock) {
  const element = h('p', { class: 'visually-hidden', role: 'status', 'aria-live': 'polite', 'data-announcer': true })
  let waiting = []
  let planned = false

  function say () {
    planned = false
    const more = waiting.length - MOST
    element.textContent = [...waiting.slice(0, MOST), more > 0 ? `And ${more} more.` : ''].join(' ').trim()
    waiting = []
  }

  return {
    element,
    /** @param {string|null} text one sentence. */
    announce (text) {
      if (!text) return
      waiting.push(text)
      if (planned) return
      planned = true
      clock.later(TOGETHER_MS, say)
    }
  }
}
