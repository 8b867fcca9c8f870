/**
 * Payment with a spool in a folder that outlives its processes.
 */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { start } from './payment.js'
import { waitFor } from './waiting.js'

const WITHIN_S = 100

/** A folder that outlives the processes, and what lies in its spool. */
export function stateDir (t) {
  const folder = mkdtempSync(join(tmpdir(), 'state-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const spool = join(folder, 'spool')
  const files = () => existsSync(spool) ? readdirSync(spool).filter(name => name !== 'bad') : []
  return { folder, spool, files }
}

export async function started (t, sink, state, changes = {}) {
  return (await start(t, { SENTRY_DSN: sink.dsn, STATE_DIR: state.folder, TRACES_SAMPLE_RATE: '0', ...changes })).ready()
}

export const capture = (payment, count, then = 'answer') => payment.call('POST', `/captures/${count}/${then}`)

/** The figures of the spool on /metrics. */
export async function figures (payment) {
  const { text } = await payment.call('GET', '/metrics')
  const found = [...text.matchAll(/^crash_spool_(?:total\{outcome="(\w+)"\}|(files|bytes)) (\d+)$/mg)]
  return Object.fromEntries(found.map(([, outcome, gauge, value]) => [outcome ?? gauge, Number(value)]).filter(([, value]) => value))
}

/** Wait for so many, and give what there is; on a busy machine the watchdog may add to it. */
export const settled = (payment, expected) => waitFor(async () => {
  const found = await figures(payment)
  return Object.entries(expected).every(([name, value]) => found[name] >= value) && found
}, `the spool's figures ${JSON.stringify(expected)}`, WITHIN_S)
