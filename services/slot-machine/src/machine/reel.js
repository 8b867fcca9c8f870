/**
 * One reel: a strip of symbols behind a window. It moves by transforms only, so nothing else on the page does.
 *
 * The window is two cells high and shows the cell in the middle whole, with half a cell above and below. The first cells
 * of the strip come again at its end, so that it can turn without a seam.
 */
import { SYMBOLS, symbolOf } from './paytable.js'

const SVG = 'http://www.w3.org/2000/svg'
const TURN = 14
const AT_REST = 1.5
const CELLS = TURN + 4
const MIDDLE = 2
const SHOWN = [1, 2, 3]
const TURN_MS = 430
const START_MS = 420
const LAND_MS = 850
const FADE_MS = 140
const LATE_MS = 400
const STRIP = SYMBOLS.flatMap(({ name, weight }) => Array.from({ length: weight }, () => name))

export class Reel {
  #window
  #strip
  #cells
  #motion
  #shows

  /**
   * @param {Element} window `[data-reel]`
   * @param {string} first what it shows.
   */
  constructor (window, first) {
    this.#window = window
    this.#strip = document.createElement('div')
    this.#strip.className = 'strip'
    this.#cells = Array.from({ length: CELLS }, () => this.#strip.appendChild(cell()))
    window.replaceChildren(this.#strip)
    this.#fill()
    this.#show(first)
  }

  /** Begin to turn. @param {boolean} calm fade in place of turning. */
  async start (calm) {
    this.#window.classList.remove('won')
    if (calm) {
      this.#move([{ opacity: 1 }, { opacity: 0.25 }], { duration: FADE_MS, fill: 'forwards' })
      return
    }
    this.#fill(SHOWN)
    // It looks the same from the far end of the strip, with all its cells ahead.
    const going = this.#move([
      { transform: at(AT_REST + TURN), easing: 'cubic-bezier(0.4, 0, 0.9, 1)' },
      { transform: at(AT_REST + TURN + 0.22), offset: 0.2, easing: 'cubic-bezier(0.55, 0, 0.85, 0.7)' },
      { transform: at(AT_REST) }
    ], { duration: START_MS })
    const motion = this.#motion
    await going
    if (this.#motion !== motion) return
    this.#window.classList.add('turning')
    this.#move([{ transform: at(AT_REST + TURN) }, { transform: at(AT_REST) }], { duration: TURN_MS, iterations: Infinity })
  }

  /**
   * Come to rest.
   *
   * @param {string} name of the symbol.
   * @param {boolean} calm
   * @returns {Promise<void>} when it stands.
   */
  async land (name, calm) {
    this.#window.classList.remove('turning')
    this.#fill()
    this.#show(name)
    if (calm) {
      await this.#move([{ opacity: 0.25 }, { opacity: 1 }], { duration: FADE_MS })
      return
    }
    await this.#move([
      { transform: at(AT_REST + TURN), easing: 'cubic-bezier(0.16, 0.62, 0.4, 1)' },
      { transform: at(AT_REST - 0.2), offset: 0.74, easing: 'cubic-bezier(0.4, 0, 0.5, 1)' },
      { transform: at(AT_REST + 0.07), offset: 0.88, easing: 'cubic-bezier(0.4, 0, 0.5, 1)' },
      { transform: at(AT_REST) }
    ], { duration: LAND_MS })
  }

  /** Come to rest with what it showed before. @param {boolean} calm */
  rest (calm) {
    return this.land(this.#shows, calm)
  }

  /** Glow, until it turns again. */
  win () {
    this.#window.classList.add('won')
  }

  #show (name) {
    this.#shows = name
    draw(this.#cells[MIDDLE], name)
    draw(this.#cells[MIDDLE + TURN], name)
    this.#window.setAttribute('aria-label', symbolOf(name).label)
  }

  /** Fill the cells by chance. @param {number[]} kept but not these. */
  #fill (kept = [MIDDLE]) {
    this.#cells.forEach((element, index) => {
      if (kept.includes(index % TURN)) return
      const twin = this.#cells[index - TURN]
      draw(element, twin ? twin.dataset.symbol : STRIP[Math.floor(Math.random() * STRIP.length)])
    })
  }

  async #move (frames, timing) {
    this.#motion?.cancel()
    const motion = this.#strip.animate(frames, timing)
    this.#motion = motion
    // Cancelled by the next motion is as good; and a page that nobody sees may never hear of the end.
    await Promise.race([motion.finished.catch(() => {}), pause(timing.duration + LATE_MS)])
  }
}

/** Where the strip is when so many of its cells are above the window. @param {number} cells */
const at = cells => `translateY(${-100 * cells / CELLS}%)`

const pause = ms => new Promise(resolve => void setTimeout(resolve, ms))

function cell () {
  const svg = document.createElementNS(SVG, 'svg')
  svg.setAttribute('class', 'cell')
  svg.setAttribute('viewBox', '0 0 96 96')
  svg.append(document.createElementNS(SVG, 'use'))
  return svg
}

function draw (svg, name) {
  svg.dataset.symbol = name
  svg.firstElementChild.setAttribute('href', `#symbol-${name}`)
}

/** A small picture of a symbol. @param {string} name @returns {SVGElement} */
export function picture (name) {
  const svg = cell()
  svg.setAttribute('class', 'picture')
  svg.setAttribute('aria-hidden', 'true')
  draw(svg, name)
  return svg
}
