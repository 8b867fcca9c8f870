import assert from 'node:assert/strict'
import { test } from 'node:test'
import { casesOf, fitting, sectionsOf, sharedBudget, tableMismatches } from '../../src/panel/catalogue.js'
import { readLink } from '../../src/panel/link.js'
import { DOCUMENT } from './support/document.js'

const sections = sectionsOf(DOCUMENT)

test('the sections are three, by the names of the users, and each case is in exactly one', () => {
  const ids = casesOf(sections).map(one => one.id)

  assert.deepEqual(sections.map(section => section.name),
    ['Service Crashes', 'Memory & Threading', 'Service-Specific Errors'])
  assert.deepEqual([...ids].sort(), DOCUMENT.scenarios.flatMap(scenario => scenario.cases.map(one => one.id)).sort())
})

test('a scenario knows where it runs and whether its service is part of the release', () => {
  const known = Object.fromEntries(sections.flatMap(section => section.scenarios)
    .map(scenario => [scenario.id, [scenario.runs_in, scenario.present]]))

  assert.deepEqual(known['game-engine/crash'], ['cluster', true])
  assert.deepEqual(known['payment/crash'], ['cluster', false])
  assert.deepEqual(known['slot-machine/type-error'], ['page', true])
})

test('a filter takes every word, in any order, from name, summary, status, event and end', () => {
  assert.deepEqual([...fitting(sections, { text: 'oom LEAK', service: null })], ['game-engine/memory-leak/kill'])
  assert.deepEqual([...fitting(sections, { text: 'typeerror', service: null })],
    ['payment/crash/uncaught', 'slot-machine/type-error'])
  assert.deepEqual([...fitting(sections, { text: '500', service: 'game-engine' })], ['game-engine/crash'])
  assert.equal(fitting(sections, { text: '', service: null }).size, 5)
  assert.equal(fitting(sections, { text: 'no such thing', service: null }).size, 0)
})

test('a budget is told once where all cases of a scenario have the same', () => {
  const [crash] = sections[0].scenarios
  const [leak] = sections[1].scenarios

  assert.deepEqual(sharedBudget(crash), crash.cases[0].budget)
  assert.equal(sharedBudget(leak), null)
})

test('the table of the page and the catalogue are held against one another, both ways', () => {
  assert.deepEqual(tableMismatches(sections, { 'type-error' () {} }), [])
  assert.deepEqual(tableMismatches(sections, { 'long-task' () {} }), [
    'the catalogue has type-error, which this page cannot fire; reload it',
    'this page can fire long-task, which the catalogue does not have'
  ])
})

test('a deep link leads to a scenario of the page by its bare name, to any other by its id, and says what it does not know', () => {
  const ids = DOCUMENT.scenarios.map(scenario => scenario.id)
  const read = hash => readLink(hash, ids, 'slot-machine')

  assert.deepEqual(read('#/debug/type-error'), { opens: true, scenario: 'slot-machine/type-error', unknown: null })
  assert.deepEqual(read('#/debug/payment/crash'), { opens: true, scenario: 'payment/crash', unknown: null })
  assert.deepEqual(read('#/debug/payment/crash/uncaught'), { opens: true, scenario: 'payment/crash', unknown: null })
  assert.deepEqual(read('#/debug'), { opens: true, scenario: null, unknown: null })
  assert.deepEqual(read('#/debug/nonsense'), { opens: true, scenario: null, unknown: 'nonsense' })
  assert.deepEqual(read('#history'), { opens: false, scenario: null, unknown: null })
})
