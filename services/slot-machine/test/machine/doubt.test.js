import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeApi } from '../../src/api.js'
import { resolve } from '../../src/machine/doubt.js'
import { casino, hangUp, problem } from '../support/casino.js'

const ID = '00c0ffee00c0ffee'
const WALLET = 'GET /api/v1/payment/wallets/player-7'
const LEDGER = 'GET /api/v1/payment/ledger/player-7'
const STATE = `GET /api/v1/game-engine/spins/${ID}`
const REELS = `GET /api/v1/analytics/spins/${ID}`
const stake = (id, amount = 100) => ({ kind: 'charge', key: `spin:${id}:stake`, amount })
const settled = () => ({ spin_id: ID, state: 'settled', stake: 100, win: 500 })

/** Ask what became of a spin, by a clock that goes as far as is waited. */
async function asked (t, routes, more = {}) {
  const house = await casino(t, { [WALLET]: () => ({ balance: 10_400, seq: 12 }), ...routes })
  let ms = 0
  const end = await resolve(makeApi(house.url), {
    player: 'player-7', stake: 100, spinId: null, isKnown: () => false, now: () => ms, pause: async wait => { ms += wait }, ...more
  })
  return { end, house, ms }
}

test('a spin whose id is known and that was paid is told with its reels', async t => {
  const { end } = await asked(t, { [STATE]: settled, [REELS]: () => ({ spin_id: ID, reels: ['cherry', 'cherry', 'cherry'] }) }, { spinId: ID })

  assert.deepEqual(end, { kind: 'settled', spinId: ID, reels: ['cherry', 'cherry', 'cherry'], win: 500, balance: 10_400 })
})

test('the reels may be unknown; the money is not', async t => {
  const { end } = await asked(t, { [STATE]: settled, [REELS]: () => problem(404, 'unknown-spin') }, { spinId: ID })

  assert.deepEqual([end.reels, end.win, end.balance], [null, 500, 10_400])
})

test('a spin that is still open is asked for again until it is not', async t => {
  const states = ['open', 'open', 'returned']
  const { end, house } = await asked(t, { [STATE]: ({ count }) => ({ state: states[count - 1] }) }, { spinId: ID })

  assert.deepEqual(end, { kind: 'returned', balance: 10_400 })
  assert.equal(house.named(STATE).length, 3)
})

test('without an id the ledger names the spin: the latest stake of that size that the page does not know', async t => {
  const known = 'aaaaaaaaaaaaaaaa'
  const entries = [stake('bbbbbbbbbbbbbbbb', 200), stake(ID), { kind: 'payout', key: `spin:${ID}:win`, amount: 500 }, stake(known)]
  const { end, house } = await asked(t, { [LEDGER]: () => ({ entries }), [STATE]: settled }, { isKnown: id => id === known })

  assert.deepEqual([end.kind, end.spinId], ['settled', ID])
  assert.equal(house.named(LEDGER)[0].path, '/api/v1/payment/ledger/player-7?after_seq=4&limit=8')
})

test('a spin that is not in the ledger was not played; that is said only when it can no longer be on its way', async t => {
  const { end, house, ms } = await asked(t, { [LEDGER]: () => ({ entries: [] }) })

  assert.deepEqual(end, { kind: 'not-played', balance: 10_400 })
  assert.ok(house.named(LEDGER).length > 3)
  assert.ok(ms >= 4000)
})

test('a stake that reaches the ledger late is found', async t => {
  const { end } = await asked(t, { [LEDGER]: ({ count }) => ({ entries: count < 3 ? [] : [stake(ID)] }), [STATE]: settled })

  assert.equal(end.spinId, ID)
})

test('a network or a service that is away meanwhile is waited for', async t => {
  const states = [hangUp, () => problem(503, 'payment-away'), () => problem(502, 'upstream-died'), settled]
  const { end } = await asked(t, { [STATE]: ({ count }) => states[count - 1]() }, { spinId: ID })

  assert.equal(end.kind, 'settled')
})

test('who never hears gives up, and says so', async t => {
  const { end, ms } = await asked(t, { [STATE]: () => ({ state: 'open' }) }, { spinId: ID })

  assert.deepEqual(end, { kind: 'unknown' })
  assert.ok(ms >= 75_000)
})

test('a spin of which nobody took a stake was not played', async t => {
  const { end } = await asked(t, { [STATE]: () => problem(404, 'unknown-spin') }, { spinId: ID })

  assert.deepEqual(end, { kind: 'not-played', balance: 10_400 })
})
