/**
 * What the page has from payment is what payment has.
 */
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { test } from 'node:test'

const at = path => new URL(`../../${path}`, import.meta.url)
const textOf = (folder, name) => readFileSync(at(folder + name), 'utf8')
const [THEIRS, OURS] = ['payment/src/crashkit/', 'slot-machine/vendor/']

for (const kind of ['scrubbing/', 'wire/']) {
  test(`${kind} holds files of payment, and all that they need`, () => {
    for (const name of readdirSync(at(OURS + kind))) {
      const same = textOf(OURS + kind, name) === textOf(THEIRS + kind, name)
      assert.ok(same, `${name} differs. Fix: cp services/${THEIRS}${kind}${name} services/${OURS}${kind}`)
    }
  })
}

test('no rule of scrubbing is left out', () => {
  assert.deepEqual(readdirSync(at(`${OURS}scrubbing`)), readdirSync(at(`${THEIRS}scrubbing`)))
})
