/**
 * The spool of a service, as its settings want it.
 */
import { join } from 'node:path'

import { log } from '../logs.js'
import { Store } from './store.js'
import { Spool } from './transport.js'

const MIB = 1024 * 1024
const FOLDER = 'spool'

/**
 * Open the spool in the folder that outlives the container.
 *
 * @param {Pick<import('../settings.js').ServiceSettings, 'stateDir' | 'spoolMaxMib' | 'spoolMaxFiles' | 'sentryDsn'>} settings
 * @param {import('../accounts/book.js').Book | null} [book] counts what becomes of the events.
 * @returns {Spool | null} none where there is no such folder, which is said once: an event dies then with its process;
 *   none either where nothing is sent.
 */
export function openSpool ({ stateDir, spoolMaxMib, spoolMaxFiles, sentryDsn }, book = null) {
  if (sentryDsn === null) return null
  if (stateDir !== null) return new Spool(new Store(join(stateDir, FOLDER), spoolMaxMib * MIB, spoolMaxFiles), book)
  log.warning('no spool: STATE_DIR names no folder; an event that is not sent yet is lost with the process')
  return null
}
