import assert from 'node:assert/strict'
import { test } from 'node:test'

import { wantsSpin } from '../../src/machine/keys.js'

/** An element that is what these selectors say, or stands inside of it. */
const within = (...selectors) => ({ closest: asked => selectors.some(one => asked.split(', ').includes(one)) ? {} : null })
const press = (key, target = within(), more = {}) => wantsSpin({ key, target, ...more })

test('Space and Enter spin wherever they mean nothing else', () => {
  assert.deepEqual([' ', 'Enter', 'a', 'Escape'].map(key => press(key)), [true, true, false, false])
})

test('on what has a meaning for them they keep it', () => {
  const places = ['button', 'a[href]', 'select', 'textarea', 'summary', '#debug-panel', 'input:not([type="radio"])']

  assert.deepEqual(places.map(place => press('Enter', within(place))), Array(places.length).fill(false))
  assert.deepEqual(places.map(place => press(' ', within(place))), Array(places.length).fill(false))
})

test('on a chip Space chooses and Enter spins', () => {
  const chip = within('input[type="radio"]')

  assert.deepEqual([press(' ', chip), press('Enter', chip)], [false, true])
})

test('a key that is held down, or pressed with another, is no press', () => {
  const more = [{ repeat: true }, { ctrlKey: true }, { altKey: true }, { metaKey: true }, { defaultPrevented: true }]

  assert.deepEqual(more.map(one => press('Enter', within(), one)), Array(5).fill(false))
})
