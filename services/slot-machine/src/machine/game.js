/**
 * The game as a machine of states: what is so, what happened, what is so then. Shows nothing and asks nobody.
 *
 *   entering ─▶ idle ─▶ spinning ─▶ landing ─▶ idle
 *                          ├─▶ doubt ─▶ landing, or idle
 *                          └─▶ paused ─▶ idle       (idle ─▶ paused while money is asked for)
 */
import { FIRST_STAKE, STAKES, TOP_UP } from './money.js'
import * as words from './words.js'

/**
 * @typedef {object} State
 * @property {'entering'|'idle'|'spinning'|'landing'|'doubt'|'paused'} phase
 * @property {number|null} balance minor units, as shown: without the stake of a spin that is on.
 * @property {number} stake minor units.
 * @property {import('./words.js').Saying} say
 */

/** @type {Readonly<State>} */
export const START = Object.freeze({ phase: 'entering', balance: null, stake: FIRST_STAKE, say: words.ENTERING })

/** Whether a press begins a spin. @param {State} state */
export const isReady = ({ phase }) => phase === 'idle'

/** @param {State} state */
export const isPoor = ({ balance, stake }) => balance !== null && balance < stake

/** Whether nothing can be played with what is there. @param {State} state */
export const isBroke = ({ phase, balance }) => phase === 'idle' && balance !== null && balance < STAKES[0]

/**
 * @param {State} state
 * @param {{type: keyof typeof EVENTS} & Record<string, any>} event
 * @returns {State} the same one where the event means nothing now.
 */
export function next (state, event) {
  const { from, then } = EVENTS[event.type]
  return from.includes(state.phase) ? { ...state, ...then(state, event) } : state
}

const ON = ['spinning', 'doubt']
const back = ({ balance, stake }) => balance + stake

const EVENTS = {
  entered: {
    from: ['entering'],
    then: (_, { balance }) => ({ phase: 'idle', balance, say: balance < STAKES[0] ? words.TOO_POOR : words.WELCOME })
  },
  turnedAway: { from: ['entering'], then: (_, { inS }) => ({ say: words.noEntry(inS) }) },
  staked: { from: ['idle', 'entering'], then: (_, { stake }) => ({ stake }) },
  pressed: {
    from: ['idle'],
    then: state => isPoor(state)
      ? { say: words.TOO_POOR }
      : { phase: 'spinning', balance: state.balance - state.stake, say: words.SPINNING }
  },
  settled: { from: ON, then: () => ({ phase: 'landing' }) },
  landed: {
    from: ['landing'],
    then: ({ stake }, { spin }) => ({ phase: 'idle', balance: spin.balance, say: words.result({ ...spin, stake }) })
  },
  doubted: { from: ['spinning'], then: () => ({ phase: 'doubt', say: words.DOUBT }) },
  returned: { from: ['doubt'], then: (_, { balance }) => ({ phase: 'idle', balance, say: words.RETURNED }) },
  notPlayed: { from: ['doubt'], then: (_, { balance }) => ({ phase: 'idle', balance, say: words.NOT_PLAYED }) },
  unknown: { from: ['doubt'], then: () => ({ phase: 'idle', say: words.UNKNOWN }) },
  refused: { from: ['spinning'], then: (state, { why }) => ({ phase: 'paused', balance: back(state), say: words.refused(why) }) },
  away: { from: ['spinning'], then: (state, { why }) => ({ phase: 'paused', balance: back(state), say: words.away(why) }) },
  unreadable: { from: ON, then: state => ({ phase: 'paused', balance: back(state), say: words.UNREADABLE }) },
  resumed: { from: ['paused'], then: (state, { balance }) => ({ phase: 'idle', balance: balance ?? state.balance }) },
  // Money is asked for: whoever played meanwhile would see an amount that is older than the spin.
  asking: { from: ['idle'], then: () => ({ phase: 'paused' }) },
  toppedUp: { from: ['paused'], then: (_, { balance }) => ({ phase: 'idle', balance, say: words.toppedUp(TOP_UP, balance) }) },
  notToppedUp: { from: ['paused'], then: () => ({ phase: 'idle', say: words.NO_TOP_UP }) }
}
