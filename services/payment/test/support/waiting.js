/**
 * Waits for a condition, and never longer than it must.
 */
import { setTimeout as pause } from 'node:timers/promises'

const EVERY_MS = 10

/**
 * @param {() => unknown} condition may be asynchronous.
 * @param {string} what named where it does not come.
 * @param {number} [withinS]
 */
export async function waitFor (condition, what, withinS = 30) {
  const deadline = performance.now() + withinS * 1000
  for (;;) {
    const found = await condition()
    if (found) return found
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinS} s`)
    await pause(EVERY_MS)
  }
}
