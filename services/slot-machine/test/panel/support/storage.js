/**
 * What a browser keeps, with the same way to say no.
 */
export class Kept {
  #kept = new Map()

  getItem (key) {
    return this.#kept.get(key) ?? null
  }

  setItem (key, value) {
    this.#kept.set(key, String(value))
  }

  removeItem (key) {
    this.#kept.delete(key)
  }

  get text () {
    return JSON.stringify([...this.#kept])
  }
}

export class Forbidden {
  getItem () {
    throw new DOMException('denied', 'SecurityError')
  }

  setItem () {
    throw new DOMException('full', 'QuotaExceededError')
  }

  removeItem () {
    throw new DOMException('denied', 'SecurityError')
  }
}
