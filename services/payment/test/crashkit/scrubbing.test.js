/**
 * The rules of scrubbing, held to the vectors that the Python crashkit and the page are held to as well.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { keepSecret, scrubOrReduce, scrubSampling, scrubbed } from '../../src/crashkit/scrubbing.js'
import { scrubbedEvent } from '../../src/crashkit/scrubbing/event.js'
import { reduced } from '../../src/crashkit/scrubbing/reduced.js'
import { scrubbedCode } from '../../src/crashkit/scrubbing/text.js'

const CONTRACT = JSON.parse(readFileSync(new URL('../../../../tests/contract/scrubbing.json', import.meta.url), 'utf8'))

const RULES = { text: scrubbed, code: scrubbedCode, events: scrubbedEvent, sampling: scrubSampling }

for (const [kind, rule] of Object.entries(RULES)) {
  for (const { why, given, scrubbed: wanted } of CONTRACT[kind]) {
    test(`${kind}: ${why}`, () => {
      const before = JSON.stringify(given)

      const clean = rule(given)

      assert.deepEqual(clean, wanted)
      assert.deepEqual(rule(clean), clean)
      assert.equal(JSON.stringify(given), before)
    })
  }
}

for (const { why, given, scrubbed: wanted } of CONTRACT.reduced) {
  test(`what is left of what could not be scrubbed: ${why}`, () => {
    assert.deepEqual(reduced(given, 'TypeError'), JSON.parse(JSON.stringify(wanted).replace('$ERROR', 'TypeError')))
  })
}

test('a mistake in scrubbing costs neither the event nor a secret', () => {
  const told = []
  const sampling = { transaction: 'paid by ada@example.org' }
  const event = { event_id: 'a'.repeat(32), message: 'paid by ada@example.org', sdkProcessingMetadata: { dynamicSamplingContext: sampling } }
  Object.defineProperty(event, 'extra', { enumerable: true, get () { throw new RangeError('4539578763621486') } })

  const left = scrubOrReduce(event, type => told.push(type))

  assert.deepEqual([left.event_id, left.tags], ['a'.repeat(32), { scrubbing_failed: 'RangeError' }])
  assert.deepEqual(told, ['RangeError'])
  assert.doesNotMatch(JSON.stringify(left), /4539|ada@/)
})

test('what the process knows to be a secret is taken out wherever it stands', () => {
  keepSecret(['s3cr3t of mine', 's3cr3t-of-mine', 'password', '', '5'])

  assert.equal(scrubbed('found s3cr3t-of-mine here, no password, 5'), 'found [Filtered] here, no password, 5')
})

for (const given of ['x'.repeat(1e5), 'a@'.repeat(2e4), 'token='.repeat(2e4), '\'"\\'.repeat(3e4), '4 '.repeat(5e4), '('.repeat(9999)]) {
  test(`a long text of ${JSON.stringify(given.slice(0, 6))} takes time in proportion to its length`, () => {
    const began = process.cpuUsage()

    scrubbed(given)

    assert.ok(process.cpuUsage(began).user < 2e6)
  })
}
