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

  assert.equal(START, state)
  assert.equal(false, isReady(state))
})

test('a press takes the stake at once, and what is shown at the end is what the wallet says', () => {
  const turning = after(entered, pressed)
  const landed = after(entered, pressed, { type: 'settled' }, { type: 'landed', spin: SPIN })

  assert.deepEqual(['spinning', 9900], [turning.phase, turning.balance])
  assert.deepEqual(['idle', 10_900, 'win'], [landed.phase, landed.balance, landed.say.tone])
})

test('a second press while the reels turn is no second spin', () => {
  const once = after(entered, pressed)

  assert.equal(once, next(once, pressed))
  const landing = next(once, { type: 'settled' })
  assert.equal(landing, next(landing, pressed))
})

test('the stake stands while the reels turn', () => {
  const once = after(entered, pressed)

  assert.equal(once, next(once, { type: 'staked', stake: 1000 }))
})

test('who has less than the stake is told so and keeps it; who can pay no stake is broke', () => {
  const poor = after({ ...entered, balance: 99 }, pressed)

  assert.deepEqual(['idle', 99, 'warn'], [poor.phase, poor.balance, poor.say.tone])
  assert.deepEqual([true, false], [isPoor(poor), isBroke(poor)])
  assert.ok(isBroke(after({ ...entered, balance: 49 })))
})

for (const event of [{ type: 'refused', why: 'insufficient-funds' }, { type: 'away', why: 'payment-away' }, { type: 'unreadable' }]) {
  test(`a spin that ends as ${event.type} gives the stake back, and plays on after the balance was asked for`, () => {
    const told = after(entered, pressed, event)
    const played = next(told, { type: 'resumed', balance: 9950 })

    assert.deepEqual(['paused', 10_000, 'warn'], [told.phase, told.balance, told.say.tone])
    assert.equal(told, next(told, pressed))
    assert.deepEqual(['idle', 9950], [played.phase, played.balance])
    assert.equal(10_000, next(told, { type: 'resumed', balance: null }).balance)
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

  assert.equal('doubt', doubt.phase)
  assert.deepEqual([10_900, 10_000, 10_000, 9900], Object.values(ends).map(({ balance }) => balance))
  assert.ok(Object.values(ends).every(isReady))
})

test('while money is added nothing is played, so that no older amount is shown after a newer one', () => {
  const asking = after(entered, { type: 'asking' })

  assert.equal(asking, next(asking, pressed))
  assert.equal(20_000, next(asking, { type: 'toppedUp', balance: 20_000 }).balance)
  assert.deepEqual(['idle', 10_000], Object.values(next(asking, { type: 'notToppedUp' })).slice(0, 2))
})

test('who is turned away at the door still waits there', () => {
  const outside = after({ type: 'turnedAway', inS: 4 })

  assert.equal('entering', outside.phase)
  assert.match(outside.say.detail, /in 4 s/)
  assert.ok(isReady(next(outside, entered)))
})
