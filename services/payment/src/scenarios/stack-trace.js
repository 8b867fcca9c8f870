/**
 * Makes a long stack trace short, and says what was left out.
 */

const FRAME = /^\s+at /

/**
 * Keep both ends of an error's trace: where it failed, and who began it. The middle of an endless recursion says
 * nothing that its beginning does not.
 *
 * @param {Error} error its `stack` is replaced where it has more frames than are kept.
 * @param {number} innermost frames to keep from where it failed.
 * @param {number} outermost frames to keep from where it began.
 * @returns {{ frames: number, frames_kept: number, frames_left_out: number, kept: string }} as the event's context.
 */
export function trimStack (error, innermost, outermost) {
  const lines = (error.stack ?? '').split('\n')
  const first = lines.findIndex(line => FRAME.test(line))
  const frames = first === -1 ? [] : lines.slice(first)
  const most = innermost + outermost
  if (frames.length > most) {
    const kept = [...frames.slice(0, innermost), ...frames.slice(frames.length - outermost)]
    error.stack = [...lines.slice(0, first), ...kept].join('\n')
  }
  const kept = Math.min(frames.length, most)
  return {
    frames: frames.length,
    frames_kept: kept,
    frames_left_out: frames.length - kept,
    kept: `${innermost} innermost and ${outermost} outermost frames; between them the recursion goes on in the same way`
  }
}
