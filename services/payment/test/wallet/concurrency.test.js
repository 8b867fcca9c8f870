import { test } from 'node:test'
import { deepEqual, equal } from 'node:assert/strict'

import { audited } from './harness/audit.js'
import { freshDatabase } from './harness/database.js'
import { startProxy } from './harness/proxy.js'
import { startProcess, startService } from './harness/service.js'
import { waitFor } from '../support/waiting.js'

/** @param {number} count @param {(index: number) => Promise<import('./harness/service.js').Answer>} ask */
const together = (count, ask) => Promise.all(Array.from({ length: count }, (_, index) => ask(index)))

/** @param {import('./harness/service.js').Answer[]} answers */
function tally (answers) {
  const groups = Object.groupBy(answers, ({ status, body }) => status < 300 ? String(status) : `${status} ${body.type.split(':').at(-1)}`)
  return Object.fromEntries(Object.entries(groups).map(([name, group]) => [name, group?.length]))
}

test('two hundred charges at once never go below zero, and each that is accepted is there once', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await casino.open('player-7', 1000)

  const answers = await together(200, index =>
    casino.post('/charges', { player_id: 'player-7', amount: 10, key: `charge-${index}` }))

  deepEqual({ 201: 100, '402 insufficient-funds': 100 }, tally(answers))
  const wallet = (await audited(database)).get('player-7')
  equal(0, wallet?.balance)
  deepEqual(
    answers.filter(({ status }) => status === 201).map(({ body }) => body.key).sort(),
    wallet?.entries.slice(1).map(({ key }) => key).sort()
  )
})

test('two hundred charges at once on two processes never go below zero either', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startProcess(t, { database }), startProcess(t, { database })])
  await casinos[0].open('player-7', 1000)

  const answers = await together(200, index =>
    casinos[index % 2 ? 1 : 0].post('/charges', { player_id: 'player-7', amount: 10, key: `charge-${index}` }))

  deepEqual({ 201: 100, '402 insufficient-funds': 100 }, tally(answers))
  equal(0, (await audited(database)).get('player-7')?.balance)
})

test('one key asked for by two processes at once is one entry', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startProcess(t, { database }), startProcess(t, { database })])
  await casinos[0].open('player-7', 1000)

  const answers = await together(20, index =>
    casinos[index % 2 ? 1 : 0].post('/charges', { player_id: 'player-7', amount: 10, key: 'one-charge' }))

  deepEqual({ 201: 1, 200: 19 }, tally(answers))
  deepEqual(new Set([990]), new Set(answers.map(({ body }) => body.balance)))
  equal(990, (await audited(database)).get('player-7')?.balance)
})

test('one key asked for by several players at once belongs to one of them', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startProcess(t, { database }), startProcess(t, { database })])
  await together(6, index => casinos[0].open(`player-${index}`, 1000))

  const answers = await together(6, index =>
    casinos[index % 2 ? 1 : 0].post('/charges', { player_id: `player-${index}`, amount: 10, key: 'one-charge' }))

  deepEqual({ 201: 1, '409 key-reused': 5 }, tally(answers))
  const wallets = await audited(database)
  equal(5990, [...wallets.values()].reduce((sum, { balance }) => sum + balance, 0))
})

/**
 * Ask for a charge, and once its service has looked at the ledger, but before it adds to it, let another service act.
 *
 * @param {import('node:test').TestContext} t
 * @param {string} database
 * @param {Record<string, unknown>} order
 * @param {() => Promise<unknown>} other
 */
async function overtaken (t, database, order, other) {
  const proxy = await startProxy(t)
  const slow = await startService(t, { database, mongodbUri: proxy.uri })
  await slow.wallets.ready()
  const before = proxy.asked
  proxy.delayMs = 500
  const answer = slow.post('/charges', order)
  await waitFor(async () => proxy.asked > before, 'it looked at the ledger')
  await other()
  return answer
}

test('a charge that was overtaken by another of the same wallet takes what is left, or nothing', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await casino.open('player-7', 100)
  const order = { player_id: 'player-7', amount: 60, key: 'overtaken' }

  const answer = await overtaken(t, database, order, () => casino.post('/charges', { ...order, key: 'the-other' }))

  deepEqual([402, 'urn:crash-demo:problem:insufficient-funds'], [answer.status, answer.body.type])
  equal(40, (await audited(database)).get('player-7')?.balance)
})

test('a charge that was overtaken by another player with the same key takes nothing', async t => {
  const database = freshDatabase(t)
  const casino = await startService(t, { database })
  await Promise.all([casino.open('player-7', 100), casino.open('player-8', 100)])
  const order = { player_id: 'player-7', amount: 60, key: 'overtaken' }

  const answer = await overtaken(t, database, order, () => casino.post('/charges', { ...order, player_id: 'player-8' }))

  deepEqual([409, 'urn:crash-demo:problem:key-reused'], [answer.status, answer.body.type])
  equal(100, (await audited(database)).get('player-7')?.balance)
})

test('one wallet opened by two processes at once is opened once', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startProcess(t, { database }), startProcess(t, { database })])

  const answers = await together(10, index => casinos[index % 2 ? 1 : 0].open('player-7', index < 2 ? 500 : 600))

  const accepted = answers.filter(({ status }) => status < 300)
  equal(1, answers.filter(({ status }) => status === 201).length)
  equal(1, new Set(accepted.map(({ body }) => body.opening)).size)
  equal(accepted[0]?.body.opening, (await audited(database)).get('player-7')?.balance)
})

test('of a payout and a refund that want the same held charge, one wins', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startProcess(t, { database }), startProcess(t, { database })])
  await casinos[0].open('player-7', 1000)
  for (let spin = 0; spin < 8; spin++) {
    await casinos[0].post('/charges', { player_id: 'player-7', amount: 10, key: `spin:${spin}:stake`, hold_s: 30 })

    const answers = await Promise.all([
      casinos[0].post('/payouts', { player_id: 'player-7', amount: 5, key: `spin:${spin}:win`, charge_key: `spin:${spin}:stake` }),
      casinos[1].post('/refunds', { player_id: 'player-7', charge_key: `spin:${spin}:stake` })
    ])

    deepEqual({ 201: 1, '409 charge-closed': 1 }, tally(answers))
  }
  const { balance, entries } = Object(await audited(database)).get('player-7')
  const paid = entries.filter((/** @type {any} */ { kind }) => kind === 'payout').length
  equal(1000 - paid * 5, balance)
})

test('of a charge and the refund that makes its key void, whichever comes first, nothing is taken', async t => {
  const database = freshDatabase(t)
  const casinos = await Promise.all([startProcess(t, { database }), startProcess(t, { database })])
  await casinos[0].open('player-7', 1000)
  for (let spin = 0; spin < 8; spin++) {
    const [charge, refund] = await Promise.all([
      casinos[0].post('/charges', { player_id: 'player-7', amount: 10, key: `spin:${spin}:stake`, hold_s: 30 }),
      casinos[1].post('/refunds', { player_id: 'player-7', charge_key: `spin:${spin}:stake` })
    ])

    equal(201, refund.status)
    deepEqual(refund.body.status === 'void' ? 409 : 201, charge.status)
  }
  equal(1000, (await audited(database)).get('player-7')?.balance)
})
