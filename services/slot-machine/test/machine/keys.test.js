import assert from 'node:assert/strict'
import { test } from 'node:test'

import { wantsSpin } from '../../src/machine/keys.js'

/** An element that is what these selectors say, or stands inside of it. */
const within = (...selectors) => ({ closest: asked => selectors.some(one => asked.split(', ').includes(one)) ? {} : null })
const press = (key, target = within(), more = {}) => wantsSpin({ key, target, ...more })

test('Space and Enter spin wherever they mean nothing else', () => {
  assert.deepEqual([true, true, false, false], [' ', 'Enter', 'a', 'Escape'].map(key => press(key)))
})

test('on what has a meaning for them they keep it', () => {
  const places = ['button', 'a[href]', 'select', 'textarea', 'summary', '#debug-panel', 'input:not([type="radio"])']

  assert.deepEqual(Array(places.length).fill(false), places.map(place => press('Enter', within(place))))
  assert.deepEqual(Array(places.length).fill(false), places.map(place => press(' ', within(place))))
})

test('on a chip Space chooses and Enter spins', () => {
  const chip = within('input[type="radio"]')

  assert.deepEqual([false, true], [press(' ', chip), press('Enter', chip)])
})

test('a key that is held down, or pressed with another, is no press', () => {
  const more = [{ repeat: true }, { ctrlKey: true }, { altKey: true }, { metaKey: true }, { defaultPrevented: true }]

  assert.deepEqual(Array(5).fill(false), more.map(one => press('Enter', within(), one)))
})
