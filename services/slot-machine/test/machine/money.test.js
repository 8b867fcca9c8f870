import assert from 'node:assert/strict'
import { test } from 'node:test'

import { STAKES, between, shown, signed } from '../../src/machine/money.js'

test('an amount is shown exactly, however large, with two digits after the point', () => {
  const shownAs = [0, 5, 50, 100, 123_450, -7, -1_234_567, 9_007_199_254_740_991].map(shown)

  assert.deepEqual(
    shownAs, ['0.00', '0.05', '0.50', '1.00', '1,234.50', '−0.07', '−12,345.67', '90,071,992,547,409.91']
  )
})

test('a gain has a plus, a loss a minus, and nothing has both', () => {
  assert.deepEqual([900, -100, 0].map(signed), ['+9.00', '−1.00', '±0.00'])
})

test('counting begins at the one amount, ends at the other, stays whole and never goes back', () => {
  const counted = Array.from({ length: 101 }, (_, percent) => between(9900, 10_900, percent / 100))

  assert.equal(counted[0], 9900)
  assert.equal(counted.at(-1), 10_900)
  assert.ok(counted.every(Number.isInteger))
  assert.deepEqual(counted, [...counted].sort((one, other) => one - other))
  assert.deepEqual([between(9900, 10_900, -1), between(9900, 10_900, 7)], [9900, 10_900])
})

test('every stake is one that the game engine takes', () => {
  assert.ok(STAKES.every(stake => Number.isInteger(stake) && stake >= 1 && stake <= 100_000))
})
