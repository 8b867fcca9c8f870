/**
 * What the page takes out of an event is what all are held to.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { scrubSampling, scrubbedEvent } from '../vendor/scrubbing/event.js'
import { reduced } from '../vendor/scrubbing/reduced.js'
import { scrubbed, scrubbedCode } from '../vendor/scrubbing/text.js'

const at = path => new URL(`../../../${path}`, import.meta.url)
const CONTRACT = JSON.parse(readFileSync(at('tests/contract/scrubbing.json'), 'utf8'))
const RULES = { text: scrubbed, code: scrubbedCode, events: scrubbedEvent, sampling: scrubSampling }

for (const [kind, rule] of Object.entries(RULES)) {
  test(`${kind} keep what the contract keeps`, () => {
    assert.deepEqual(CONTRACT[kind].map(({ given }) => rule(given)), CONTRACT[kind].map(row => row.scrubbed))
  })
}

test('what cannot be scrubbed leaves without its values', () => {
  for (const { given, scrubbed: wanted } of CONTRACT.reduced) {
    assert.deepEqual(reduced(given, 'TypeError'), JSON.parse(JSON.stringify(wanted).replace('$ERROR', 'TypeError')))
  }
})
