/**
 * What outlives the visit, where the browser allows it; where not, it lasts as long as the page.
 */

/** @param {() => Storage} open gives the storage, or throws where it is forbidden. */
export function makeStorage (open) {
  const here = new Map()
  const trying = work => {
    try {
      return work(open())
    } catch {
      return null // forbidden, or full: what was kept here has it
    }
  }
  return {
    getItem: name => trying(storage => storage.getItem(name)) ?? here.get(name) ?? null,
    setItem (name, value) {
      here.set(name, value)
      trying(storage => storage.setItem(name, value))
    },
    removeItem (name) {
      here.delete(name)
      trying(storage => storage.removeItem(name))
    }
  }
}
