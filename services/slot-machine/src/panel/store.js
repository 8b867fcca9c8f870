/**
 * The cards of this tab, kept so that a reload goes on where it was. No token is among them.
 */
const KEY = 'crash-demo-cards'
const FORMAT = 1
export const MOST_CARDS = 30

/**
 * @param {Storage} storage of the tab.
 * @returns {object[]} newest first; none when nothing readable is kept.
 */
export function keptCards (storage) {
  try {
    const kept = JSON.parse(storage.getItem(KEY) ?? 'null')
    return kept?.format === FORMAT && Array.isArray(kept.cards) ? kept.cards.slice(0, MOST_CARDS) : []
  } catch {
    return []
  }
}

export function keepCards (storage, cards) {
  try {
    storage.setItem(KEY, JSON.stringify({ format: FORMAT, cards: cards.slice(0, MOST_CARDS) }))
  } catch { /* Full or forbidden: the cards last as long as the page. */ }
}
