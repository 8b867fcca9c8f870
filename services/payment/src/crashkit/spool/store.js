/**
 * A spool's folder with its bounds: what may still be written, what waits, and what was found there.
 */
import { log } from '../logs.js'
import { newCounts } from './counts.js'
import { Folder } from './folder.js'
import { PART, kindOf, nameOf, parseName } from './format.js'

const NS_PER_MS = 1_000_000n
// About; the exact size is known when the file is written.
const FIRST_LINE_BYTES = 200
const FULL_IS_SAID_EVERY_MS = 60_000

/**
 * A file that waits.
 *
 * @typedef {object} Entry
 * @property {string} name
 * @property {bigint} writtenAtNs nanoseconds since 1970.
 * @property {number} sizeBytes that it counts for.
 * @property {boolean} leftover whether an earlier process wrote it, and nobody has read it yet.
 * @property {import('./format.js').Body | null} body the envelope, where it is still in memory.
 * @property {number} failures answers in a row that were about this one and no success.
 * @property {number} copy which of its copies is sent: 0 the whole, then the smaller ones.
 * @property {number} dueMs not before this time of the monotonic clock.
 */

/**
 * What is kept of one spool. No method throws for what a disk does.
 */
export class Store {
  #folder
  #mostBytes
  #mostFiles
  /** @type {Map<string, Entry>} */
  #known = new Map()
  #latestNs = 0n
  /** @type {Map<string, number>} */
  #said = new Map()

  /**
   * @param {string} path the folder.
   * @param {number} mostBytes of all files together.
   * @param {number} mostFiles at once.
   */
  constructor (path, mostBytes, mostFiles) {
    this.path = path
    this.#folder = new Folder(path, mostBytes)
    this.#mostBytes = mostBytes
    this.#mostFiles = mostFiles
    this.counts = newCounts()
    this.sizeBytes = 0
  }

  /** Files that wait. */
  get files () {
    return this.#known.size
  }

  /**
   * Put an envelope on disk.
   *
   * @param {string} eventId
   * @param {import('./format.js').Body} body as it is sent.
   * @returns {Entry | null} what waits now; none where it could not be written, which is counted and said.
   */
  write (eventId, body) {
    if (!this.#hasRoom(FIRST_LINE_BYTES + body.length)) return null
    const writtenAtNs = this.#nowNs()
    const name = nameOf(writtenAtNs, eventId)
    try {
      const sizeBytes = this.#folder.write(name, eventId, body)
      this.counts.written += 1
      return this.#keep({ name, writtenAtNs, sizeBytes, leftover: false, body })
    } catch (error) {
      this.failed(error)
      return null
    }
  }

  /**
   * Count an event that could not be put on disk, and say so the first time.
   *
   * @param {unknown} error that kept it out.
   */
  failed (error) {
    this.counts.unwritable += 1
    this.#say('unwritable', `the spool takes no event, it is sent from memory: ${String(error)}`)
  }

  /**
   * Take over what another thread of this process has written.
   *
   * @param {import('../watchdog/protocol.js').Spooled} spooled
   * @returns {Entry | null} what is to be sent; none where it is delivered, or there is no room for it.
   */
  adopt ({ name, delivered }) {
    const known = parseName(name)
    if (delivered) this.counts.delivered += 1
    const found = delivered ? undefined : this.#list().find(file => file.name === name)
    if (known && found && !this.#hasRoom(found.sizeBytes)) {
      this.#removed(() => this.#folder.remove(name))
      return null
    }
    this.counts.written += 1
    return known && found ? this.#keep({ ...known, sizeBytes: found.sizeBytes, leftover: false, body: null }) : null
  }

  /**
   * Take over what an earlier process has left.
   *
   * @returns {{ found: Entry[], bad: number }} what is to be sent, oldest first, and how many there were that cannot be,
   *   which are out of the way now.
   */
  leftovers () {
    const found = []
    let bad = 0
    for (const file of this.#list().sort((one, other) => one.name < other.name ? -1 : 1)) {
      const kind = kindOf(file.name)
      if (kind === 'other' || this.#known.has(file.name)) continue
      const name = kind === 'part' ? this.#folder.complete(file.name) : file.name
      const known = kind === 'corrupt' || name === null ? null : parseName(name)
      if (known !== null) {
        found.push(this.#keep({ ...known, sizeBytes: file.sizeBytes, leftover: true, body: null }))
        continue
      }
      bad += 1
      this.#getRid(file.name, kind === 'part' ? 'half_written' : 'corrupt')
    }
    return { found: found.sort((one, other) => one.name < other.name ? -1 : 1), bad }
  }

  /**
   * Give the envelope of a file that waits.
   *
   * @param {Entry} entry
   * @returns {import('./format.js').Body | null} none where there is nothing to send; the file is out of the way and counted then.
   */
  read (entry) {
    const body = entry.body ?? this.#read(entry)
    if (body !== null && entry.leftover) {
      this.counts.recovered += 1
      entry.leftover = false
    }
    return body
  }

  /**
   * Let go of a file that was answered.
   *
   * @param {Entry} entry
   * @param {'delivered' | 'refused'} outcome
   * @param {number | null} status of the answer.
   */
  end (entry, outcome, status) {
    this.#drop(entry)
    if (outcome === 'refused') {
      this.#getRid(entry.name, outcome, `Sentry answered ${status}`)
      return
    }
    this.counts.delivered += 1
    this.#removed(() => this.#folder.remove(entry.name))
  }

  /**
   * Count an event that was too large, and was taken when it was smaller.
   *
   * @param {Entry} entry
   */
  trimmed (entry) {
    this.counts.trimmed += 1
    this.#say('trimmed', `${entry.name} was too large; it was sent with less in it, and is marked`)
  }

  /** @param {number} sizeBytes */
  #hasRoom (sizeBytes) {
    if (this.files < this.#mostFiles && this.sizeBytes + sizeBytes <= this.#mostBytes) return true
    this.counts.full += 1
    this.#say('full', `the spool is full (${this.files} files, ${this.sizeBytes} bytes); events are sent from memory`, FULL_IS_SAID_EVERY_MS)
    return false
  }

  /** @param {Entry} entry */
  #read (entry) {
    let why = 'it is not what was written'
    try {
      const body = this.#folder.read(entry.name)
      if (body !== null) return body
    } catch (error) {
      why = String(error)
    }
    this.#drop(entry)
    this.#getRid(entry.name, 'corrupt', why)
    return null
  }

  #list () {
    try {
      return this.#folder.list()
    } catch (error) {
      this.#say('unreadable', `the spool cannot be listed: ${String(error)}`)
      return []
    }
  }

  /**
   * @param {Pick<Entry, 'name' | 'writtenAtNs' | 'sizeBytes' | 'leftover' | 'body'>} found
   * @returns {Entry}
   */
  #keep ({ name, writtenAtNs, sizeBytes, leftover, body }) {
    const entry = { name, writtenAtNs, sizeBytes, leftover, body, failures: 0, copy: 0, dueMs: 0 }
    this.#known.set(name, entry)
    this.sizeBytes += sizeBytes
    return entry
  }

  /** @param {Entry} entry */
  #drop (entry) {
    if (this.#known.delete(entry.name)) this.sizeBytes -= entry.sizeBytes
  }

  /**
   * @param {string} name
   * @param {'refused' | 'corrupt' | 'half_written'} outcome
   * @param {string} [why]
   */
  #getRid (name, outcome, why = '') {
    this.counts[outcome] += 1
    this.#say(outcome, `${name} is ${outcome.replace('_', ' ')} and out of the way now${why && `: ${why}`}`)
    this.#removed(() => name.endsWith(PART) ? this.#folder.remove(name) : this.#folder.setAside(name))
  }

  /** @param {() => void} remove */
  #removed (remove) {
    try {
      remove()
    } catch (error) {
      this.#say('unremovable', `the spool cannot remove what is dealt with: ${String(error)}`)
    }
  }

  /** Never the same twice: the events of one millisecond have names in their order. */
  #nowNs () {
    const nowNs = BigInt(Date.now()) * NS_PER_MS
    this.#latestNs = nowNs > this.#latestNs ? nowNs : this.#latestNs + 1n
    return this.#latestNs
  }

  /**
   * @param {string} what
   * @param {string} message
   * @param {number} [againAfterMs] never again, unless it is given.
   */
  #say (what, message, againAfterMs = Infinity) {
    const lastMs = this.#said.get(what)
    if (lastMs !== undefined && performance.now() - lastMs < againAfterMs) return
    this.#said.set(what, performance.now())
    log.warning(message)
  }
}
