/**
 * What arrives of errors that are captured just before SIGKILL, and of a burst at a slow sink: with the spool, beside the
 * SDK's own transport, in one run, against the real event sink.
 *
 * `node bench/losses.js [--json] [kills] [at once]`: half of the processes that are killed have sent another event before.
 * One start on the same folder follows. Ends with 1 when the spool has lost something. `make bench-loss` shows it beside
 * Python's.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startSink } from '../test/support/sink.js'

const inJson = process.argv.includes('--json')
const [kills = '100', atOnce = '2'] = process.argv.slice(2).filter(word => word !== '--json')
const BURST = 500
const SLOW_MS = 20
const PROGRAM = fileURLToPath(new URL('dying.js', import.meta.url))
const CATALOG = fileURLToPath(new URL('../../../catalog', import.meta.url))

/** @type {(() => Promise<void>)[]} */
const ends = []
const sink = await startSink(/** @type {any} */ ({ after: (/** @type {() => Promise<void>} */ end) => ends.push(end) }))

/**
 * @param {string} kind
 * @param {string} way
 * @param {string} state
 * @returns {Promise<string>} what it says.
 */
async function run (kind, way, state) {
  const child = spawn(process.execPath, [PROGRAM, kind, way], {
    env: { PATH: process.env.PATH, SENTRY_DSN: sink.dsn, STATE_DIR: state, CATALOG_DIR: CATALOG },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  const closed = once(child, 'close')
  const said = (await child.stdout.toArray()).join('')
  await closed
  return said
}

/**
 * @param {string} kind
 * @param {number} count
 */
async function killed (kind, count) {
  const state = mkdtempSync(join(tmpdir(), 'losses-'))
  const before = await duplicates()
  let number = 0
  await Promise.all(Array.from({ length: Number(atOnce) }, async () => {
    // Each place has a folder of its own, as each container has.
    const own = mkdtempSync(join(state, 'pod-'))
    while (number < count) {
      number += 1
      await run(kind, number % 2 ? 'cold' : 'warm', own)
    }
    if (kind === 'spool') await run(kind, 'next', own)
  }))
  rmSync(state, { recursive: true })
  const [cold, warm] = [await sink.ofRun(`${kind}-cold`), await sink.ofRun(`${kind}-warm`)]
  return { arrived: cold + warm, killed: count, cold, warm, again: await duplicates() - before }
}

/** @returns {Promise<number>} how many events came again, and are stored once. */
async function duplicates () {
  return (await sink.accounts()).duplicates.event ?? 0
}

/** @param {string} kind */
async function burst (kind) {
  const state = mkdtempSync(join(tmpdir(), 'losses-'))
  await sink.misbehave({ mode: 'slow', ms: SLOW_MS, for_s: 600 })
  const told = JSON.parse(await run(kind, 'burst', state))
  await sink.misbehave({ mode: 'none' })
  rmSync(state, { recursive: true })
  return { arrived: await sink.ofRun(`${kind}-burst`), captured: BURST, ...told }
}

/** @type {Record<string, { kills: any, burst: any }>} */
const found = {}
for (const kind of ['default', 'spool']) found[kind] = { kills: await killed(kind, Number(kills)), burst: await burst(kind) }
for (const end of ends) await end()
if (inJson) console.log(JSON.stringify(found))
else console.table(Object.entries(found).flatMap(([kind, { kills, burst }]) => [{ kind, ...kills }, { kind, ...burst }]))
const { kills: ofKills, burst: ofBurst } = found.spool
process.exit(ofKills.arrived === ofKills.killed && ofBurst.arrived === BURST ? 0 : 1)
