/**
 * `node src/main.js`.
 */
import { BindingError } from './crashkit/binding.js'
import { CatalogueError } from './crashkit/loading.js'
import { startLogging } from './crashkit/logs.js'
import { SettingsError } from './crashkit/settings.js'
import { traceId } from './crashkit/telemetry.js'
import { SERVICE, instrument } from './instrument.js'
import { readSettings } from './settings.js'

const CANNOT_START = 2

startLogging(SERVICE, traceId)
try {
  const settings = readSettings(process.env)
  const started = instrument(settings)
  // Only now: what is loaded before the SDK has started is not traced.
  const { serve } = await import('./serve.js')
  await serve(settings, started)
  process.exit(0)
} catch (error) {
  const known = [SettingsError, CatalogueError, BindingError].some(kind => error instanceof kind)
  if (!known && !(error instanceof Error && error.name === 'ListenError')) throw error
  const reason = /** @type {Error} */ (error).message.split('\n').join('; ')
  process.stderr.write(`${SERVICE} cannot start: ${reason}\n`, () => process.exit(CANNOT_START))
}
