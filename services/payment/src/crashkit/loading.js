/**
 * From the files in `catalog/` to a catalogue, or to one readable list of mistakes.
 *
 * What a file may hold says `catalog/schema.json`, which is generated from the Python models; the rules that a schema
 * cannot say are written here as they are there, and both are held to the same fixtures.
 */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'

import { Ajv2020 } from 'ajv/dist/2020.js'
import { parseDocument } from 'yaml'

import { Catalogue } from './catalogue.js'
import { acrossFiles, misplaced, twice } from './rules.js'

/** @import { Scenario, Service } from './catalogue.js' */
/** @import { ErrorObject, ValidateFunction } from 'ajv/dist/2020.js' */

const SERVICES_FILE = 'services.yaml'
const SCHEMA_FILE = 'schema.json'
const SLUG = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/
const SHOWN = 80

/** The catalogue cannot be used; the message lists every mistake with its file and place. */
export class CatalogueError extends Error {
  name = 'CatalogueError'
}

/**
 * Read and check the whole catalogue.
 *
 * @param {string} folder the folder with `services.yaml`, `schema.json` and one file a service.
 * @returns {Catalogue}
 * @throws {CatalogueError} a file is missing, is not YAML, or breaks a rule.
 */
export function loadCatalogue (folder) {
  for (const name of [SERVICES_FILE, SCHEMA_FILE]) {
    if (!existsSync(join(folder, name))) {
      throw new CatalogueError(`${join(folder, name)} is missing; CATALOG_DIR must name the folder of the catalogue`)
    }
  }
  const shape = new Shape(join(folder, SCHEMA_FILE))
  const { services } = /** @type {{ services: Service[] }} */ (shape.read(join(folder, SERVICES_FILE), 'Services'))
  const mistakes = twice(services).map(line => `${SERVICES_FILE}: ${line}`)
  /** @type {Record<string, Record<string, Scenario>>} */
  const scenarios = {}
  for (const name of readdirSync(folder).filter(file => file.endsWith('.yaml') && file !== SERVICES_FILE).sort()) {
    try {
      const read = /** @type {{ service: string, scenarios: Record<string, Scenario> }} */ (
        shape.read(join(folder, name), 'ServiceFile')
      )
      mistakes.push(...acrossFiles(basename(name, '.yaml'), read, services).map(line => `${name}: ${line}`))
      scenarios[read.service] = read.scenarios
    } catch (error) {
      if (!(error instanceof CatalogueError)) throw error
      mistakes.push(error.message)
    }
  }
  if (mistakes.length) throw new CatalogueError(mistakes.join('\n'))
  return new Catalogue(services, scenarios)
}

/**
 * The schema, and what is read by it.
 */
class Shape {
  #defaults
  #ajv = new Ajv2020({ allErrors: true, strict: false, useDefaults: true, verbose: true })

  /** @param {string} file */
  constructor (file) {
    const schema = JSON.parse(readFileSync(file, 'utf8'))
    this.#ajv.addSchema(schema, 'catalogue')
    // The checker fills in defaults, but not below `anyOf`, where the budget of a case stands.
    this.#defaults = Object.fromEntries(
      Object.entries(/** @type {Record<string, { default?: unknown }>} */ (schema.$defs.Budget.properties))
        .map(([name, property]) => [name, property.default])
    )
  }

  /**
   * @param {string} file
   * @param {'Services' | 'ServiceFile'} kind
   * @returns {object}
   * @throws {CatalogueError}
   */
  read (file, kind) {
    const name = basename(file)
    const content = parse(name, readFileSync(file))
    const check = /** @type {ValidateFunction} */ (this.#ajv.getSchema(`catalogue#/$defs/${kind}`))
    const fits = check(content)
    const mistakes = (check.errors ?? []).filter(error => !isEcho(error)).map(lineOf)
    if (fits && kind === 'ServiceFile') mistakes.push(...this.#complete(content))
    if (mistakes.length) throw new CatalogueError(mistakes.map(line => `${name}: ${line}`).join('\n'))
    return content
  }

  /**
   * Fill in what the schema's checker leaves out, and check what it cannot.
   *
   * @param {{ scenarios: Record<string, Scenario> }} content
   * @returns {string[]} mistakes.
   */
  #complete ({ scenarios }) {
    const mistakes = []
    for (const [name, scenario] of Object.entries(scenarios)) {
      const place = `scenarios.${name}`
      scenario.cases ??= {}
      scenario.budget = { ...this.#defaults, ...scenario.budget }
      for (const slug of [name, ...Object.keys(scenario.cases)]) {
        if (!SLUG.test(slug)) mistakes.push(`${place}: a name is kebab-case; found '${slug}'`)
      }
      const cases = Object.values(scenario.cases)
      if (Boolean(scenario.expect) === (cases.length > 0)) {
        const found = cases.length ? 'both' : 'neither'
        mistakes.push(`${place}: a scenario has either expect or cases; found ${found}`)
      }
      if (scenario.path.includes('{case}') && !cases.length) {
        mistakes.push(`${place}: path ${scenario.path} takes a case, but there are no cases`)
      }
      for (const entry of cases) {
        if (entry.budget) entry.budget = { ...this.#defaults, ...entry.budget }
      }
      for (const expect of [scenario.expect, ...cases.map(entry => entry.expect)]) {
        if (expect) mistakes.push(...ofExpect(place, expect))
      }
    }
    return mistakes
  }
}

/**
 * @param {string} place
 * @param {import('./catalogue.js').Expect} expect
 */
function ofExpect (place, expect) {
  const mistakes = []
  const { ends = 'none', recovers_within_s: recoversWithinS = 0 } = expect.pod ?? {}
  if (ends !== 'none' && !recoversWithinS) {
    mistakes.push(`${place}: pod.ends is ${ends}: say recovers_within_s, the seconds until it is ready again`)
  }
  if (expect.memory_warning === 'once' && ends === 'none') {
    mistakes.push(`${place}: memory_warning is once, but the pod does not end: only what ends by its memory is certain to come near the limit; say may`)
  }
  for (const event of expect.events ?? []) {
    if ((event.type ?? null) === null && (event.message ?? null) === null) {
      mistakes.push(`${place}: an event needs a type (exception) or a message; give one of them`)
    }
  }
  return mistakes
}

/**
 * @param {string} name
 * @param {Buffer} bytes
 * @returns {any} whatever YAML holds.
 */
function parse (name, bytes) {
  let text
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new CatalogueError(`${name}: not UTF-8`)
  }
  const document = parseDocument(text, { uniqueKeys: true, version: '1.1' })
  const [error] = document.errors
  if (error) throw new CatalogueError(`${name}: not YAML: ${error.message}`)
  return document.toJS()
}

/** @param {ErrorObject} error */
function isEcho (error) {
  // These repeat, for each choice, what another line says of the whole.
  return /\/Service\/(then|else)\//.test(error.schemaPath) || /\/(oneOf|anyOf)\/\d+\/(required|type)$/.test(error.schemaPath) && error.params.type !== 'object'
}

/** @param {ErrorObject} error */
function lineOf (error) {
  const place = error.instancePath.slice(1).replaceAll('/', '.') || 'the file'
  if (error.keyword === 'if') return `${place}: ${misplaced(/** @type {Service} */ (error.data))}`
  if (error.keyword === 'required') return `${place}.${error.params.missingProperty}: Field required`
  if (error.keyword === 'oneOf') {
    return `${place}: a scenario has either expect or cases; found ${error.params.passingSchemas ? 'both' : 'neither'}`
  }
  const extra = error.keyword === 'additionalProperties' ? `.${error.params.additionalProperty}` : ''
  const found = JSON.stringify(error.data) ?? 'nothing'
  return `${place}${extra}: ${error.message}; found ${found.slice(0, SHOWN)}`
}
