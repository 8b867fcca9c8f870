/**
 * What `src/main.js` does, with the handlers and wallets of these tests.
 */
import { startLogging } from '../../src/crashkit/logs.js'
import { traceId } from '../../src/crashkit/telemetry.js'
import { SERVICE, instrument } from '../../src/instrument.js'
import { readSettings } from '../../src/settings.js'

startLogging(SERVICE, traceId)
const settings = readSettings(process.env)
const started = instrument(settings)
process.on('SIGUSR2', () => {
  started.runtime.read = () => { throw new TypeError('broken on purpose') }
  process.stderr.write('the context is broken on purpose\n')
})
const { serve } = await import('../../src/serve.js')
const { HANDLERS } = await import('./handlers.js')
const { openWallets } = await import('./wallets.js')
await serve(settings, started, { handlers: HANDLERS, wallets: openWallets(settings) })
process.exit(0)
