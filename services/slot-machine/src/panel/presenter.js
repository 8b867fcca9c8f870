/**
 * Who fires: a short name that is kept in this browser, and the tag of each run.
 */
const KEY = 'crash-demo-presenter'
const NAME = /^[a-z0-9-]{1,20}$/
const MOST = 20

/**
 * @param {Storage} storage that outlives the tab.
 * @param {() => number} random from 0 up to 1.
 */
export function presenterOf (storage, random = Math.random) {
  const kept = read(storage)
  if (kept) return kept
  const made = `guest-${Math.floor(random() * 36 ** 4).toString(36).padStart(4, '0')}`
  keepPresenter(storage, made)
  return made
}

export function keepPresenter (storage, name) {
  try {
    storage.setItem(KEY, name)
  } catch { /* A browser that keeps nothing: the name lasts as long as the page. */ }
}

/**
 * Make a name of what somebody typed: `Ada Lovelace` is `ada-lovelace`.
 *
 * @returns {string|null} none when nothing is left of it.
 */
export function presenterFrom (typed) {
  const name = typed.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
    .replace(/[^a-z0-9]+/g, '-').replace(/^-+/, '').slice(0, MOST).replace(/-+$/, '')
  return NAME.test(name) ? name : null
}

/**
 * @param {string} presenter
 * @param {number} now ms since 1970; later than that of the last tag.
 */
export function runTag (presenter, now) {
  return `${presenter}-${Math.floor(now).toString(36)}`
}

export function presenterOfRun (run) {
  return run.replace(/-[a-z0-9]+$/, '')
}

function read (storage) {
  try {
    const kept = storage.getItem(KEY)
    return kept && NAME.test(kept) ? kept : null
  } catch {
    return null
  }
}
