/**
 * Waits for what must happen.
 */
import { setTimeout as pause } from 'node:timers/promises'

const WITHIN_MS = 15_000
const EVERY_MS = 10

/**
 * @param {string} what ends the sentence "… did not happen".
 * @param {() => Promise<boolean>} condition
 */
export async function waitFor (what, condition) {
  const endsMs = performance.now() + WITHIN_MS
  while (!await condition()) {
    if (performance.now() > endsMs) throw new Error(`within ${WITHIN_MS} ms it did not come true that ${what}`)
    await pause(EVERY_MS)
  }
}
