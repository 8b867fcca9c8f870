/**
 * What became of the events that came by, counted once each.
 */
import { Counter, Gauge } from 'prom-client'

/** @typedef {'written' | 'delivered' | 'trimmed' | 'refused' | 'full' | 'unwritable' | 'corrupt' | 'half_written' | 'recovered'} Outcome */

/** @returns {Record<Outcome, number>} */
export function newCounts () {
  return { written: 0, delivered: 0, trimmed: 0, refused: 0, full: 0, unwritable: 0, corrupt: 0, half_written: 0, recovered: 0 }
}

/**
 * Show a spool on `/metrics`.
 *
 * @param {import('prom-client').Registry} registry of the service.
 * @param {Pick<import('./store.js').Store, 'counts' | 'files' | 'sizeBytes'> | null} store none where the service has
 *   none; then nothing is shown.
 */
export function showSpool (registry, store) {
  if (store === null) return
  const registers = [registry]
  gauge('crash_spool_files', 'Events on disk that wait for an answer.', () => store.files)
  gauge('crash_spool_bytes', 'Size of these files.', () => store.sizeBytes)
  new Counter({
    name: 'crash_spool_total',
    help: 'Events by what became of them.',
    labelNames: ['outcome'],
    registers,
    collect () {
      this.reset()
      for (const [outcome, count] of Object.entries(store.counts)) this.inc({ outcome }, count)
    }
  })

  /**
   * @param {string} name
   * @param {string} help
   * @param {() => number} read
   */
  function gauge (name, help, read) {
    new Gauge({ name, help, registers, collect () { this.set(read()) } })
  }
}
