/**
 * Named counts in a file: each is on disk when the call that changes it returns, so that it survives its process; but for
 * those that nobody misses. The form is that of the Python services (docs/accounts.md).
 */
import { randomBytes } from 'node:crypto'
import { closeSync, constants, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

import { log } from '../logs.js'

const MAGIC = 'crash-demo-book 1 '
const HEAD_BYTES = 64
const NAME_BYTES = 120
const NUMBER_BYTES = 8
const SLOT_BYTES = NAME_BYTES + NUMBER_BYTES
const MOST_SLOTS = 512
const ID = /^[0-9a-f]{32}$/
// What another thread counts, by itself; added to what this one does.
const ASIDE = 'aside/'

/**
 * Counts by name. Where the file cannot be had they are kept in memory, which is said once; no method throws for what a
 * disk does.
 */
export class Slots {
  /** @type {Map<string, number>} */
  #numbers = new Map()
  /** @type {Map<string, number>} */
  #places = new Map()
  /** @type {Set<string>} those that are not in the file yet. */
  #late = new Set()
  #buffer = Buffer.alloc(NUMBER_BYTES)
  /** @type {number | null} */
  #file = null
  #path

  /** @param {string | null} path of the file; none keeps all in memory. */
  constructor (path) {
    this.id = randomBytes(16).toString('hex')
    this.#path = path
    if (path !== null) this.#open(path)
  }

  /** Whether they outlive the process. */
  get lasting () {
    return this.#file !== null
  }

  /**
   * Change a count.
   *
   * @param {string} name
   * @param {number} [number] what is added; below zero for what is taken away.
   */
  add (name, number = 1) {
    // What waits goes first: this count alone would be in the file with what belongs to another that is not.
    if (this.#late.has(name)) this.#catchUp()
    this.put(name, (this.#numbers.get(name) ?? 0) + number)
  }

  /**
   * Change a count, which is in the file once somebody has asked for all of them; it may die with the process.
   *
   * @param {string} name
   * @param {number} [number]
   */
  addLater (name, number = 1) {
    this.#numbers.set(name, (this.#numbers.get(name) ?? 0) + number)
    this.#late.add(name)
  }

  /**
   * Set a count.
   *
   * @param {string} name
   * @param {number} number
   */
  put (name, number) {
    this.#numbers.set(name, number)
    if (this.#file === null) return
    try {
      this.#write(this.#file, name, number)
    } catch (error) {
      log.warning(`the book is kept in memory from now on: ${String(error)}`)
      this.#letGo()
    }
  }

  /**
   * Give a count; 0 where nothing was counted.
   *
   * @param {string} name
   */
  get (name) {
    return this.all().get(name) ?? 0
  }

  /** Give all of them, with what another thread has counted; they are in the file then. */
  all () {
    this.#catchUp()
    const all = new Map(this.#numbers)
    for (const [name, place] of this.#places) {
      if (!name.startsWith(ASIDE)) continue
      const own = name.slice(ASIDE.length)
      all.set(own, (all.get(own) ?? 0) + this.#readNumber(place))
      all.delete(name)
    }
    return all
  }

  /**
   * Have another thread count by itself, which it must be able to while this one is blocked.
   *
   * @param {readonly string[]} names
   * @returns {import('./aside.js').Aside | null} what that thread is given; none where counts are in memory.
   */
  aside (names) {
    for (const name of names) this.put(ASIDE + name, this.#numbers.get(ASIDE + name) ?? 0)
    if (this.#file === null || this.#path === null) return null
    const positions = names.map(name => [name, positionOf(this.#places.get(ASIDE + name) ?? 0)])
    return { path: this.#path, book: this.id, positions: Object.fromEntries(positions) }
  }

  /** Let go of the file. */
  close () {
    this.#catchUp()
    this.#letGo()
  }

  #letGo () {
    if (this.#file !== null) closeSync(this.#file)
    this.#file = null
  }

  #catchUp () {
    const late = [...this.#late]
    this.#late.clear()
    for (const name of late) this.put(name, this.#numbers.get(name) ?? 0)
  }

  /**
   * @param {number} file
   * @param {string} name
   * @param {number} number
   */
  #write (file, name, number) {
    const place = this.#places.get(name)
    this.#buffer.writeBigInt64LE(BigInt(number))
    if (place !== undefined) {
      writeSync(file, this.#buffer, 0, NUMBER_BYTES, positionOf(place))
      return
    }
    if (this.#places.size >= MOST_SLOTS || Buffer.byteLength(name) > NAME_BYTES) return
    const slot = Buffer.alloc(SLOT_BYTES)
    slot.write(name)
    this.#buffer.copy(slot, NAME_BYTES)
    writeSync(file, slot, 0, SLOT_BYTES, HEAD_BYTES + this.#places.size * SLOT_BYTES)
    this.#places.set(name, this.#places.size)
  }

  /** @param {number} place */
  #readNumber (place) {
    if (this.#file === null) return 0
    const number = Buffer.alloc(NUMBER_BYTES)
    readSync(this.#file, number, 0, NUMBER_BYTES, positionOf(place))
    return Number(number.readBigInt64LE())
  }

  /** @param {string} path */
  #open (path) {
    try {
      makeFolder(dirname(path))
      const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600)
      this.#file = file
      if (this.#read(file)) return
      ftruncateSync(file, 0)
      const head = Buffer.alloc(HEAD_BYTES)
      head.write(`${MAGIC}${this.id}\n`)
      writeSync(file, head, 0, HEAD_BYTES, 0)
    } catch (error) {
      log.warning(`the book is kept in memory, and ends with the process: ${String(error)}`)
      this.#letGo()
    }
  }

  /**
   * Take over what an earlier process has counted.
   *
   * @param {number} file
   * @returns {boolean} false where the file is no book.
   */
  #read (file) {
    const content = Buffer.alloc(HEAD_BYTES + MOST_SLOTS * SLOT_BYTES)
    const length = readSync(file, content, 0, content.length, 0)
    const id = content.toString('latin1', MAGIC.length, MAGIC.length + 32)
    if (content.toString('latin1', 0, MAGIC.length) !== MAGIC || !ID.test(id) || length < HEAD_BYTES) {
      if (length) log.warning('the book is damaged and begun anew: what was counted before is not known')
      return false
    }
    const slots = Math.floor((length - HEAD_BYTES) / SLOT_BYTES)
    for (let place = 0; place < slots; place += 1) {
      const slot = content.subarray(HEAD_BYTES + place * SLOT_BYTES, HEAD_BYTES + (place + 1) * SLOT_BYTES)
      const name = slot.toString('utf8', 0, NAME_BYTES).replace(/\0+$/, '')
      this.#places.set(name, place)
      this.#numbers.set(name, Number(slot.readBigInt64LE(NAME_BYTES)))
    }
    this.id = id
    return true
  }
}

/**
 * Not with its parents: Node tries that for ever where the file system allows no folders (/proc).
 *
 * @param {string} folder
 */
function makeFolder (folder) {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
  }
}

/** @param {number} place */
const positionOf = place => HEAD_BYTES + place * SLOT_BYTES + NAME_BYTES
