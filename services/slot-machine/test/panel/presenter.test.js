import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepPresenter, presenterFrom, presenterOf, presenterOfRun, runTag } from '../../src/panel/presenter.js'
import { keepCards, keptCards, MOST_CARDS } from '../../src/panel/store.js'
import { Forbidden, Kept } from './support/storage.js'

test('a presenter who gives no name is a guest with four characters, and stays the same one', () => {
  const storage = new Kept()

  const first = presenterOf(storage)

  assert.match(first, /^guest-[a-z0-9]{4}$/)
  assert.equal(presenterOf(storage), first)
  assert.match(presenterOf(new Forbidden()), /^guest-/)
})

test('a typed name becomes one of 1 to 20 small letters, digits and hyphens, or none', () => {
  assert.equal(presenterFrom('Ada Lovelace'), 'ada-lovelace')
  assert.equal(presenterFrom('  Zoë! '), 'zoe')
  assert.equal(presenterFrom('a-very-long-name-indeed-it-is').length <= 20, true)
  assert.equal(presenterFrom('???'), null)
})

test('a kept name that is none is not taken', () => {
  const storage = new Kept()
  keepPresenter(storage, 'Not A Name')

  assert.match(presenterOf(storage), /^guest-/)
})

test('a run tag is the presenter and a number that only grows, and gives the presenter back', () => {
  const first = runTag('ada-lovelace', 1_700_000_000_000.5)
  const second = runTag('ada-lovelace', 1_700_000_000_001)

  assert.match(first, /^ada-lovelace-[0-9a-z]{8}$/)
  assert.notEqual(first, second)
  assert.equal(presenterOfRun(first), 'ada-lovelace')
})

test('cards outlive a reload, the newest of them; what cannot be read is nothing', () => {
  const storage = new Kept()
  const cards = Array.from({ length: MOST_CARDS + 5 }, (_, index) => ({ run: `ada-${index}` }))

  keepCards(storage, cards)

  assert.deepEqual(keptCards(storage), cards.slice(0, MOST_CARDS))
  storage.setItem('crash-demo-cards', '{half')
  assert.deepEqual(keptCards(storage), [])
  storage.setItem('crash-demo-cards', '{"format": 0, "cards": [1]}')
  assert.deepEqual(keptCards(storage), [])
  keepCards(new Forbidden(), cards)
  assert.deepEqual(keptCards(new Forbidden()), [])
})
