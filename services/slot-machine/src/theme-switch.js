/**
 * The switch between light and dark. Who chooses what the system has anyway follows the system again.
 */
const SYSTEM_DARK = '(prefers-color-scheme: dark)'

/** Show the theme on the switch, and follow presses and the system. */
export function watchThemeSwitch () {
  const button = document.getElementById('theme')
  const system = matchMedia(SYSTEM_DARK)
  const root = document.documentElement
  const isDark = () => (root.dataset.theme ?? (system.matches ? 'dark' : 'light')) === 'dark'
  const show = () => button.setAttribute('aria-pressed', String(isDark()))
  button.addEventListener('click', () => {
    const dark = !isDark()
    if (dark === system.matches) delete root.dataset.theme
    else root.dataset.theme = dark ? 'dark' : 'light'
    keep(root.dataset.theme)
    show()
  })
  system.addEventListener('change', show)
  show()
}

/** @param {string|undefined} theme none: the system's. */
function keep (theme) {
  try {
    if (theme) localStorage.setItem('theme', theme)
    else localStorage.removeItem('theme')
  } catch {
    // Storage is forbidden here: the choice holds until the page is left.
  }
}
