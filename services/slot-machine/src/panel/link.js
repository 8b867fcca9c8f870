/**
 * The deep link `/#/debug/<name>`: it leads to a scenario and never fires it.
 */
const LINK = /^#\/debug(?:\/([a-z0-9/-]*))?$/

/**
 * @param {string} hash of the address.
 * @param {string[]} ids of the scenarios, `service/name`.
 * @param {string} page the service whose faults are the page's own; a bare name is one of them.
 * @returns {{opens: boolean, scenario: string|null, unknown: string|null}} what the address asks for.
 */
export function readLink (hash, ids, page) {
  const found = LINK.exec(hash)
  if (!found) return { opens: false, scenario: null, unknown: null }
  const name = (found[1] ?? '').replace(/\/+$/, '')
  if (!name) return { opens: true, scenario: null, unknown: null }
  const scenario = [`${page}/${name}`, name].find(id => ids.includes(id)) ??
    ids.find(id => name.startsWith(`${id}/`)) ?? null
  return { opens: true, scenario, unknown: scenario ? null : name }
}
