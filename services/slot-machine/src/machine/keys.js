/**
 * Which key presses mean "spin": Space and Enter, wherever they mean nothing else.
 */
const TAKES_BOTH = 'button, a[href], select, textarea, summary, [contenteditable], [role="button"], #debug-panel'
const TYPED_INTO = 'input:not([type="radio"])'
const CHIP = 'input[type="radio"]'

/**
 * @param {Pick<KeyboardEvent, 'key'|'repeat'|'ctrlKey'|'altKey'|'metaKey'|'target'|'defaultPrevented'>} event
 */
export function wantsSpin ({ key, repeat, ctrlKey, altKey, metaKey, target, defaultPrevented }) {
  if (repeat || ctrlKey || altKey || metaKey || defaultPrevented) return false
  if (key !== ' ' && key !== 'Enter') return false
  const within = selector => Boolean(target?.closest?.(selector))
  if (within(TAKES_BOTH) || within(TYPED_INTO)) return false
  return key === 'Enter' || !within(CHIP)
}
