/**
 * Elements from a few words, and their changes: what is the same already is not touched, so that nothing flickers and a
 * screen reader hears only what is new.
 */

/**
 * @param {string} tag
 * @param {Record<string, any>} [attributes] `on` has listeners by event; true is an attribute without a value.
 * @param {...(Node|string|null|false)} children
 */
export function h (tag, attributes = {}, ...children) {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(attributes)) {
    if (name === 'on') {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener)
    } else {
      setAttribute(element, name, value)
    }
  }
  element.append(...children.filter(child => child !== null && child !== false && child !== undefined))
  return element
}

/** @param {Element} element @param {string} name @param {string|number|boolean|null|undefined} value */
export function setAttribute (element, name, value) {
  if (value === null || value === undefined || value === false) {
    if (element.hasAttribute(name)) element.removeAttribute(name)
    return
  }
  const text = value === true ? '' : String(value)
  if (element.getAttribute(name) !== text) element.setAttribute(name, text)
}

/** @param {Element} element @param {string} text */
export function setText (element, text) {
  if (element.textContent !== text) element.textContent = text
}

/**
 * Make the children those of a list, each kept by its key.
 *
 * @template T
 * @param {Element} parent
 * @param {T[]} items
 * @param {(item: T, index: number) => string} keyOf
 * @param {(item: T) => {element: Element, update: (item: T) => void}} make
 * @param {Map<string, {element: Element, update: (item: T) => void}>} kept from call to call.
 */
export function reconcile (parent, items, keyOf, make, kept) {
  const wanted = new Set(items.map(keyOf))
  for (const [key, view] of kept) {
    if (wanted.has(key)) continue
    view.element.remove()
    kept.delete(key)
  }
  items.forEach((item, index) => {
    const key = keyOf(item, index)
    if (!kept.has(key)) kept.set(key, make(item))
    const view = kept.get(key)
    view.update(item)
    if (parent.children[index] !== view.element) parent.insertBefore(view.element, parent.children[index] ?? null)
  })
}

/** Scroll as fast as the person likes it. @param {Element} element @param {ScrollLogicalPosition} block */
export function bringIntoView (element, block = 'nearest') {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  element.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block, inline: 'nearest' })
}

/**
 * A button that copies an id; it shows the beginning of it and says the whole.
 *
 * @param {string} what `trace id`
 * @param {(said: string) => void} announce
 */
export function copyButton (what, announce) {
  const short = h('code')
  const mark = h('span', { class: 'copy-mark', 'aria-hidden': 'true' })
  let id = ''
  const button = h('button', {
    type: 'button',
    class: 'copy',
    on: {
      click: async () => {
        const done = await copy(id)
        setAttribute(button, 'data-copied', done)
        announce(done ? `Copied the ${what}.` : `The ${what} could not be copied; it is ${id}.`)
        setTimeout(() => setAttribute(button, 'data-copied', null), 1500)
      }
    }
  }, `${what} `, short, mark)
  return {
    element: button,
    update (value) {
      id = value ?? ''
      setText(short, id.slice(0, 8))
      setAttribute(button, 'title', `Copy ${what} ${id}`)
      setAttribute(button, 'data-id', id || null)
      button.hidden = !id
    }
  }
}

async function copy (text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copyBySelection(text)
  }
}

/** For a page that is not served securely, where there is no clipboard to write to. */
function copyBySelection (text) {
  const before = document.activeElement
  const field = h('textarea', { class: 'visually-hidden', readonly: true, 'aria-hidden': 'true', tabindex: '-1' }, text)
  document.body.append(field)
  field.select()
  const done = document.execCommand('copy')
  field.remove()
  before?.focus({ preventScroll: true })
  return done
}
