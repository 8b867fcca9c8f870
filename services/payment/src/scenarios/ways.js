/**
 * Finds the function of a case.
 */

/**
 * Give the function that the run's case names.
 *
 * @template Way
 * @param {Readonly<Record<string, Way>>} ways a function for each case of the scenario, by its name in the catalogue.
 * @param {import('../crashkit/run.js').Run} run the firing.
 * @returns {Way}
 * @throws {Error} the catalogue names a case that the scenario does not know.
 */
export function wayOf (ways, run) {
  const way = ways[run.case.caseName ?? '']
  if (way) return way
  throw new Error(`${run.case.id} is in the catalogue, but its scenario knows only ${Object.keys(ways).join(', ')}`)
}
