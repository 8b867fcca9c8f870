/**
 * The button that shows and hides the debug panel. What the panel is made of is loaded with the first opening.
 */
const OPEN_KEY = 'panel-open'
const LINK = '#/debug'

/**
 * @param {{api: object, telemetry: object, settings: object}} shared what the panel works with.
 */
export function watchPanelButton (shared) {
  const button = document.getElementById('show-debug-panel')
  const panel = document.getElementById('debug-panel')
  let opened

  const show = async byHand => {
    panel.hidden = false
    said(true)
    opened ??= load(panel, shared)
    try {
      await opened
    } catch (error) {
      opened = undefined
      panel.textContent = 'The debug panel could not be loaded. Close it and open it again.'
      throw error
    }
    if (byHand) bringIntoView(panel)
  }
  const hide = () => {
    panel.hidden = true
    said(false)
    if (location.hash.startsWith(LINK)) history.replaceState(history.state, '', location.pathname + location.search)
  }
  const said = open => {
    button.setAttribute('aria-expanded', String(open))
    button.textContent = open ? 'Hide Debug Panel' : 'Show Debug Panel'
    remember(open)
  }

  button.addEventListener('click', () => panel.hidden ? show(true) : hide())
  addEventListener('hashchange', () => {
    if (location.hash.startsWith(LINK) && panel.hidden) show(true)
  })
  if (location.hash.startsWith(LINK) || wasOpen()) show(location.hash.startsWith(LINK))
}

async function load (panel, shared) {
  const { openPanel } = await import('./panel/panel.js')
  return openPanel(panel, shared)
}

function bringIntoView (panel) {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches
  panel.scrollIntoView({ behavior: calm ? 'auto' : 'smooth', block: 'start' })
  panel.focus({ preventScroll: true })
}

/** @param {boolean} open */
function remember (open) {
  try {
    if (open) sessionStorage.setItem(OPEN_KEY, '1')
    else sessionStorage.removeItem(OPEN_KEY)
  } catch {
    // Storage is forbidden here: a reload shows the page with the panel closed.
  }
}

function wasOpen () {
  try {
    return sessionStorage.getItem(OPEN_KEY) === '1'
  } catch {
    return false
  }
}
