/**
 * Ties the handlers of a service to its scenarios in the catalogue: both sides name the same ones, or nothing starts.
 */

/** The service's table of handlers and the catalogue disagree; the message says which side lacks what. */
export class BindingError extends Error {
  name = 'BindingError'
}

/**
 * Check that every scenario has its handler and every handler its scenario.
 *
 * @template Handler
 * @param {import('./catalogue.js').Catalogue} catalogue the whole catalogue.
 * @param {string} service name of the service that starts.
 * @param {Readonly<Record<string, Handler>>} handlers its table, by scenario name.
 * @returns {Readonly<Record<string, Handler>>} the same table.
 * @throws {BindingError} one side lacks what the other has.
 */
export function bind (catalogue, service, handlers) {
  const declared = Object.keys(catalogue.scenarios[service] ?? {})
  const without = declared.filter(name => !Object.hasOwn(handlers, name)).sort()
  const unknown = Object.keys(handlers).filter(name => !declared.includes(name)).sort()
  const mistakes = []
  if (without.length) {
    mistakes.push(`catalog/${service}.yaml declares ${list(without)}, for which HANDLERS of ${service} has no function`)
  }
  if (unknown.length) {
    mistakes.push(`HANDLERS of ${service} has ${list(unknown)}, which catalog/${service}.yaml does not declare`)
  }
  if (mistakes.length) throw new BindingError(mistakes.join('; '))
  return handlers
}

/** @param {string[]} names */
function list (names) {
  return `[${names.map(name => `'${name}'`).join(', ')}]`
}
