/**
 * What payment is told by its environment.
 */
import { Environment, readServiceSettings } from './crashkit/settings.js'

const PORT = 8083

/**
 * @typedef {object} DatabaseSettings
 * @property {string} mongodbUri where the database is; names a password, so it is shown to nobody.
 * @property {string} mongodbDatabase
 * @property {number} mongodbTimeoutMs how long to look for a server, to connect, and for one statement.
 *
 * @typedef {import('./crashkit/settings.js').ServiceSettings & DatabaseSettings} Settings
 */

/**
 * Read the environment.
 *
 * @param {Readonly<Record<string, string | undefined>>} variables
 * @returns {Readonly<Settings>}
 * @throws {import('./crashkit/settings.js').SettingsError} a variable is missing or does not fit; every one is named,
 *   no value is shown.
 */
export function readSettings (variables) {
  const environment = new Environment(variables)
  const settings = {
    ...readServiceSettings(environment, PORT),
    mongodbUri: environment.required('MONGODB_URI'),
    mongodbDatabase: environment.text('MONGODB_DATABASE') ?? 'payment',
    mongodbTimeoutMs: environment.number('MONGODB_TIMEOUT_MS', { otherwise: 3000, least: 100, most: 60000, whole: true })
  }
  if (settings.mongodbUri && !/^mongodb(\+srv)?:\/\//.test(settings.mongodbUri)) {
    environment.mistake('MONGODB_URI', 'it has the form mongodb://<user>:<password>@<host>:<port>/')
  }
  environment.done()
  return Object.freeze(settings)
}
