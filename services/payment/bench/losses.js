/**
 * What arrives of errors that are captured just before SIGKILL, and of a burst at a slow sink: with the spool, beside the
 * SDK's own transport, in one run, against the real event sink.
 *
 * `node bench/losses.js [kills] [at once]`: half of the processes that are killed have sent another event before. One
 * start on the same folder follows. Ends with 1 when the spool has lost something.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { startSink } from '../test/support/sink.js'

const [kills = '100', atOnce = '2'] = process.argv.slice(2)
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
  console.log(`  ${kind.padEnd(8)} SIGKILL ${cold + warm}/${count}: cold ${cold}/${Math.ceil(count / 2)}, warm ${warm}/${Math.floor(count / 2)}`)
  return cold + warm === count
}

/** @param {string} kind */
async function burst (kind) {
  const state = mkdtempSync(join(tmpdir(), 'losses-'))
  await sink.misbehave({ mode: 'slow', ms: SLOW_MS, for_s: 600 })
  const told = JSON.parse(await run(kind, 'burst', state))
  await sink.misbehave({ mode: 'none' })
  rmSync(state, { recursive: true })
  const arrived = await sink.ofRun(`${kind}-burst`)
  console.log(`  ${kind.padEnd(8)} arrived ${arrived}/${BURST}; processor time of a capture ${told.capture_us} us; memory +${told.grown_mib} MiB; all sent after ${told.sent_s} s`)
  return arrived === BURST
}

console.log('Errors captured just before SIGKILL, that arrived once after the next start')
await killed('default', Number(kills))
const keptKills = await killed('spool', Number(kills))
console.log(`A burst of ${BURST} with ${SLOW_MS} ms for each answer`)
await burst('default')
const keptBurst = await burst('spool')
for (const end of ends) await end()
process.exit(keptKills && keptBurst ? 0 : 1)
