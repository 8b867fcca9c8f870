import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeApi } from '../../src/api.js'
import { makeWallet } from '../../src/machine/wallet.js'
import { casino, hangUp, problem, storage } from '../support/casino.js'

const FIRST = '/api/v1/payment/wallets/player-100000000'
const SECOND = '/api/v1/payment/wallets/player-550000000'
const opened = ({ body }) => ({ status: 201, body: { player_id: 'x', balance: body.opening, seq: 1, opening: body.opening } })

/** A wallet of a visitor who draws these lots. */
async function visitor (t, routes, kept, lots = [0, 0.5]) {
  const house = await casino(t, routes)
  const place = storage(kept)
  let lot = 0
  return { house, place, wallet: makeWallet(makeApi(house.url), place, () => lots[lot++]) }
}

test('who comes for the first time is a player of his own, with money to play, and stays it', async t => {
  const { wallet, house, place } = await visitor(t, { [`PUT ${FIRST}`]: opened })

  const entered = await wallet.enter()

  assert.deepEqual(entered, { player: 'player-100000000', balance: 10_000 })
  assert.equal(place.map.get('player'), 'player-100000000')
  assert.deepEqual(house.calls[0].body, { opening: 10_000 })
})

test('who comes again has what he had', async t => {
  const { wallet, house } = await visitor(t, { 'GET /api/v1/payment/wallets/player-7': () => ({ balance: 4200, seq: 9 }) }, { player: 'player-7' })

  assert.deepEqual(await wallet.enter(), { player: 'player-7', balance: 4200 })
  assert.deepEqual(house.calls.map(({ name }) => name), ['GET /api/v1/payment/wallets/player-7'])
})

test('what is kept and is no player is forgotten', async t => {
  const { wallet } = await visitor(t, { [`PUT ${FIRST}`]: opened }, { player: '../../faults' })

  assert.equal((await wallet.enter()).player, 'player-100000000')
})

test('a casino that was built anew opens a new wallet for the same player', async t => {
  const { wallet } = await visitor(t, {
    'GET /api/v1/payment/wallets/player-7': () => problem(404, 'unknown-player'),
    'PUT /api/v1/payment/wallets/player-7': opened
  }, { player: 'player-7' })

  assert.deepEqual(await wallet.enter(), { player: 'player-7', balance: 10_000 })
})

for (const [name, answer] of Object.entries({
  'opened with something else': () => problem(409, 'wallet-exists'),
  'has played already': () => ({ balance: 3, seq: 12, opening: 10_000, repeated: true })
})) {
  test(`a number whose wallet was ${name} is somebody's, and another is drawn`, async t => {
    const { wallet, place } = await visitor(t, { [`PUT ${FIRST}`]: answer, [`PUT ${SECOND}`]: opened })

    assert.equal((await wallet.enter()).player, 'player-550000000')
    assert.equal(place.map.get('player'), 'player-550000000')
  })
}

test('an opening whose answer was lost is asked for again, and is the same wallet', async t => {
  const { wallet, house } = await visitor(t, {
    [`PUT ${FIRST}`]: ({ count }) => count === 1 ? hangUp() : { balance: 10_000, seq: 1, opening: 10_000, repeated: true }
  })

  await assert.rejects(wallet.enter(), { name: 'ConnectionLostError' })

  assert.deepEqual(await wallet.enter(), { player: 'player-100000000', balance: 10_000 })
  assert.equal(house.calls.length, 2)
})

test('a payment that is away is told with the time to come back, and nothing is kept', async t => {
  const { wallet, place } = await visitor(t, { [`PUT ${FIRST}`]: () => problem(503, 'database-away', {}, { 'retry-after': '3' }) })

  await assert.rejects(wallet.enter(), { name: 'WalletAwayError', retryAfterS: 3 })
  assert.equal(place.map.size, 0)
})

test('money is added under the key that was given, so that a repetition adds nothing', async t => {
  const { wallet, house } = await visitor(t, {
    'GET /api/v1/payment/wallets/player-7': () => ({ balance: 10, seq: 3 }),
    'POST /api/v1/payment/payouts': ({ count }) => count === 1 ? hangUp() : { balance: 10_010, amount: 10_000 }
  }, { player: 'player-7' })
  await wallet.enter()

  await assert.rejects(wallet.topUp('page:one'), { name: 'ConnectionLostError' })
  assert.equal(await wallet.topUp('page:one'), 10_010)

  const sent = { player_id: 'player-7', amount: 10_000, key: 'page:one' }
  assert.deepEqual(house.named('POST /api/v1/payment/payouts').map(({ body }) => body), [sent, sent])
})

test('a balance that is no amount is refused and not shown', async t => {
  const { wallet } = await visitor(t, { 'GET /api/v1/payment/wallets/player-7': () => ({ balance: '10' }) }, { player: 'player-7' })

  await assert.rejects(wallet.enter(), { name: 'UnexpectedAnswerError' })
})
