/**
 * Payment as it is without flight record, spool and book: `node bench/without.js`, whose environment names neither
 * `TERMINATION_LOG` nor `STATE_DIR`.
 */
import { startLogging } from '../src/crashkit/logs.js'
import { traceId } from '../src/crashkit/telemetry.js'
import { SERVICE, instrument } from '../src/instrument.js'
import { readSettings } from '../src/settings.js'

startLogging(SERVICE, traceId)
const settings = readSettings(process.env)
const started = instrument(settings, () => null)
const [{ serve }, { HANDLERS }, { openWallets }] = await Promise.all([
  import('../src/serve.js'), import('../src/scenarios/index.js'), import('../src/wallet/index.js')
])
await serve(settings, started, { handlers: HANDLERS, wallets: openWallets(settings) })
process.exit(0)
