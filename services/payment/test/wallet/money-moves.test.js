import { test } from 'node:test'
import { deepEqual, equal, ok } from 'node:assert/strict'

import { Long } from 'mongodb'

import { freshDatabase, ledgerOf } from './harness/database.js'
import { startProxy } from './harness/proxy.js'
import { startService } from './harness/service.js'

test('a wallet is opened once, and again only with the same amount', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })

  const opened = await casino.open('player-7', 500)
  const again = await casino.open('player-7', 500)
  const other = await casino.open('player-7', 501)

  deepEqual([opened.status, opened.body], [201, { player_id: 'player-7', balance: 500, seq: 1, opening: 500 }])
  deepEqual([again.status, again.body], [200, { ...opened.body, repeated: true }])
  deepEqual([other.status, other.body.type], [409, 'urn:crash-demo:problem:wallet-exists'])
})

test('a spin takes the stake, pays the win, and can be read afterwards', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 500)

  const stake = await casino.post('/charges', { player_id: 'player-7', amount: 100, key: 'spin:1:stake', hold_s: 30 })
  const held = await casino.get('/charges/spin:1:stake')
  const win = await casino.post('/payouts', { player_id: 'player-7', amount: 250, key: 'spin:1:win', charge_key: 'spin:1:stake' })

  const moved = { player_id: 'player-7', key: 'spin:1:stake', amount: 100 }
  deepEqual([201, { ...moved, balance: 400, status: 'held' }], [stake.status, stake.body])
  deepEqual({ ...moved, status: 'held' }, held.body)
  deepEqual([201, {
    player_id: 'player-7', key: 'spin:1:win', amount: 250, balance: 650, status: 'paid', charge_key: 'spin:1:stake'
  }], [win.status, win.body])
  deepEqual(
    { ...moved, status: 'closed', payout: { key: 'spin:1:win', amount: 250 } },
    (await casino.get('/charges/spin:1:stake')).body
  )
  deepEqual({ player_id: 'player-7', balance: 650, seq: 3 }, (await casino.get('/wallets/player-7')).body)
})

test('a losing spin is confirmed by a payout of nothing', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 500)
  await casino.post('/charges', { player_id: 'player-7', amount: 100, key: 'spin:1:stake', hold_s: 30 })

  const lost = await casino.post('/payouts', { player_id: 'player-7', amount: 0, key: 'spin:1:win', charge_key: 'spin:1:stake' })
  const late = await casino.post('/refunds', { player_id: 'player-7', charge_key: 'spin:1:stake' })

  deepEqual([201, 400], [lost.status, lost.body.balance])
  deepEqual([409, 'urn:crash-demo:problem:charge-closed'], [late.status, late.body.type])
})

test('a repeat answers what the first time answered, even when the money is gone since', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 100)
  const order = { player_id: 'player-7', amount: 100, key: 'everything' }

  const first = await casino.post('/charges', order)
  const repeat = await casino.post('/charges', order)
  const other = await casino.post('/charges', { ...order, key: 'everything-2' })

  deepEqual([201, 0], [first.status, first.body.balance])
  deepEqual([200, { ...first.body, repeated: true }], [repeat.status, repeat.body])
  deepEqual([402, 'urn:crash-demo:problem:insufficient-funds'], [other.status, other.body.type])
})

test('a key stands for one thing only', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 1000)
  await casino.open('player-8', 1000)
  const order = { player_id: 'player-7', amount: 100, key: 'key-of-7', hold_s: 30 }
  await casino.post('/charges', order)

  const others = await Promise.all([
    casino.post('/charges', { ...order, amount: 101 }),
    casino.post('/charges', { ...order, player_id: 'player-8' }),
    casino.post('/charges', { ...order, hold_s: 31 }),
    casino.post('/payouts', { player_id: 'player-7', amount: 100, key: 'key-of-7' }),
    casino.post('/payouts', { player_id: 'player-7', amount: 100, key: 'key-of-7', charge_key: 'key-of-7' }),
    casino.post('/refunds', { player_id: 'player-8', charge_key: 'key-of-7' })
  ])

  deepEqual(Array(6).fill('409 urn:crash-demo:problem:key-reused'), others.map(({ status, body }) => `${status} ${body.type}`))
  deepEqual([900, 1000], [(await casino.get('/wallets/player-7')).body.balance, (await casino.get('/wallets/player-8')).body.balance])
})

test('a refund gives the stake back once', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 500)
  await casino.post('/charges', { player_id: 'player-7', amount: 100, key: 'spin:1:stake' })
  const order = { player_id: 'player-7', charge_key: 'spin:1:stake' }

  const first = await casino.post('/refunds', order)
  const repeat = await casino.post('/refunds', order)
  const payout = await casino.post('/payouts', { player_id: 'player-7', amount: 5, key: 'spin:1:win', charge_key: 'spin:1:stake' })

  deepEqual([201, { ...order, amount: 100, balance: 500, status: 'refunded' }], [first.status, first.body])
  deepEqual([200, { ...first.body, repeated: true }], [repeat.status, repeat.body])
  deepEqual([409, 'urn:crash-demo:problem:charge-closed'], [payout.status, payout.body.type])
  equal('refunded', (await casino.get('/charges/spin:1:stake')).body.status)
})

test('a charge that comes after its refund takes nothing', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 500)
  const order = { player_id: 'player-7', charge_key: 'spin:1:stake' }

  const made = await casino.post('/refunds', order)
  const repeat = await casino.post('/refunds', order)
  const late = await casino.post('/charges', { player_id: 'player-7', amount: 100, key: 'spin:1:stake', hold_s: 30 })
  const payout = await casino.post('/payouts', { player_id: 'player-7', amount: 5, key: 'spin:1:win', charge_key: 'spin:1:stake' })

  deepEqual([201, { ...order, amount: 0, balance: 500, status: 'void' }], [made.status, made.body])
  deepEqual([200, true], [repeat.status, repeat.body.repeated])
  deepEqual([409, 'urn:crash-demo:problem:charge-void'], [late.status, late.body.type])
  deepEqual([409, 'urn:crash-demo:problem:charge-closed'], [payout.status, payout.body.type])
  equal(500, (await casino.get('/wallets/player-7')).body.balance)
})

test('what is not there is said to be unknown', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 500)
  await casino.post('/payouts', { player_id: 'player-7', amount: 5, key: 'a-payout' })

  const answers = await Promise.all([
    casino.get('/wallets/player-8'),
    casino.post('/charges', { player_id: 'player-8', amount: 1, key: 'key-of-8' }),
    casino.post('/payouts', { player_id: 'player-8', amount: 1, key: 'key-of-8' }),
    casino.post('/refunds', { player_id: 'player-8', charge_key: 'key-of-8' }),
    casino.post('/payouts', { player_id: 'player-7', amount: 1, key: 'key-of-7', charge_key: 'no-charge' }),
    casino.post('/payouts', { player_id: 'player-7', amount: 1, key: 'key-of-7', charge_key: 'a-payout' }),
    casino.get('/charges/no-charge'),
    casino.get('/charges/a-payout')
  ])

  deepEqual(
    [...Array(4).fill('404 unknown-player'), ...Array(4).fill('404 unknown-charge')],
    answers.map(({ status, body }) => `${status} ${body.type.split(':').at(-1)}`)
  )
})

test('the ledger lists every entry in order, page by page', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-1', 500)
  await casino.open('player-10', 1)
  await casino.post('/charges', { player_id: 'player-1', amount: 100, key: 'a-charge' })
  await casino.post('/payouts', { player_id: 'player-1', amount: 30, key: 'a-payout', charge_key: 'a-charge' })

  const all = await casino.get('/ledger/player-1')
  const page = await casino.get('/ledger/player-1?after_seq=1&limit=1')

  deepEqual([
    { seq: 1, kind: 'opening', key: 'opening/player-1', amount: 500, balance: 500 },
    { seq: 2, kind: 'charge', key: 'a-charge', amount: 100, balance: 400 },
    { seq: 3, kind: 'payout', key: 'a-payout', closes: 'a-charge', amount: 30, balance: 430 }
  ], all.body.entries.map((/** @type {any} */ { at, ...entry }) => entry))
  deepEqual(['a-charge'], page.body.entries.map((/** @type {any} */ { key }) => key))
})

test('money stays exact up to the largest balance, and stops there', async t => {
  const database = freshDatabase(t)
  const other = await startService(t, { database })
  await other.open('player-7', 1)
  const casino = await startService(t, { database })
  const nearly = 9_000_000_000_000_000 - 100_000_000
  await ledgerOf(database).updateOne({ player: 'player-7' }, { $set: { balance: Long.fromNumber(nearly - 1) } })

  const odd = await casino.post('/payouts', { player_id: 'player-7', amount: 1, key: 'one-more' })
  const last = await casino.post('/payouts', { player_id: 'player-7', amount: 100_000_000, key: 'the-last' })
  const over = await casino.post('/payouts', { player_id: 'player-7', amount: 1, key: 'too-much' })

  deepEqual([nearly, 9_000_000_000_000_000], [odd.body.balance, last.body.balance])
  deepEqual([409, 'urn:crash-demo:problem:balance-limit'], [over.status, over.body.type])
  const kinds = await ledgerOf(database).aggregate([
    { $sort: { seq: 1 } }, { $project: { _id: 0, amount: { $type: '$amount' }, balance: { $type: '$balance' }, seq: { $type: '$seq' } } }
  ]).toArray()
  deepEqual(Array(3).fill({ amount: 'long', balance: 'long', seq: 'long' }), kinds)
  const [sums] = await ledgerOf(database).aggregate([{ $group: { _id: null, paid: { $sum: '$balance' } } }], { promoteLongs: false }).toArray()
  equal(String(BigInt(nearly) - 1n + BigInt(nearly) + 9_000_000_000_000_000n), String(sums?.paid))
})

test('a process that knows the wallet from its last request is not misled when another has changed it since', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startService(t, { database }), startService(t, { database })])
  await casinos[0].open('player-7', 1000)
  const balances = []

  for (let spin = 0; spin < 10; spin++) {
    const casino = casinos[spin % 2 ? 1 : 0]
    await casino.post('/charges', { player_id: 'player-7', amount: 100, key: `spin:${spin}:stake` })
    const order = { player_id: 'player-7', amount: 50, key: `spin:${spin}:win`, charge_key: `spin:${spin}:stake` }
    balances.push((await casino.post('/payouts', order)).body.balance)
    await casinos[0].post('/charges', { player_id: 'player-7', amount: 50, key: `spin:${spin}:tip` })
  }
  const last = await casinos[1].post('/charges', { player_id: 'player-7', amount: 1, key: 'nothing-left' })

  deepEqual([950, 850, 750, 650, 550, 450, 350, 250, 150, 50], balances)
  deepEqual([402, 0], [last.status, (await casinos[0].get('/wallets/player-7')).body.balance])
})

test('a spin that follows another at the same process costs two statements', async t => {
  const proxy = await startProxy(t)
  const casino = await startService(t, { database: freshDatabase(t), mongodbUri: proxy.uri })
  await casino.open('player-7', 1000)
  const before = proxy.asked

  for (let spin = 0; spin < 5; spin++) {
    await casino.post('/charges', { player_id: 'player-7', amount: 10, key: `spin:${spin}:stake`, hold_s: 30 })
    await casino.post('/payouts', { player_id: 'player-7', amount: 0, key: `spin:${spin}:win`, charge_key: `spin:${spin}:stake` })
  }

  // The driver may ask the server how it is meanwhile.
  ok(proxy.asked - before <= 10 + 2, `${proxy.asked - before} messages`)
})
