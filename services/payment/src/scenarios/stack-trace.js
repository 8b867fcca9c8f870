/**
 * Makes a long stack trace short, and says what was left out.
 */

const FRAME = /^\s+at /

/**
 * Keep both ends of an endless recursion: where it failed, and who began it. What lies between says nothing new.
 *
 * @param {Error} error its `stack` is replaced where it has more frames than are kept.
 * @param {number} innermost frames to keep from where it failed.
 * @param {number} outermost frames to keep from where the recursion began, its first frame included.
 * @returns {{ frames: number, frames_kept: number, frames_left_out: number, kept: string }} as the event's context.
 */
export function trimStack (error, innermost, outermost) {
  const lines = (error.stack ?? '').split('\n')
  const first = lines.findIndex(line => FRAME.test(line))
  const frames = first === -1 ? [] : lines.slice(first)
  const ends = bothEnds(frames, innermost, outermost)
  if (ends.length < frames.length) error.stack = [...lines.slice(0, first), ...ends].join('\n')
  return {
    frames: frames.length,
    frames_kept: ends.length,
    frames_left_out: frames.length - ends.length,
    kept: `the ${innermost} innermost frames, and ${outermost} from where the recursion began`
  }
}

/**
 * @param {string[]} frames innermost first.
 * @param {number} innermost
 * @param {number} outermost
 */
function bothEnds (frames, innermost, outermost) {
  if (frames.length <= innermost + outermost) return frames
  const head = frames.slice(0, innermost)
  const repeated = new Set(head)
  const began = Math.max(innermost, frames.findLastIndex(line => repeated.has(line)))
  return [...head, ...frames.slice(began, began + outermost)]
}
