/**
 * The flight record: what this process was doing, kept current where it outlives the process.
 *
 * The format is the same in all services; whoever explains a death reads it. Cheap enough to be always on: the text of
 * a request is made once, and a write is one system call. What opens is written at once; what closes is written with the
 * next opening or the next tick, so that a request that is answered pays for one write.
 */
import { randomBytes } from 'node:crypto'

import { MOST_BYTES, RecordFile } from './file.js'
import { inMotion } from './memory.js'
import { LONGEST, breadcrumbsOf, textOf } from './texts.js'

/** @import { Entry, Place } from './texts.js' */
/** @import { MemoryFigures, MemoryGauge } from './memory.js' */

const MOST_OPEN = 8
const TICK_MS = 100
// Where no fault is open and the memory is calm: what nobody asks for shall cost next to nothing.
const CALM_TICK_MS = 500

/**
 * The record of one process. Without a file it costs nothing.
 */
export class FlightRecord {
  #file
  #memory
  #head
  #memoryText = 'null'
  #endedText = 'null'
  /** @type {MemoryFigures | null} */
  #read = null
  /** @type {NodeJS.Timeout | undefined} */
  #next
  #calm = false
  #opened = 0
  /** @type {Entry[]} */
  #faults = []
  /** @type {Entry[]} */
  #others = []
  /** @type {{ entry: Entry, until: number } | null} */
  #last = null

  /**
   * @param {object} parts
   * @param {string | null} parts.path of the file; none where there is none.
   * @param {string} parts.service
   * @param {string} parts.release
   * @param {Pick<MemoryGauge, 'read'>} parts.memory
   */
  constructor ({ path, service, release, memory }) {
    this.#file = path === null ? null : new RecordFile(path)
    this.#memory = memory
    const head = {
      format: 'crash-demo-flight',
      version: 1,
      service,
      release: release.slice(0, LONGEST),
      instance: randomBytes(8).toString('hex')
    }
    this.#head = JSON.stringify(head).slice(0, -1)
    if (this.#file === null) return
    process.once('exit', () => this.ended('exit'))
    this.#tick()
  }

  /**
   * A request has begun.
   *
   * @param {() => Place & { route: string }} read asked only where there is a record: where it runs, with method and path
   *   as the table of routes has it.
   * @returns {Entry | null} what `fires` and `closed` want.
   */
  opened (read) {
    if (this.#file === null) return null
    /** @type {Entry} */
    const entry = { ...read(), since: Date.now() / 1000, run: null, heldSince: null, text: '' }
    entry.text = textOf(entry)
    this.#opened += 1
    this.#others.push(entry)
    this.#write()
    return entry
  }

  /**
   * The request fires a fault.
   *
   * @param {Entry | null} entry
   * @param {import('../run.js').Run} run
   */
  fires (entry, run) {
    if (entry === null) return
    entry.run = run
    entry.text = textOf(entry)
    remove(this.#others, entry)
    this.#faults.push(entry)
    if (this.#calm) this.#tickAfter(TICK_MS)
    this.#write()
  }

  /**
   * The request is over. A fault that still holds something stays in the record as long as it does: it is what a death
   * would come of.
   *
   * @param {Entry | null} entry
   */
  closed (entry) {
    if (entry === null) return
    const until = Date.now() / 1000
    if (entry.run?.holding) {
      entry.heldSince = until
      entry.text = textOf(entry)
    } else {
      remove(entry.run ? this.#faults : this.#others, entry)
    }
    this.#last = { entry, until }
    if (entry.run) this.#write()
  }

  /**
   * The process comes to an orderly end; the first to say so is right.
   *
   * @param {'sigterm' | 'exit' | 'exception'} how
   */
  ended (how) {
    if (this.#file === null || this.#endedText !== 'null') return
    this.#endedText = JSON.stringify({ how, at: Date.now() / 1000 })
    this.#write()
  }

  #tick () {
    const before = this.#read
    this.#read = this.#memory.read()
    this.#memoryText = JSON.stringify(this.#read)
    if (this.#faults.length) this.#faults = this.#faults.filter(({ heldSince, run }) => heldSince === null || run?.holding)
    this.#write()
    this.#calm = !this.#faults.length && !inMotion(this.#read, before)
    this.#tickAfter(this.#calm ? CALM_TICK_MS : TICK_MS)
  }

  /** @param {number} pauseMs */
  #tickAfter (pauseMs) {
    clearTimeout(this.#next)
    this.#next = setTimeout(() => this.#tick(), pauseMs).unref()
  }

  #write () {
    this.#file?.write(this.#text())
  }

  #text () {
    const open = newest(this.#faults, MOST_OPEN)
    open.push(...newest(this.#others, MOST_OPEN - open.length))
    const breadcrumbs = open[0] ? breadcrumbsOf(open[0]) : []
    const texts = open.map(entry => entry.text)
    let text = this.#put(texts, breadcrumbs)
    while (isTooLong(text) && breadcrumbs.length) {
      breadcrumbs.shift()
      text = this.#put(texts, breadcrumbs)
    }
    if (isTooLong(text)) text = this.#put(open.map(entry => textOf({ ...entry, route: '' })), [])
    return text
  }

  /**
   * @param {string[]} open newest first, faults before all others.
   * @param {string[]} breadcrumbs oldest first.
   */
  #put (open, breadcrumbs) {
    const last = open.length || !this.#last ? 'null' : `${this.#last.entry.text.slice(0, -1)},"until":${this.#last.until}}`
    return `${this.#head},"updated_at":${Date.now() / 1000},"open":[${open.join()}],"opened":${this.#opened},` +
      `"memory":${this.#memoryText},"breadcrumbs":[${breadcrumbs.join()}],"last":${last},"ended":${this.#endedText}}\n`
  }
}

/**
 * @param {Entry[]} entries
 * @param {Entry} entry
 */
function remove (entries, entry) {
  const place = entries.lastIndexOf(entry)
  if (place >= 0) entries.splice(place, 1)
}

/**
 * @param {Entry[]} entries oldest first.
 * @param {number} most
 * @returns {Entry[]} newest first.
 */
function newest (entries, most) {
  return most > 0 ? entries.slice(-most).reverse() : []
}

/** @param {string} text */
function isTooLong (text) {
  return text.length * 3 > MOST_BYTES && Buffer.byteLength(text) > MOST_BYTES
}
