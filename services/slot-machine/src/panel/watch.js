/**
 * Asks what is active: often while something is or may be, seldom otherwise, never while nobody looks.
 */
export const BUSY_MS = 1500
export const IDLE_MS = 10_000
export const AWAY_MS = 5000

/**
 * @param {object} given
 * @param {(signal: AbortSignal) => Promise<any>} given.ask
 * @param {(answer: any) => boolean} given.onAnswer says whether something is active.
 * @param {(error: Error) => void} given.onLost
 * @param {() => boolean} given.isWatched whether somebody looks.
 * @param {() => boolean} given.isBusy whether something may become active.
 * @param {object} given.clock
 */
export function watch ({ ask, onAnswer, onLost, isWatched, isBusy, clock }) {
  let cancel = () => {}
  let asking = false
  let again = false

  async function step () {
    cancel()
    if (asking) {
      again = true
      return
    }
    if (!isWatched()) return
    asking = true
    let delayMs = AWAY_MS
    try {
      delayMs = onAnswer(await ask()) || isBusy() ? BUSY_MS : IDLE_MS
    } catch (error) {
      onLost(error)
    } finally {
      asking = false
    }
    cancel = clock.later(again ? 0 : delayMs, step)
    again = false
  }

  return {
    /** Ask at once, also after nobody looked for a while. */
    hurry: step,
    stop: () => cancel()
  }
}
