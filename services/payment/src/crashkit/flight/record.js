/**
 * The flight record: what this process was doing, kept current where it outlives the process.
 *
 * The format is the same in all services; whoever explains a death reads it. Cheap enough to be always on: the text of
 * a request is made once, and a write is one system call.
 */
import { randomBytes } from 'node:crypto'

import { scrubbed } from '../scrubbing.js'
import { MOST_BYTES, RecordFile } from './file.js'
import { MemoryGauge } from './memory.js'

const MOST_OPEN = 8
const MOST_BREADCRUMBS = 5
const LONGEST = 120
// What is scrubbed before it is cut, so that nothing is cut in two and passes.
const LONGEST_READ = 1000
const MEMORY_EVERY_MS = 100

/**
 * The text of each breadcrumb, made once.
 *
 * @type {WeakMap<Breadcrumb, string>}
 */
const crumbs = new WeakMap()

/**
 * @typedef {object} Breadcrumb
 * @property {number} [timestamp] seconds since the epoch.
 * @property {string} [category]
 * @property {string} [message]
 *
 * Where a request runs.
 *
 * @typedef {object} Place
 * @property {string | null} trace 32 hex digits.
 * @property {string | null} span 16 hex digits.
 * @property {() => readonly Breadcrumb[]} breadcrumbs gives those of now.
 *
 * What is known of a request when it opens.
 *
 * @typedef {Place & { route: string }} Facts with method and path, as the table of routes has it.
 *
 * An open request in the record.
 *
 * @typedef {Facts & { since: number, run: import('../run.js').Run | null, text: string }} Entry
 */

/**
 * The record of one process. Without a file it costs nothing.
 */
export class FlightRecord {
  #file
  #memory
  #head
  #memoryText = 'null'
  #endedText = 'null'
  #opened = 0
  /** @type {Entry[]} */
  #faults = []
  /** @type {Entry[]} */
  #others = []
  /** @type {Set<Entry>} */
  #held = new Set()

  /**
   * @param {object} parts
   * @param {string | null} parts.path of the file; none where there is none.
   * @param {string} parts.service
   * @param {string} parts.release
   * @param {MemoryGauge} [parts.memory]
   */
  constructor ({ path, service, release, memory = new MemoryGauge() }) {
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
    setInterval(() => this.#tick(), MEMORY_EVERY_MS).unref()
    process.once('exit', () => this.ended('exit'))
    this.#write()
  }

  /**
   * A request has begun.
   *
   * @param {() => Facts} read asked only where there is a record.
   * @returns {Entry | null} what `fires` and `closed` want.
   */
  opened (read) {
    if (this.#file === null) return null
    /** @type {Entry} */
    const entry = { ...read(), since: Date.now() / 1000, run: null, text: '' }
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
    if (entry.run?.holding) this.#held.add(entry)
    else this.#forget(entry)
    this.#write()
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

  /** While something is open, memory grows also where no request comes or goes. */
  #tick () {
    const before = this.#faults.length + this.#others.length
    for (const entry of this.#held) if (!entry.run?.holding) this.#forget(entry)
    if (before) this.#write()
  }

  /** @param {Entry} entry */
  #forget (entry) {
    this.#held.delete(entry)
    remove(entry.run ? this.#faults : this.#others, entry)
  }

  #write () {
    if (this.#memory.isOlderThan(MEMORY_EVERY_MS)) this.#memoryText = JSON.stringify(this.#memory.read())
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
   * @param {string[]} open
   * @param {string[]} breadcrumbs oldest first.
   */
  #put (open, breadcrumbs) {
    return `${this.#head},"updated_at":${Date.now() / 1000},"open":[${open.join()}],"opened":${this.#opened},` +
      `"memory":${this.#memoryText},"breadcrumbs":[${breadcrumbs.join()}],"ended":${this.#endedText}}\n`
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

/** @param {Entry} entry */
function textOf ({ trace, span, route, since, run }) {
  return JSON.stringify({
    trace,
    span,
    route: route.slice(0, LONGEST),
    since,
    scenario: run?.case.scenarioName ?? null,
    case: run?.case.caseName ?? null,
    run: run?.tag ?? null
  })
}

/** @param {Entry} entry */
function breadcrumbsOf (entry) {
  return entry.breadcrumbs().slice(-MOST_BREADCRUMBS).map(breadcrumb => {
    const known = crumbs.get(breadcrumb)
    if (known !== undefined) return known
    const { timestamp, category, message } = breadcrumb
    const text = JSON.stringify({ at: timestamp ?? entry.since, category: cut(category), message: cut(message) })
    crumbs.set(breadcrumb, text)
    return text
  })
}

/** @param {string | undefined} text */
function cut (text) {
  return scrubbed(String(text ?? '').slice(0, LONGEST_READ)).slice(0, LONGEST)
}

/** @param {string} text */
function isTooLong (text) {
  return text.length * 3 > MOST_BYTES && Buffer.byteLength(text) > MOST_BYTES
}
