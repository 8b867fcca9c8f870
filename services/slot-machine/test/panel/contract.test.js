import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { compare } from '../../src/panel/contract.js'
import { CRASH, WARNING } from './support/document.js'

const FIRING = { service: 'game-engine', run: 'ada-1', made: 1, expect: { events: [CRASH] } }
const ARRIVED = {
  event_id: 'e1', service: 'game-engine', level: 'error', type: 'RuntimeError', handled: false, run: 'ada-1',
  title: 'RuntimeError: dictionary changed size during iteration'
}

function roles (found) {
  return found.rows.map(row => row.role)
}

test('an event with the promised type and words is the one that is due', () => {
  const found = compare(FIRING, [ARRIVED])

  assert.deepEqual([found.captured, found.due, found.missing], [1, 1, []])
  assert.deepEqual(found.rows, [{ event: ARRIVED, role: 'due', wrongs: [] }])
})

test('what has not come is missing by name', () => {
  const found = compare({ ...FIRING, expect: { events: [CRASH, WARNING] } }, [ARRIVED])

  assert.deepEqual([found.captured, found.due, found.missing], [1, 2, [WARNING.message]])
})

test('the same event twice is one capture and one duplicate', () => {
  const found = compare(FIRING, [ARRIVED, { ...ARRIVED, event_id: 'e2' }])

  assert.deepEqual(roles(found), ['due', 'duplicate'])
  assert.equal(found.captured, 1)
})

test('each call owes its events: two calls, two warnings, and a count multiplies', () => {
  const warning = { event_id: 'w', service: 'game-engine', level: 'warning', type: null, title: WARNING.message }
  const twice = { ...FIRING, made: 2, expect: { events: [WARNING] } }
  const counted = { ...FIRING, expect: { events: [{ ...WARNING, count: 2 }] } }

  assert.deepEqual([1, 2], [compare(twice, [warning]).captured, compare(twice, [warning]).due])
  assert.equal(compare(twice, [warning, { ...warning, event_id: 'w2' }]).captured, 2)
  assert.equal(compare(counted, [warning]).due, 2)
})

test('a promised event with a wrong flag is captured, and the flag is told', () => {
  const found = compare(FIRING, [{ ...ARRIVED, handled: true, level: 'fatal', title: 'RuntimeError: something else' }])

  assert.equal(found.captured, 1)
  assert.deepEqual(found.rows[0].wrongs, [
    'says “RuntimeError: something else”, promised “RuntimeError: dictionary changed size during iteration”',
    'level is fatal, promised error',
    'is handled, promised unhandled'
  ])
})

test('of two that could be meant the one without a wrong is taken', () => {
  const found = compare(FIRING, [{ ...ARRIVED, event_id: 'wrong', title: 'RuntimeError: something else' }, ARRIVED])

  assert.deepEqual(roles(found), ['duplicate', 'due'])
})

test('an event of another service is no capture: the gateway about a broken service is a consequence, else it is other', () => {
  const died = { ...ARRIVED, service: 'gateway', type: 'UpstreamDied', title: 'UpstreamDied: the service broke off' }
  const stranger = { ...ARRIVED, service: 'analytics' }

  assert.deepEqual(roles(compare(FIRING, [died, stranger])), ['consequence', 'other'])
  assert.equal(compare(FIRING, [died, stranger]).captured, 0)
})

test('what the coroner says is the death of a case that ends its container, and nothing that was promised of another', () => {
  const death = { ...ARRIVED, service: 'coroner', level: 'fatal', type: 'OutOfMemoryKill', title: 'OutOfMemoryKill: …' }
  const ends = { ...FIRING, expect: { events: [CRASH], pod: { ends: 'oom' } } }

  assert.deepEqual(roles(compare(ends, [ARRIVED, death])), ['due', 'death'])
  assert.deepEqual(roles(compare(FIRING, [ARRIVED, death])), ['due', 'other'])
})

const NEAR = {
  event_id: 'n1', service: 'game-engine', level: 'warning', type: null, run: 'ada-1',
  title: JSON.parse(readFileSync(new URL('../../../../tests/contract/memory.json', import.meta.url), 'utf8')).message
}

test('the warning before a kill is due once for all calls together, when the last of them was made', () => {
  const kill = made => ({
    ...FIRING, made, expect: { events: [CRASH], memory_warning: 'once', pod: { ends: 'oom', after_calls: 2 } }
  })

  const first = compare(kill(1), [ARRIVED, NEAR])
  const without = compare(kill(2), [ARRIVED, { ...ARRIVED, event_id: 'e2' }])
  const all = compare(kill(2), [ARRIVED, NEAR, { ...ARRIVED, event_id: 'e2' }])

  assert.deepEqual([first.captured, first.due, roles(first)], [1, 1, ['due', 'warning']])
  assert.deepEqual([without.captured, without.due, without.missing], [2, 3, [NEAR.title]])
  assert.deepEqual([all.captured, all.due, all.missing, roles(all)], [3, 3, [], ['due', 'warning', 'due']])
})

test('where the warning may come it is neither due nor a surprise, twice it is a duplicate, and elsewhere it is not promised', () => {
  const may = { ...FIRING, expect: { events: [CRASH], memory_warning: 'may' } }

  assert.deepEqual(roles(compare(may, [ARRIVED, NEAR])), ['due', 'warning'])
  assert.deepEqual([compare(may, [ARRIVED]).captured, compare(may, [ARRIVED]).due], [1, 1])
  assert.deepEqual(roles(compare(may, [NEAR, ARRIVED, { ...NEAR, event_id: 'n2' }])), ['warning', 'due', 'duplicate'])
  assert.deepEqual(roles(compare(FIRING, [ARRIVED, NEAR])), ['due', 'other'])
  assert.deepEqual(roles(compare(may, [ARRIVED, { ...NEAR, service: 'gateway' }])), ['due', 'other'])
})
