/**
 * The book on `/metrics`, under the names that the Python services have.
 */
import { Counter, Gauge } from 'prom-client'

/**
 * First part of a count's name to metric: its name, help, and labels for the other parts.
 *
 * @type {Record<string, [name: string, help: string, labels: string[]]>}
 */
const COUNTERS = {
  fired: ['crash_fired_total', 'Faults that were fired.', ['case']],
  stopped: ['crash_fired_stopped_total', 'Firings that were stopped, or used up their budget.', ['case']],
  cut_off: ['crash_fired_cut_off_total', 'Firings that were running when their process died.', ['case']],
  captured: ['crash_captured_total', 'Items that the SDK was given.', ['item_type']],
  delivered: ['crash_delivered_total', 'Items that were answered 2xx, repetitions included.', ['item_type']],
  discarded: ['crash_discarded_total', 'Items that were given up.', ['item_type', 'reason']],
  in_doubt: ['crash_in_doubt_total', 'Items in memory when their process died.', ['item_type']],
  starts: ['crash_process_starts_total', 'Processes that had this book.', []],
  killed: ['crash_process_killed_total', 'Processes of this book that did not end by themselves.', []]
}

/**
 * Show it.
 *
 * @param {import('prom-client').Registry} registry of the service.
 * @param {import('./book.js').Book | null} book none where the service has none; then nothing is shown.
 */
export function showAccounts (registry, book) {
  if (book === null) return
  const registers = [registry]
  for (const [kind, [name, help, labelNames]] of Object.entries(COUNTERS)) {
    new Counter({
      name,
      help: `${help} Since the pod began.`,
      labelNames,
      registers,
      collect () {
        this.reset()
        for (const [rest, number] of below(book, kind)) this.inc(labels(rest, labelNames), number)
      }
    })
  }
  new Gauge({
    name: 'crash_waiting',
    help: 'Items that wait in memory.',
    labelNames: ['item_type'],
    registers,
    collect () {
      for (const [type, number] of below(book, 'memory')) this.set({ item_type: type }, number)
    }
  })
  new Gauge({ name: 'crash_book', help: '1; says which book it is.', labelNames: ['book'], registers }).set({ book: book.id }, 1)
}

/**
 * @param {import('./book.js').Book} book
 * @param {string} kind
 * @returns {[rest: string, number: number][]}
 */
function below (book, kind) {
  return Object.entries(book.figures().counts)
    .filter(([name]) => name === kind || name.startsWith(`${kind}/`))
    .map(([name, number]) => [name.slice(kind.length + 1), number])
}

/**
 * A case is the rest of the name, with its slashes; a reason is what follows the type.
 *
 * @param {string} rest
 * @param {string[]} names
 */
function labels (rest, names) {
  const [first = '', ...more] = names.length > 1 ? rest.split('/') : [rest]
  return Object.fromEntries(names.map((name, place) => [name, place === 0 ? first : more.join('/')]))
}
