/**
 * What was captured on the trace of a firing against what the catalogue promises. Pure; the drill's own rules.
 */
const GATEWAY = 'gateway'
// How the gateway names its event about a service that broke off, which is a consequence and no duplicate.
const CONSEQUENCE = /^(Upstream|upstream)/
// What a service says, once for all calls together, before the kernel kills it for memory.
const MEMORY_WARNING = 'Memory is near the limit of the container'
// Reports the deaths that no SDK can report: once for each container that ends.
const CORONER = 'coroner'

/**
 * @param {object} firing `service`, `expect`, and `made`: how many calls were made.
 * @param {object[]} events on its trace, oldest first, as `GET /api/v1/firings/<trace>` lists them.
 * @returns {{due: number, captured: number, rows: object[]}} `rows`: each event once, with `role` (`due`, `duplicate`,
 *   `consequence`, `warning`, `death`, `other`) and `wrongs`; `missing`: names of what is due and not there.
 */
export function compare (firing, events) {
  const slots = Array.from({ length: Math.max(1, firing.made) })
    .flatMap(() => firing.expect.events ?? [])
    .flatMap(wanted => Array.from({ length: wanted.count ?? 1 }, () => wanted))
  const taken = pair(firing, slots, events)
  const warned = events.filter(event => isMemoryWarning(firing, event))
  const rows = events.map((event, index) => {
    const slot = taken.get(index)
    if (slot !== undefined) return { event, role: 'due', wrongs: wrongs(firing, slots[slot], event) }
    if (warned.includes(event)) return { event, role: event === warned[0] ? 'warning' : 'duplicate', wrongs: [] }
    return { event, role: roleOf(firing, slots, event), wrongs: [] }
  })
  const filled = new Set(taken.values())
  const missing = slots.filter((_, slot) => !filled.has(slot)).map(wanted => wanted.type ?? wanted.message)
  const isDue = isWarningDue(firing)
  if (isDue && !warned.length) missing.push(MEMORY_WARNING)
  return {
    due: slots.length + Number(isDue),
    captured: filled.size + Number(isDue && warned.length > 0),
    missing,
    rows
  }
}

/** Whether an event is that warning, of a case that brings it. */
function isMemoryWarning ({ service, expect }, event) {
  if ((expect.memory_warning ?? 'never') === 'never') return false
  return event.service === service && !event.type && event.title === MEMORY_WARNING
}

/** Whether it must be there: all calls were made, and together they come near the limit for certain. */
function isWarningDue ({ expect, made }) {
  return expect.memory_warning === 'once' && made >= (expect.pod?.after_calls ?? 1)
}

/** Give each promised event the one that fits it best: the one with the fewest wrongs. */
function pair (firing, slots, events) {
  const fits = []
  slots.forEach((wanted, slot) => events.forEach((event, index) => {
    if (isSame(firing, wanted, event)) fits.push([wrongs(firing, wanted, event).length, index, slot])
  }))
  fits.sort((one, other) => one[0] - other[0] || one[1] - other[1] || one[2] - other[2])
  const byIndex = new Map()
  const slotsTaken = new Set()
  for (const [, index, slot] of fits) {
    if (byIndex.has(index) || slotsTaken.has(slot)) continue
    byIndex.set(index, slot)
    slotsTaken.add(slot)
  }
  return byIndex
}

/** Whether they mean the same mistake: its type, and its words where those are all there is. */
function isSame (firing, wanted, event) {
  if (event.service !== firing.service) return false
  if (wanted.type) return event.type === wanted.type
  return !event.type && event.title === wanted.message
}

function wrongs (firing, wanted, event) {
  const said = []
  if (wanted.type && wanted.message && event.title !== `${wanted.type}: ${wanted.message}`) {
    said.push(`says “${event.title}”, promised “${wanted.type}: ${wanted.message}”`)
  }
  if (event.level && event.level !== (wanted.level ?? 'error')) {
    said.push(`level is ${event.level}, promised ${wanted.level ?? 'error'}`)
  }
  if (wanted.type && typeof wanted.handled === 'boolean' && typeof event.handled === 'boolean' &&
      wanted.handled !== event.handled) {
    said.push(event.handled ? 'is handled, promised unhandled' : 'is unhandled, promised handled')
  }
  if (event.run && event.run !== firing.run) said.push(`has the run tag ${event.run}`)
  return said
}

function roleOf (firing, slots, event) {
  if (event.service === CORONER) return (firing.expect.pod?.ends ?? 'none') === 'none' ? 'other' : 'death'
  if (slots.some(wanted => isSame(firing, wanted, event))) return 'duplicate'
  if (event.service === GATEWAY && firing.service !== GATEWAY && CONSEQUENCE.test(event.title ?? '')) {
    return 'consequence'
  }
  return 'other'
}
