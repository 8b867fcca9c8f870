/**
 * Looks where the main thread stands, through the debugger.
 */
import { Session } from 'node:inspector/promises'

import { READ_STATE } from './protocol.js'

/** @import { Debugger } from 'node:inspector' */

// Code that never comes back to JavaScript, as some regular expressions, cannot be paused.
const PAUSE_WITHIN_MS = 1000

/**
 * What was seen.
 *
 * @typedef {object} Seen
 * @property {Debugger.CallFrame[]} frames innermost first; none where the thread could not be paused.
 * @property {Map<string, string>} urls of the scripts, by their id.
 * @property {Record<string, any>} state what an event of that moment would carry; empty as well.
 */

/**
 * Pause the main thread, read its stack and its scope, and let it go on.
 *
 * @param {() => boolean} stillBlocked whether the block that is looked at lasts.
 * @returns {Promise<Seen>}
 */
export async function look (stillBlocked) {
  /** @type {Seen} */
  const seen = { frames: [], urls: new Map(), state: {} }
  const session = new Session()
  session.connectToMainThread()
  session.on('Debugger.scriptParsed', ({ params }) => { seen.urls.set(params.scriptId, params.url) })
  try {
    await within(PAUSE_WITHIN_MS, session.post('Debugger.enable'))
    const paused = new Promise(resolve => {
      session.once('Debugger.paused', ({ params }) => resolve(params.callFrames))
    })
    await within(PAUSE_WITHIN_MS, session.post('Debugger.pause'))
    const frames = /** @type {Debugger.CallFrame[]} */ (await within(PAUSE_WITHIN_MS, paused))
    // Where the block is over meanwhile, what was paused is innocent.
    if (stillBlocked()) await read(session, frames, seen)
    await session.post('Debugger.resume')
  } catch {
    // Not paused in time: the event goes out without a stack.
  } finally {
    // Takes back whatever was asked of the main thread, a pause included.
    session.disconnect()
  }
  return seen
}

/**
 * @param {Session} session
 * @param {Debugger.CallFrame[]} frames
 * @param {Seen} seen
 */
async function read (session, frames, seen) {
  seen.frames = frames
  const [innermost] = frames
  if (!innermost) return
  const { result, exceptionDetails } = await session.post('Debugger.evaluateOnCallFrame', {
    callFrameId: innermost.callFrameId,
    expression: `globalThis.${READ_STATE}()`,
    returnByValue: true
  })
  if (!exceptionDetails) seen.state = JSON.parse(result.value)
}

/**
 * @template Result
 * @param {number} ms
 * @param {Promise<Result>} answer
 * @returns {Promise<Result>}
 */
async function within (ms, answer) {
  let timer
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
  })
  try {
    return await Promise.race([answer, /** @type {Promise<never>} */ (late)])
  } finally {
    clearTimeout(timer)
  }
}
