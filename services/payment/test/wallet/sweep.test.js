import { test } from 'node:test'
import { deepEqual, equal } from 'node:assert/strict'

import { waitFor } from '../support/waiting.js'
import { audited } from './harness/audit.js'
import { freshDatabase, ledgerOf } from './harness/database.js'
import { startService } from './harness/service.js'

/** When every hold is over. */
const later = () => new Date(Date.now() + 601_000)

/** @param {Awaited<ReturnType<typeof startService>>} casino @param {number} count */
async function hold (casino, count) {
  await casino.open('player-7', 1000)
  for (let spin = 0; spin < count; spin++) {
    await casino.post('/charges', { player_id: 'player-7', amount: 10, key: `spin:${spin}:stake`, hold_s: 5 })
  }
}

test('a held charge that nobody closes in its time is given back, and no other', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await hold(casino, 3)
  await casino.post('/payouts', { player_id: 'player-7', amount: 0, key: 'spin:0:win', charge_key: 'spin:0:stake' })
  await casino.post('/refunds', { player_id: 'player-7', charge_key: 'spin:1:stake' })
  await casino.post('/charges', { player_id: 'player-7', amount: 10, key: 'not-held' })

  const early = await casino.wallets.sweep.once()
  const refunded = await casino.wallets.sweep.once(later())

  deepEqual([0, 1], [early, refunded])
  equal(980, (await audited(database)).get('player-7')?.balance)
  equal(0, await ledgerOf(database).countDocuments({ hold_until: { $exists: true } }))
  const states = await Promise.all([0, 1, 2].map(spin => casino.get(`/charges/spin:${spin}:stake`)))
  deepEqual(['closed', 'refunded', 'refunded'], states.map(({ body }) => body.status))
})

test('two replicas that sweep at once give each stake back once', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startService(t, { database }), startService(t, { database })])
  await hold(casinos[0], 40)

  const refunded = await Promise.all(casinos.map(casino => casino.wallets.sweep.once(later())))

  equal(40, refunded.reduce((sum, count) => sum + count))
  equal(1000, (await audited(database)).get('player-7')?.balance)
})

test('a payout that comes after the sweep is refused, and its repeat of the charge answers as before', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await hold(casino, 1)
  await casino.wallets.sweep.once(later())

  const payout = await casino.post('/payouts', { player_id: 'player-7', amount: 5, key: 'spin:0:win', charge_key: 'spin:0:stake' })
  const repeat = await casino.post('/charges', { player_id: 'player-7', amount: 10, key: 'spin:0:stake', hold_s: 5 })

  deepEqual([409, 'urn:crash-demo:problem:charge-closed'], [payout.status, payout.body.type])
  deepEqual([200, 'held'], [repeat.status, repeat.body.status])
  equal(1000, (await audited(database)).get('player-7')?.balance)
})

test('more held charges than one batch are swept in one pass', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await casino.open('player-7', 1_000_000)
  const entries = await casino.get('/ledger/player-7')
  const charges = Array.from({ length: 600 }, (_, index) => ({
    _id: /** @type {any} */ (`player-7:${String(index + 2).padStart(10, '0')}`),
    player: 'player-7', seq: index + 2, kind: 'charge', key: `spin:${index}:stake`, amount: 1, balance: 1_000_000 - index - 1,
    at: new Date(), hold_s: 5, hold_until: new Date()
  }))
  await ledgerOf(database).insertMany(charges)

  const refunded = await casino.wallets.sweep.once(later())

  deepEqual([1, 600], [entries.body.entries.length, refunded])
  equal(1_000_000, (await audited(database)).get('player-7')?.balance)
})

test('a held charge that cannot be given back keeps no other waiting', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await hold(casino, 3)
  // As if somebody had edited the ledger by hand.
  await ledgerOf(database).updateOne({ key: 'spin:0:stake' }, { $set: { kind: 'payout' } })

  const refunded = await casino.wallets.sweep.once(later())

  deepEqual([2, 990], [refunded, (await casino.get('/wallets/player-7')).body.balance])
})

test('a started sweep gives back by itself what was held too long', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await hold(casino, 2)
  await ledgerOf(database).updateMany({ hold_s: 5 }, { $set: { hold_until: new Date() } })

  casino.wallets.sweep.start()
  await waitFor(async () => (await casino.get('/wallets/player-7')).body.balance === 1000, 'the stakes are back')
  await casino.wallets.sweep.stop()

  equal(1000, (await audited(database)).get('player-7')?.balance)
})
