/**
 * Short polling that ends: quick at first, then once a second, and patient while the connection is away.
 */
// An event is stored this soon after its answer, mostly: asked at once, it would be asked twice.
export const SOON_MS = 60
export const FIRST_MS = 200
export const LAST_MS = 1000
export const AWAY_MS = 3000
const GROWTH = 1.25
const ANSWER_WITHIN_MS = 10_000

/** The clock of a page; tests have one of their own. */
export const pageClock = {
  now: () => performance.timeOrigin + performance.now(),
  later (ms, work) {
    const id = setTimeout(work, ms)
    return () => clearTimeout(id)
  }
}

/**
 * Ask until it is over.
 *
 * @param {object} given
 * @param {(signal: AbortSignal) => Promise<any>} given.ask one question; a rejection is a connection that is away.
 * @param {(answer: any) => void} given.onAnswer
 * @param {(error: Error) => void} given.onLost
 * @param {() => boolean} given.isOver asked before each question and after each answer.
 * @param {typeof pageClock} [given.clock]
 * @returns {{hurry: () => void, stop: () => void}} `hurry`: ask soon, and quickly from now on.
 */
export function poll ({ ask, onAnswer, onLost, isOver, clock = pageClock }) {
  let delayMs = FIRST_MS
  let awayMs = FIRST_MS
  let cancel = () => {}
  let asking = null
  let again = false
  let stopped = false

  function wait (lost) {
    cancel()
    cancel = clock.later(lost ? awayMs : delayMs, step)
    if (!lost) delayMs = Math.min(LAST_MS, delayMs * GROWTH)
  }

  async function step () {
    if (stopped || isOver()) return stop()
    const question = new AbortController()
    asking = question
    const late = clock.later(ANSWER_WITHIN_MS, () => question.abort(new Error('no answer in time')))
    let heard = false
    let lost = false
    try {
      const answer = await ask(question.signal)
      heard = true
      if (!stopped) onAnswer(answer)
      awayMs = FIRST_MS
    } catch (error) {
      if (heard) throw error
      if (!stopped) onLost(error)
      awayMs = Math.min(AWAY_MS, awayMs * 2)
      lost = true
    } finally {
      late()
      asking = null
    }
    if (stopped || isOver()) return stop()
    if (again) {
      again = false
      return hurry()
    }
    wait(lost)
  }

  function hurry () {
    if (stopped) return
    if (asking) {
      again = true
      return
    }
    delayMs = FIRST_MS
    cancel()
    cancel = clock.later(SOON_MS, step)
  }

  function stop () {
    stopped = true
    cancel()
    asking?.abort(new Error('no longer asked'))
  }

  wait(false)
  return { hurry, stop }
}
