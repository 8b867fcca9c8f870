import assert from 'node:assert/strict'
import { test } from 'node:test'

import { away, refused, result } from '../../src/machine/words.js'

const spin = { reels: ['lemon', 'bell', 'cherry'], win: 0, stake: 100, balance: 9900 }

test('a win says what paid, how much, how many times the stake, and the balance', () => {
  const { tone, head, detail } = result({ ...spin, reels: ['bell', 'bell', 'bell'], win: 4000, balance: 13_900 })

  assert.deepEqual([tone, head, detail], ['win', 'Three bells pay 40.00', '40 times your stake. Balance 139.00.'])
})

test('a loss names what is seen, so that who does not see it knows it too', () => {
  const { tone, head, detail } = result(spin)

  assert.deepEqual([tone, head, detail], ['loss', 'No win this time', 'Lemon, bell, cherry. Balance 99.00.'])
})

test('two of a kind are close, wherever they stand', () => {
  const heads = [['seven', 'seven', 'bell'], ['bell', 'seven', 'seven'], ['seven', 'bell', 'seven']]
    .map(reels => result({ ...spin, reels }).head)

  assert.deepEqual(heads, Array(3).fill('So close: two sevens'))
})

test('where nobody told the reels, the money is told', () => {
  assert.equal(result({ ...spin, reels: null, win: 500 }).head, 'You win 5.00')
  assert.match(result({ ...spin, reels: null }).detail, /Balance 99\.00/)
})

test('a refusal that nobody thought of is told by its name', () => {
  assert.match(refused('moon-is-full').detail, /moon-is-full/)
  assert.equal(away('moon-is-full').tone, 'warn')
})
