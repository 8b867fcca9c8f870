/**
 * The page begins: telemetry first, so that whatever fails after it is captured; then the machine; the panel on demand.
 */
import { makeApi } from './api.js'
import { watchLongTasks } from './long-tasks.js'
import { gatewayOf, readSettings } from './settings.js'
import { startMachine } from './machine/index.js'
import { watchPanelButton } from './panel-button.js'
import { watchThemeSwitch } from './theme-switch.js'
import * as telemetry from './telemetry.js'

const base = gatewayOf(document)
const settings = readSettings(document)
telemetry.startTelemetry(settings, base)
watchLongTasks()
const api = makeApi(base)
watchThemeSwitch()
watchPanelButton({ api, telemetry, settings })
startMachine({ api, telemetry })
