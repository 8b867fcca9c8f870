import { test } from 'node:test'
import { deepEqual, equal, match, ok } from 'node:assert/strict'

import { audited } from './harness/audit.js'
import { freshDatabase } from './harness/database.js'
import { startProxy } from './harness/proxy.js'
import { startProcess, startService } from './harness/service.js'
import { waitFor } from '../support/waiting.js'

const TIMEOUT_MS = 700
// What a loaded machine may add to the limit of a request.
const GRACE_MS = 800

/** @param {import('node:test').TestContext} test */
async function behindProxy (test) {
  const database = freshDatabase(test)
  const proxy = await startProxy(test)
  const casino = await startService(test, { database, mongodbUri: proxy.uri, timeoutMs: TIMEOUT_MS })
  return { database, proxy, casino }
}

/** @param {Promise<import('./harness/service.js').Answer>} asked */
async function timed (asked) {
  const startedMs = performance.now()
  const { status, body, headers } = await asked
  return { status, code: body.type?.split(':').at(-1), detail: body.detail, tookMs: performance.now() - startedMs, headers }
}

const CHARGE = { player_id: 'player-7', amount: 100, key: 'spin:1:stake', hold_s: 30 }

test('while the database is away every request is refused in time, and served again once it is back', async t => {
  const { database, proxy, casino } = await behindProxy(t)
  await proxy.close()

  const first = await timed(casino.open('player-7', 500))
  const second = await timed(casino.post('/charges', CHARGE))
  const third = await timed(casino.get('/wallets/player-7'))
  await proxy.open()
  await waitFor(async () => (await casino.open('player-7', 500)).status === 201, 'the wallet can be opened')

  for (const { status, code, headers } of [first, second, third]) {
    deepEqual([503, 'database-away', '1'], [status, code, headers.get('Retry-After')])
  }
  ok(first.tookMs < TIMEOUT_MS + GRACE_MS, `the first took ${first.tookMs} ms`)
  // Nobody waits for a database that was away a moment ago.
  ok(second.tookMs < TIMEOUT_MS / 2, `the second took ${second.tookMs} ms`)
  equal(500, (await audited(database)).get('player-7')?.balance)
})

test('readiness follows the database', async t => {
  const { proxy, casino } = await behindProxy(t)
  await proxy.close()
  const away = await casino.wallets.ready().then(() => 'ready', error => error.name)

  await proxy.open()
  await waitFor(() => casino.wallets.ready().then(() => true, () => false), 'the wallets are ready')

  equal('Unsent', away)
})

test('a database that goes away in the middle of requests costs nobody money', async t => {
  const { database, proxy, casino } = await behindProxy(t)
  await casino.open('player-7', 10_000)
  const orders = Array.from({ length: 60 }, (_, index) => ({ player_id: 'player-7', amount: 10, key: `charge-${index}` }))

  const storm = Promise.all(orders.map(order => casino.post('/charges', order)))
  await waitFor(async () => ((await audited(database)).get('player-7')?.entries.length ?? 0) > 5, 'some charges are there')
  await proxy.close()
  const answers = await storm
  const during = await audited(database)
  await proxy.open()
  await waitFor(() => casino.wallets.ready().then(() => true, () => false), 'the wallets are ready')
  const repeats = []
  for (const order of orders) repeats.push(await casino.post('/charges', order))

  for (const { status, body } of answers) {
    if (status === 201) ok(during.get('player-7')?.entries.some(({ key }) => key === body.key))
    else ok(['database-away', 'outcome-unknown', 'wallet-busy'].includes(body.type.split(':').at(-1)), body.type)
  }
  ok(repeats.every(({ status }) => status === 200 || status === 201))
  equal(10_000 - 600, (await audited(database)).get('player-7')?.balance)
})

test('a slow database is waited for as long as the request may take, and what is then unknown is said to be', async t => {
  const { database, proxy, casino } = await behindProxy(t)
  await casino.open('player-7', 500)
  proxy.keepsAnswer = () => true

  const slow = await timed(casino.post('/charges', CHARGE))
  proxy.keepsAnswer = () => false
  const repeat = await casino.post('/charges', CHARGE)

  deepEqual([504, 'outcome-unknown'], [slow.status, slow.code])
  match(slow.detail, /may be done.*same key/s)
  ok(slow.tookMs < TIMEOUT_MS + GRACE_MS, `it took ${slow.tookMs} ms`)
  deepEqual([200, 400], [repeat.status, repeat.body.balance])
  equal(400, (await audited(database)).get('player-7')?.balance)
})

test('a database that is too slow even to be asked is away, and nothing was done', async t => {
  const { database, proxy, casino } = await behindProxy(t)
  const other = await startService(t, { database })
  await other.open('player-7', 500)
  await casino.wallets.ready()
  proxy.delayMs = 5 * TIMEOUT_MS

  const slow = await timed(casino.post('/charges', CHARGE))
  proxy.delayMs = 0

  deepEqual([503, 'database-away'], [slow.status, slow.code])
  ok(slow.tookMs < TIMEOUT_MS + GRACE_MS, `it took ${slow.tookMs} ms`)
  equal(500, (await audited(database)).get('player-7')?.balance)
})

test('a database that is merely slow serves', async t => {
  const { proxy, casino } = await behindProxy(t)
  await casino.open('player-7', 500)
  proxy.delayMs = 60

  const charge = await casino.post('/charges', CHARGE)

  deepEqual([201, 400], [charge.status, charge.body.balance])
})

test('an insert whose answer was lost is found again within the same request', async t => {
  const { database, proxy, casino } = await behindProxy(t)
  await casino.open('player-7', 500)
  proxy.losesAnswer = () => proxy.lost === 0

  const charge = await casino.post('/charges', CHARGE)

  deepEqual([1, 200, 400, 'held'], [proxy.lost, charge.status, charge.body.balance, charge.body.status])
  equal(400, (await audited(database)).get('player-7')?.balance)
})

test('a request whose process is killed after the money moved is repeated at another, and done once', async t => {
  const database = freshDatabase(t)
  const proxy = await startProxy(t)
  const dying = await startProcess(t, { database, mongodbUri: proxy.uri })
  const casino = await startService(t, { database })
  await casino.open('player-7', 500)
  proxy.keepsAnswer = () => true

  const lost = dying.post('/charges', CHARGE).then(() => 'answered', () => 'lost')
  await waitFor(async () => (await audited(database)).get('player-7')?.balance === 400, 'the charge is in the ledger')
  await dying.killHard()
  const repeat = await casino.post('/charges', CHARGE)

  equal('lost', await lost)
  deepEqual([200, 400], [repeat.status, repeat.body.balance])
  equal(400, (await audited(database)).get('player-7')?.balance)
})

test('a process that is killed in the middle of a storm loses nothing and invents nothing', async t => {
  const database = freshDatabase(t)
  const dying = await startProcess(t, { database })
  const casino = await startService(t, { database })
  const players = Array.from({ length: 8 }, (_, index) => `player-${index}`)
  await Promise.all(players.map(player => casino.open(player, 10_000)))
  const orders = Array.from({ length: 160 }, (_, index) =>
    ({ player_id: `player-${index % 8}`, amount: 10, key: `charge-${index}` }))

  let answered = 0
  const storm = Promise.all(orders.map(order =>
    dying.post('/charges', order).then(answer => { answered++; return answer }, () => null)))
  await waitFor(async () => answered >= 20, 'a part of the storm is answered')
  await dying.killHard()
  const answers = await storm
  const keys = new Set(Array.from(await audited(database), ([, { entries }]) => entries.map(({ key }) => key)).flat())
  const repeats = await Promise.all(orders.map(order => casino.post('/charges', order)))

  ok(answers.includes(null), 'the kill came too late')
  for (const answer of answers) if (answer) ok(keys.has(answer.body.key), 'an answered charge is not in the ledger')
  ok(repeats.every(({ status }) => status === 200 || status === 201))
  const balances = Array.from(await audited(database), ([, { balance }]) => balance)
  deepEqual(Array(8).fill(10_000 - 200), balances)
})
