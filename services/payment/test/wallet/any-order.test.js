import { test } from 'node:test'
import { deepEqual, equal, ok } from 'node:assert/strict'

import { audited } from './harness/audit.js'
import { freshDatabase } from './harness/database.js'
import { startProxy } from './harness/proxy.js'
import { seeded } from './harness/seeded.js'
import { startService } from './harness/service.js'

const PLAYERS = ['player-1', 'player-2', 'player-3']
const OPENING = 1000
const STEPS = 160
const AT_ONCE = 12
const SEEDS = process.env.WALLET_SEED ? [Number(process.env.WALLET_SEED)] : [1, 2, 3]

/**
 * @typedef {{ path: string, content: Record<string, any> }} Order
 */

/**
 * Make orders as a careless caller would: new ones, repeats, repeats with another amount, payouts and refunds of charges
 * that are there, closed, or never come.
 *
 * @param {() => number} chance
 */
function makeOrders (chance) {
  /** @type {Order[]} */
  const before = []
  let named = 0
  const below = (/** @type {number} */ most) => Math.floor(chance() * most)
  const name = () => `key-${chance() < 0.15 ? below(named + 5) : named++}`.padEnd(8, '-')
  const of = (/** @type {any[]} */ list) => list[below(list.length)]
  const charged = () => of(before.filter(({ path }) => path === '/charges'))?.content ?? { player_id: of(PLAYERS), key: name() }

  return () => {
    const kind = chance()
    /** @type {Order} */
    let order
    if (kind < 0.4 || !before.length) {
      const hold = chance() < 0.6 ? { hold_s: 5 } : {}
      order = { path: '/charges', content: { player_id: of(PLAYERS), amount: 1 + below(200), key: name(), ...hold } }
    } else if (kind < 0.6) {
      const { player_id, key } = charged()
      order = { path: '/payouts', content: { player_id, amount: below(150), key: name(), charge_key: key } }
    } else if (kind < 0.7) {
      order = { path: '/payouts', content: { player_id: of(PLAYERS), amount: 1 + below(60), key: name() } }
    } else if (kind < 0.82) {
      const { player_id, key } = charged()
      order = { path: '/refunds', content: { player_id, charge_key: chance() < 0.2 ? name() : key } }
    } else {
      order = of(before)
      if (chance() < 0.2 && 'amount' in order.content) {
        order = { ...order, content: { ...order.content, amount: order.content.amount + 1 } }
      }
    }
    before.push(order)
    return order
  }
}

for (const seed of SEEDS) {
  test(`whatever comes in whatever order, nothing is lost or invented (seed ${seed})`, async t => {
    const chance = seeded(seed)
    const database = freshDatabase(t)
    const proxy = await startProxy(t)
    const casinos = await Promise.all([
      startService(t, { database }), startService(t, { database, mongodbUri: proxy.uri, timeoutMs: 2000 })
    ])
    for (const player of PLAYERS) await casinos[0].open(player, OPENING)
    proxy.losesAnswer = () => chance() < 0.152
    const nextOrder = makeOrders(chance)
    /** @type {{ order: Order, status: number, body: any }[]} */
    const log = []

    const caller = async () => {
      // Where the machine is slow most orders find no database, and it takes more of them until an answer is lost.
      while (log.length < STEPS || (!proxy.lost && log.length < 20 * STEPS)) {
        const order = nextOrder()
        const { status, body } = await (chance() < 0.5 ? casinos[0] : casinos[1]).post(order.path, order.content)
        log.push({ order, status, body })
        if (chance() < 0.03) proxy.breakAll()
        if (chance() < 0.03) await casinos[0].wallets.sweep.once(new Date(Date.now() + 601_000))
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, caller))

    const wallets = await audited(database)
    const entries = new Map([...wallets.values()].flatMap(wallet => wallet.entries).map(entry => [entry.key, entry]))
    for (const { order, status, body } of log) assertTold(order, status, body, entries)
    // The chains start with what was paid in, and `audited` has added up all that came after it.
    deepEqual(PLAYERS.map(() => OPENING), PLAYERS.map(player => wallets.get(player)?.entries[0].balance))
    for (const player of PLAYERS) equal(wallets.get(player)?.balance, (await casinos[0].get(`/wallets/${player}`)).body.balance)
    ok(log.some(({ status }) => status === 201))
    ok(proxy.lost > 0, 'no answer was lost: the test has proven too little')
  })
}

/**
 * Check that an answer and the ledger say the same.
 *
 * @param {Order} order
 * @param {number} status
 * @param {any} body
 * @param {Map<string, any>} entries by key.
 */
function assertTold ({ path, content }, status, body, entries) {
  const said = JSON.stringify({ path, content, status, body })
  if (path === '/refunds') {
    if (status >= 300) return
    const entry = entries.get(body.status === 'void' ? content.charge_key : `refund/${content.charge_key}`)
    deepEqual([content.player_id, body.amount, body.balance, content.charge_key], [entry?.player, entry?.amount, entry?.balance, entry?.closes], said)
    return
  }
  const entry = entries.get(content.key)
  if (status < 300) {
    deepEqual(
      [path.slice(1, -1), content.player_id, content.amount, content.charge_key, body.balance],
      [entry?.kind, entry?.player, entry?.amount, entry?.closes, entry?.balance], said)
  } else if (body.type.endsWith('key-reused')) {
    ok(entry, said)
  } else if (body.type.endsWith('charge-void')) {
    equal('void', entry?.kind, said)
  } else {
    ok([402, 404, 409, 503, 504].includes(status) || (status === 422 && content.amount === 0), said)
  }
}
