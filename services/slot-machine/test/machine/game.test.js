import assert from 'node:assert/strict'
import { test } from 'node:test'

import { START, isBroke, isPoor, isReady, next } from '../../src/machine/game.js'

const SPIN = { spinId: '00c0ffee00c0ffee', reels: ['lemon', 'lemon', 'lemon'], win: 1000, balance: 10_900 }

/** What is so after some events. */
const after = (...events) => events.reduce(next, START)
const entered = { type: 'entered', balance: 10_000 }
const pressed = { type: 'pressed' }

test('nothing is played before the wallet is open', () => {
  const state = after(pressed)

  assert.equal(state, START)
  assert.equal(isReady(state), false)
})

test('a press takes the stake at once, and what is shown at the end is what the wallet says', () => {
  const turning = after(entered, pressed)
  const landed = after(entered, pressed, { type: 'settled' }, { type: 'landed', spin: SPIN })

  assert.deepEqual([turning.phase, turning.balance], ['spinning', 9900])
  assert.deepEqual([landed.phase, landed.balance, landed.say.tone], ['idle', 10_900, 'win'])
})

test('a second press while the reels turn is no second spin', () => {
  const once = after(entered, pressed)

  assert.equal(next(once, pressed), once)
  const landing = next(once, { type: 'settled' })
  assert.equal(next(landing, pressed), landing)
})

test('the stake stands while the reels turn', () => {
  const once = after(entered, pressed)

  assert.equal(next(once, { type: 'staked', stake: 1000 }), once)
})

test('who has less than the stake is told so and keeps it; who can pay no stake is broke', () => {
  const poor = after({ ...entered, balance: 99 }, pressed)

  assert.deepEqual([poor.phase, poor.balance, poor.say.tone], ['idle', 99, 'warn'])
  assert.deepEqual([isPoor(poor), isBroke(poor)], [true, false])
  assert.ok(isBroke(after({ ...entered, balance: 49 })))
})

for (const event of [{ type: 'refused', why: 'insufficient-funds' }, { type: 'away', why: 'payment-away' }, { type: 'unreadable' }]) {
  test(`a spin that ends as ${event.type} gives the stake back, and plays on after the balance was asked for`, () => {
    const told = after(entered, pressed, event)
    const played = next(told, { type: 'resumed', balance: 9950 })

    assert.deepEqual([told.phase, told.balance, told.say.tone], ['paused', 10_000, 'warn'])
    assert.equal(next(told, pressed), told)
    assert.deepEqual([played.phase, played.balance], ['idle', 9950])
    assert.equal(next(told, { type: 'resumed', balance: null }).balance, 10_000)
  })
}

test('a spin in doubt ends in each of its four ways, with the balance that was told', () => {
  const doubt = after(entered, pressed, { type: 'doubted' })
  const ends = {
    settled: next(next(doubt, { type: 'settled' }), { type: 'landed', spin: { ...SPIN, reels: null } }),
    returned: next(doubt, { type: 'returned', balance: 10_000 }),
    notPlayed: next(doubt, { type: 'notPlayed', balance: 10_000 }),
    unknown: next(doubt, { type: 'unknown' })
  }

  assert.equal(doubt.phase, 'doubt')
  assert.deepEqual(Object.values(ends).map(({ balance }) => balance), [10_900, 10_000, 10_000, 9900])
  assert.ok(Object.values(ends).every(isReady))
})

test('while money is added nothing is played, so that no older amount is shown after a newer one', () => {
  const asking = after(entered, { type: 'asking' })

  assert.equal(next(asking, pressed), asking)
  assert.equal(next(asking, { type: 'toppedUp', balance: 20_000 }).balance, 20_000)
  assert.deepEqual(Object.values(next(asking, { type: 'notToppedUp' })).slice(0, 2), ['idle', 10_000])
})

test('who is turned away at the door still waits there', () => {
  const outside = after({ type: 'turnedAway', inS: 4 })

  assert.equal(outside.phase, 'entering')
  assert.match(outside.say.detail, /in 4 s/)
  assert.ok(isReady(next(outside, entered)))
})
