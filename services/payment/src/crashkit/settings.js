/**
 * What every service is told by its environment. Read once, in `main.js`; passed on as an argument.
 */

/**
 * @typedef {object} ServiceSettings
 * @property {string} host address to listen on.
 * @property {number} port port to listen on.
 * @property {string} catalogDir folder of the catalogue.
 * @property {string | null} stateDir writable folder that outlives the container, not the pod.
 * @property {number} spoolMaxMib the most that events waiting on disk may take (MiB).
 * @property {number} spoolMaxFiles the most events that wait on disk.
 * @property {string | null} terminationLog file that the kubelet copies into the pod's status at a death.
 * @property {number} memoryWarningPercent of the memory limit at which a warning is sent; 0 sends none.
 * @property {number} drainS seconds to finish open requests after SIGTERM.
 * @property {string | null} sentryDsn nothing is sent without it.
 * @property {string} sentryEnvironment environment of every event.
 * @property {string} sentryRelease release of every event.
 * @property {number} tracesSampleRate share of healthy traces kept; faults are always kept.
 * @property {import('./guard.js').Policy} policy the switches of the fault surface.
 * @property {string} nodeOptions what Node itself was told; empty where nothing.
 * @property {string | null} podName
 * @property {string | null} podNamespace
 * @property {string | null} podUid
 * @property {string | null} nodeName
 */

const DSN = /^https?:\/\/[0-9A-Za-z]+(:[0-9A-Za-z]*)?@[^/@]+(\/[^@]*)?\/[0-9]+\/?$/

/** The environment does not say what the service must know; the message names the variables, and shows no value. */
export class SettingsError extends Error {
  name = 'SettingsError'
}

/**
 * Reads variables one by one and remembers every mistake.
 */
export class Environment {
  #variables
  /** @type {string[]} */
  #mistakes = []

  /** @param {Readonly<Record<string, string | undefined>>} variables */
  constructor (variables) {
    this.#variables = variables
  }

  /**
   * @param {string} name
   * @returns {string | null} null where it is not set, or empty.
   */
  text (name) {
    return this.#variables[name] || null
  }

  /**
   * @param {string} name
   * @returns {string}
   */
  required (name) {
    const value = this.text(name)
    if (value === null) this.mistake(name, 'Field required')
    return value ?? ''
  }

  /**
   * @param {string} name
   * @param {{ otherwise: number, least: number, most: number, whole?: boolean }} rule
   * @returns {number}
   */
  number (name, { otherwise, least, most, whole = false }) {
    const text = this.#variables[name]
    if (text === undefined) return otherwise
    const value = text.trim() === '' ? NaN : Number(text)
    if (Number.isFinite(value) && value >= least && value <= most && (!whole || Number.isInteger(value))) return value
    this.mistake(name, `Input should be a ${whole ? 'whole number' : 'number'} from ${least} to ${most}`)
    return otherwise
  }

  /**
   * @param {string} name
   * @returns {boolean} false where it is not set.
   */
  flag (name) {
    const text = (this.#variables[name] ?? 'false').toLowerCase()
    if (['true', '1', 'yes', 'on', 't', 'y'].includes(text)) return true
    if (!['false', '0', 'no', 'off', 'f', 'n'].includes(text)) this.mistake(name, 'Input should be true or false')
    return false
  }

  /**
   * @param {string} name
   * @param {string} what
   */
  mistake (name, what) {
    this.#mistakes.push(`${name}: ${what}`)
  }

  /** @throws {SettingsError} something was wrong. */
  done () {
    if (this.#mistakes.length) throw new SettingsError(this.#mistakes.join('; '))
  }
}

/**
 * Read the settings that all services share.
 *
 * @param {Environment} environment
 * @param {number} defaultPort
 * @returns {ServiceSettings}
 */
export function readServiceSettings (environment, defaultPort) {
  const enabled = environment.flag('FAULTS_ENABLED')
  const token = environment.text('FAULTS_TOKEN') ?? ''
  if (enabled && !token) {
    environment.mistake('the environment', 'FAULTS_ENABLED is true, so FAULTS_TOKEN must be set')
  }
  const dsn = environment.text('SENTRY_DSN')
  if (dsn !== null && !DSN.test(dsn)) {
    environment.mistake('SENTRY_DSN', 'it has the form http://<key>@<host>/<project>')
  }
  return {
    host: environment.text('HOST') ?? '0.0.0.0',
    port: environment.number('PORT', { otherwise: defaultPort, least: 1, most: 65535, whole: true }),
    catalogDir: environment.required('CATALOG_DIR'),
    stateDir: environment.text('STATE_DIR'),
    spoolMaxMib: environment.number('SPOOL_MAX_MIB', { otherwise: 64, least: 1, most: 4096, whole: true }),
    spoolMaxFiles: environment.number('SPOOL_MAX_FILES', { otherwise: 2000, least: 1, most: 1_000_000, whole: true }),
    terminationLog: environment.text('TERMINATION_LOG'),
    memoryWarningPercent: environment.number('MEMORY_WARNING_PERCENT', { otherwise: 80, least: 0, most: 95, whole: true }),
    drainS: environment.number('DRAIN_S', { otherwise: 10, least: 0, most: 60 }),
    sentryDsn: dsn,
    sentryEnvironment: environment.text('SENTRY_ENVIRONMENT') ?? 'development',
    sentryRelease: environment.text('SENTRY_RELEASE') ?? 'crash-demo@0.1.0',
    tracesSampleRate: environment.number('TRACES_SAMPLE_RATE', { otherwise: 0.2, least: 0, most: 1 }),
    policy: { enabled, allowGet: environment.flag('FAULTS_ALLOW_GET'), token },
    nodeOptions: environment.text('NODE_OPTIONS') ?? '',
    podName: environment.text('POD_NAME'),
    podNamespace: environment.text('POD_NAMESPACE'),
    podUid: environment.text('POD_UID'),
    nodeName: environment.text('NODE_NAME')
  }
}
