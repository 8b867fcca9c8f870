/**
 * The files of a spool, and nothing but the files: written whole or not at all, read, moved out of the way.
 */
import {
  closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, unlinkSync,
  writeSync, writevSync
} from 'node:fs'
import { join } from 'node:path'

import { PART, decoded, firstLine, parseName } from './format.js'

const BAD = 'bad'
const BAD_MOST_FILES = 20
const BAD_MOST_BYTES = 8 * 1024 * 1024
// Never waits for the other end of a pipe, and follows no link out of the folder.
const TO_WRITE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL
const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * A folder of spool files. Every method but `setAside` throws what the system says.
 */
export class Folder {
  #path
  #largestBytes

  /**
   * @param {string} path is made when it is first written to; what it lies in is there.
   * @param {number} largestBytes a larger file is not read.
   */
  constructor (path, largestBytes) {
    this.#path = path
    this.#largestBytes = largestBytes
  }

  /**
   * Write a file. It has its name only when it is whole: whoever is killed meanwhile leaves a `.part`.
   *
   * Nothing is forced to the disk: the page cache outlives the process, and that is what is promised.
   *
   * @param {string} name
   * @param {string} eventId
   * @param {import('./format.js').Body} body
   * @returns {number} its size (bytes).
   */
  write (name, eventId, body) {
    const line = firstLine(eventId, body)
    const file = `${this.#path}/${name}`
    const part = file + PART
    try {
      const descriptor = this.#create(part)
      try {
        writeAll(descriptor, line, body)
      } finally {
        closeSync(descriptor)
      }
      renameSync(part, file)
    } catch (error) {
      rmSync(part, { force: true })
      throw error
    }
    return line.length + body.length
  }

  /**
   * @param {string} name
   * @returns {Buffer | null} the envelope; none where the file is not what was written.
   */
  read (name) {
    const known = parseName(name.endsWith(PART) ? name.slice(0, -PART.length) : name)
    if (known === null) return null
    const descriptor = openSync(join(this.#path, name), TO_READ)
    try {
      const found = fstatSync(descriptor)
      if (!found.isFile() || found.size > this.#largestBytes) return null
      return decoded(known.eventId, readFileSync(descriptor))
    } finally {
      closeSync(descriptor)
    }
  }

  /**
   * Give a `.part` its name, where it is whole and was only not renamed.
   *
   * @param {string} name with `.part` at its end.
   * @returns {string | null} the name that it has now; none where it is not whole.
   */
  complete (name) {
    const proper = name.slice(0, -PART.length)
    try {
      if (this.read(name) === null) return null
      renameSync(join(this.#path, name), join(this.#path, proper))
      return proper
    } catch {
      return null
    }
  }

  /**
   * List what lies in the folder, with what is no spool file; a folder that is not there is empty.
   *
   * @returns {{ name: string, sizeBytes: number }[]}
   */
  list () {
    try {
      return readdirSync(this.#path).flatMap(name => {
        const found = lstatSync(join(this.#path, name), { throwIfNoEntry: false })
        return found ? [{ name, sizeBytes: found.size }] : []
      })
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return []
      throw error
    }
  }

  /** @param {string} name */
  remove (name) {
    try {
      unlinkSync(`${this.#path}/${name}`)
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
    }
  }

  /**
   * Move a file to `bad/`, where the newest are kept; one that cannot be moved is removed.
   *
   * @param {string} name
   */
  setAside (name) {
    const bad = join(this.#path, BAD)
    try {
      makeFolder(bad)
      renameSync(join(this.#path, name), join(bad, name))
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT') return
      rmSync(join(this.#path, name), { force: true, recursive: true })
      return
    }
    keepNewest(bad)
  }

  /** @param {string} part */
  #create (part) {
    try {
      return openSync(part, TO_WRITE, 0o600)
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
      makeFolder(this.#path)
      return openSync(part, TO_WRITE, 0o600)
    }
  }
}

/**
 * @param {number} descriptor
 * @param {Buffer} line
 * @param {Buffer} body
 */
function writeAll (descriptor, line, body) {
  const written = writevSync(descriptor, [line, body])
  const whole = line.length + body.length
  if (written === whole) return
  const rest = Buffer.concat([line, body])
  for (let place = written; place < whole;) place += writeSync(descriptor, rest, place)
}

/**
 * Not `recursive`: where the kernel says that there is no such folder although its parent is there, as below /proc, Node
 * would try for ever.
 *
 * @param {string} path
 */
function makeFolder (path) {
  try {
    mkdirSync(path)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error
  }
}

/** @param {string} bad */
function keepNewest (bad) {
  try {
    const files = readdirSync(bad)
      .map(name => ({ file: join(bad, name), found: lstatSync(join(bad, name)) }))
      .sort((one, other) => one.found.ctimeMs - other.found.ctimeMs)
    let sizeBytes = files.reduce((sum, { found }) => sum + found.size, 0)
    while (files.length > BAD_MOST_FILES || sizeBytes > BAD_MOST_BYTES) {
      const [oldest] = files.splice(0, 1)
      if (!oldest) return
      unlinkSync(oldest.file)
      sizeBytes -= oldest.found.size
    }
  } catch {
    // What is in the way stays there until the pod goes.
  }
}
