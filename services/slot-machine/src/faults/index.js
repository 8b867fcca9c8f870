/**
 * The faults of the page itself: scenario of the catalogue to the function that makes it happen.
 */
import { captureOn } from '../telemetry.js'
import { blockPage } from './long-task.js'
import { askForWhatIsNotThere } from './failing-fetch.js'
import { checkPayTable } from './unhandled-rejection.js'
import { clickOnSpin } from './type-error.js'

/**
 * @typedef {object} Firing
 * @property {string} scenario as in the catalogue.
 * @property {string} [case]
 * @property {string} run the tag.
 * @property {import('../telemetry.js').Trace} trace of the press.
 * @property {ReturnType<typeof import('../api.js').makeApi>} api
 */

/** @type {Readonly<Record<string, (firing: Firing) => unknown>>} each fails where nobody catches it. */
const WORK = Object.freeze({
  'type-error': clickOnSpin,
  'unhandled-rejection': checkPayTable,
  'failing-fetch': askForWhatIsNotThere,
  'long-task': blockPage
})

let last = Promise.resolve()

/**
 * @type {Readonly<Record<string, (firing: Firing) => Promise<boolean>>>} each is done when its event is on its way,
 *   and says whether there was one. One at a time: what fails unhandled belongs to the firing that is on.
 */
export const HANDLERS = Object.freeze(Object.fromEntries(
  Object.entries(WORK).map(([scenario, work]) => [scenario, firing => inTurn(() => fire(work, firing))])
))

function fire (work, firing) {
  const tags = { scenario: firing.scenario, run: firing.run, ...(firing.case ? { case: firing.case } : {}) }
  return captureOn(firing.trace, tags, () => work(firing))
}

function inTurn (work) {
  const mine = last.then(work)
  last = mine.catch(() => {})
  return mine
}
