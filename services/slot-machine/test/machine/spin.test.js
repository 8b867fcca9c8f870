import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeApi } from '../../src/api.js'
import { spin } from '../../src/machine/spin.js'
import { casino, hangUp, problem } from '../support/casino.js'

const SPIN = 'POST /api/v1/game-engine/spin'
const ORDER = { player: 'player-7', stake: 100 }
const BODY = {
  spin_id: '00c0ffee00c0ffee', player_id: 'player-7', stake: 100, reels: ['bell', 'bell', 'bell'], multiplier: 40,
  win: 4000, balance: 13_900, settled: true, recorded: true
}

/** Spin once where the game engine answers so. */
async function spun (t, answer) {
  const house = await casino(t, { [SPIN]: answer })
  return { house, end: await spin(makeApi(house.url), ORDER).catch(error => error) }
}

test('a spin that was settled gives reels, win and balance', async t => {
  const { house, end } = await spun(t, () => BODY)

  assert.deepEqual(end, {
    kind: 'settled', spinId: '00c0ffee00c0ffee', reels: ['bell', 'bell', 'bell'], win: 4000, balance: 13_900
  })
  assert.deepEqual(house.calls[0].body, { player_id: 'player-7', stake: 100 })
})

for (const [status, code] of [[402, 'insufficient-funds'], [404, 'unknown-player'], [409, 'balance-limit'], [422, 'spin']]) {
  test(`${status} ${code} is a refusal by the rules`, async t => {
    const { end } = await spun(t, () => problem(status, code))

    assert.deepEqual(end, { kind: 'refused', why: code, retryAfterS: null })
  })
}

for (const code of ['payment-away', 'spin-returned', 'not-in-release', 'upstream-unreachable']) {
  test(`503 ${code} leaves the stake where it was, and says when to come back`, async t => {
    const { end } = await spun(t, () => problem(503, code, {}, { 'retry-after': '2' }))

    assert.deepEqual(end, { kind: 'away', why: code, retryAfterS: 2 })
  })
}

test('a spin whose payout nobody can tell is in doubt, by its id', async t => {
  const { end } = await spun(t, () => problem(503, 'spin-open', { spin_id: '00c0ffee00c0ffee' }, { 'retry-after': '1' }))

  assert.deepEqual(end, { kind: 'doubt', spinId: '00c0ffee00c0ffee' })
})

for (const [name, answer] of Object.entries({
  'a connection that broke': hangUp,
  'a service that died meanwhile': () => problem(502, 'upstream-died'),
  'a service that was too slow': () => problem(504, 'upstream-slow'),
  'a failure of the service': () => problem(500, 'failed'),
  'a page of a proxy on the way': () => ({ status: 502, headers: { 'content-type': 'text/html' }, body: '<h1>Bad Gateway</h1>' })
})) {
  test(`${name} leaves a doubt, and the spin is not sent again`, async t => {
    const { house, end } = await spun(t, answer)

    assert.deepEqual(end, { kind: 'doubt', spinId: null })
    assert.equal(house.calls.length, 1)
  })
}

for (const [member, value] of [['reels', ['bell', 'joker', 'bell']], ['reels', ['bell']], ['balance', 1.5], ['win', '4000'], ['spin_id', 7]]) {
  test(`an answer whose ${member} is ${JSON.stringify(value)} is refused by name, and not shown as money`, async t => {
    const { end } = await spun(t, () => ({ ...BODY, [member]: value }))

    assert.equal(end.name, 'UnexpectedAnswerError')
    assert.match(end.message, new RegExp(member))
  })
}
