/**
 * How many spins a second the wallets take: a held charge and the payout that closes it.
 *
 * `MONGODB_URI=… node bench/spins.js [seconds] [at once] [url]`: serves the wallets in a process of their own, with a
 * database that is dropped afterwards; a third argument names a service that runs already.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import { createInterface } from 'node:readline'

import { MongoClient } from 'mongodb'

const PLAYERS = 200
const [seconds = '10', atOnce = '16', url] = process.argv.slice(2)
const database = `bench-${process.pid}`
const agent = new Agent({ keepAlive: true, maxSockets: Number(atOnce) })

/**
 * @param {string} base
 * @param {string} method
 * @param {string} path
 * @param {Record<string, unknown>} content
 * @returns {Promise<number>} status.
 */
function ask (base, method, path, content) {
  return new Promise((resolve, reject) => {
    const sent = request(`${base}${path}`, { method, agent, headers: { 'Content-Type': 'application/json' } }, response => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    sent.on('error', reject).end(JSON.stringify(content))
  })
}

async function startService () {
  const serve = new URL('../test/wallet/harness/serve.js', import.meta.url).pathname
  const child = spawn(process.execPath, [serve], {
    env: { ...process.env, MONGODB_DATABASE: database, MONGODB_TIMEOUT_MS: '3000' }, stdio: ['ignore', 'pipe', 'inherit']
  })
  const [port] = await once(createInterface({ input: child.stdout }), 'line')
  return { base: `http://127.0.0.1:${port}`, stop: () => child.kill('SIGKILL') }
}

const { base, stop } = url ? { base: url, stop () {} } : await startService()
const players = Array.from({ length: PLAYERS }, (_, index) => `player-${index}`)
await Promise.all(players.map(player => ask(base, 'PUT', `/wallets/${player}`, { opening: 1_000_000_000 })))

/** @type {number[]} */
const took = []
/** @type {Record<string, number>} */
const failed = {}
const startedMs = performance.now()
const endsMs = startedMs + Number(seconds) * 1000
let spins = 0
await Promise.all(Array.from({ length: Number(atOnce) }, async () => {
  while (performance.now() < endsMs) {
    const spin = `spin:${process.pid}-${spins++}`
    const player = players[spins % PLAYERS]
    const fromMs = performance.now()
    const charge = await ask(base, 'POST', '/charges', { player_id: player, amount: 100, key: `${spin}:stake`, hold_s: 30 })
    const payout = await ask(base, 'POST', '/payouts', { player_id: player, amount: 90, key: `${spin}:win`, charge_key: `${spin}:stake` })
    took.push(performance.now() - fromMs)
    if (charge !== 201 || payout !== 201) failed[`${charge} ${payout}`] = (failed[`${charge} ${payout}`] ?? 0) + 1
  }
}))
const tookS = (performance.now() - startedMs) / 1000
took.sort((one, other) => one - other)
const at = (/** @type {number} */ share) => `${took[Math.floor(share * (took.length - 1))]?.toFixed(1)} ms`
console.log(`${Math.round(took.length / tookS)} spins a second, ${atOnce} at once: median ${at(0.5)}, p99 ${at(0.99)}`, failed)
agent.destroy()
stop()
if (!url) {
  const client = new MongoClient(process.env.MONGODB_URI ?? '')
  await client.db(database).dropDatabase()
  await client.close()
}
