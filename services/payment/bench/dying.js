/**
 * A process that captures errors and dies of SIGKILL as the call returns; or one that captures a burst, or only sends what
 * others have left. `node bench/dying.js <default|spool> <cold|warm|burst|next>`: the first word is whose transport it
 * has, the SDK's own or ours. Started by losses.js.
 */
import * as Sentry from '@sentry/node'

import { instrument } from '../src/instrument.js'
import { readSettings } from '../src/settings.js'

const BURST = 500
const SENT_WITHIN_MS = 120_000
const [kind = '', way = ''] = process.argv.slice(2)
// How each run is named is the business of the bench alone.
const settings = readSettings({ MONGODB_URI: 'mongodb://127.0.0.1:9/', ...process.env })

function fail () {
  try {
    JSON.parse('{"stake":')
  } catch (error) {
    Sentry.captureException(error)
  }
}

const spool = kind === 'spool' ? instrument(settings).spool : null
// Without `Dedupe`, which drops the second event of the same mistake: it is no loss that a transport is to blame for.
if (kind === 'default') {
  Sentry.init({ dsn: settings.sentryDsn ?? undefined, integrations: all => all.filter(({ name }) => name !== 'Dedupe') })
}
await spool?.recover(SENT_WITHIN_MS)
Sentry.getGlobalScope().setTag('run', `${kind}-before`)
if (way === 'warm') {
  fail()
  await Sentry.flush(SENT_WITHIN_MS)
}
Sentry.getGlobalScope().setTag('run', `${kind}-${way}`)
if (way === 'cold' || way === 'warm') {
  fail()
  process.kill(process.pid, 'SIGKILL')
}
if (way === 'burst') {
  const before = process.memoryUsage.rss()
  const used = process.cpuUsage()
  for (let number = 0; number < BURST; number += 1) fail()
  const { user, system } = process.cpuUsage(used)
  const fromMs = performance.now()
  await Sentry.flush(SENT_WITHIN_MS)
  console.log(JSON.stringify({
    capture_us: Math.round((user + system) / BURST),
    sent_s: Math.round((performance.now() - fromMs) / 100) / 10,
    grown_mib: Math.round((process.memoryUsage.rss() - before) / 2 ** 20)
  }))
}
await Sentry.close(SENT_WITHIN_MS)
process.exit(0)
