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
  const [{ serve }, { HANDLERS }, { openWallets }] = await Promise.all([
    import('./serve.js'), import('./scenarios/index.js'), import('./wallet/index.js')
  ])
  await serve(settings, started, { handlers: HANDLERS, wallets: opened(openWallets, settings) })
  process.exit(0)
} catch (error) {
  const known = [SettingsError, CatalogueError, BindingError].some(kind => error instanceof kind)
  if (!known && !(error instanceof Error && error.name === 'ListenError')) throw error
  const reason = /** @type {Error} */ (error).message.split('\n').join('; ')
  process.stderr.write(`${SERVICE} cannot start: ${reason}\n`, () => process.exit(CANNOT_START))
}

/**
 * @param {typeof import('./wallet/index.js').openWallets} openWallets
 * @param {import('./settings.js').Settings} settings
 */
function opened (openWallets, settings) {
  try {
    return openWallets(settings)
  } catch {
    // The driver's words may repeat the password.
    throw new SettingsError('MONGODB_URI: the driver does not understand it')
  }
}
