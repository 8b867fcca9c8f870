/**
 * Style sheets that come with the panel, not with the page.
 */
import { h } from './dom.js'

/**
 * @param {string} name in `styles/`.
 * @returns {Promise<void>} when it is there, or known not to come.
 */
export function loadStyle (name) {
  const href = new URL(`../../styles/${name}`, import.meta.url).href
  if ([...document.styleSheets].some(sheet => sheet.href === href)) return Promise.resolve()
  return new Promise(resolve => {
    const link = h('link', { rel: 'stylesheet', href, on: { load: () => resolve(), error: () => resolve() } })
    document.head.append(link)
  })
}
