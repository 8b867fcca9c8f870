/**
 * Which paths are faults, and which are nobody's request.
 */

export const LIVE = '/healthz/live'
export const READY = '/healthz/ready'
export const METRICS = '/metrics'
export const FAULTS = '/debug/faults'

const CONTROL = new Set([LIVE, READY, METRICS, FAULTS])

/**
 * Say whether a path is a probe, a scrape or a control call: never sampled, never a fault.
 *
 * @param {string} path
 */
export const isControl = path => CONTROL.has(path)

/**
 * Make the test for the paths of faults.
 *
 * @param {import('./crashkit/catalogue.js').Catalogue} catalogue
 * @param {string} service
 * @returns {(path: string) => boolean}
 */
export function faultPaths (catalogue, service) {
  const starts = Object.values(catalogue.scenarios[service] ?? {}).map(({ path }) => path.split('{')[0] ?? path)
  return path => starts.some(start => path.startsWith(start)) && !isControl(path)
}
