import assert from 'node:assert/strict'
import { test } from 'node:test'

import { gatewayOf, parseSettings } from '../src/settings.js'

test('a host that tells nothing gives a page without events, faults and links', () => {
  const { ingest, sample_rate: rate, faults, links } = parseSettings('{}')

  assert.deepEqual([ingest, rate, faults, links], [null, 0, { enabled: false, pass: 'asked' }, { issues: null, traces: null }])
})

test('what the gateway tells is taken, and what it leaves out has its default', () => {
  const told = parseSettings('{"release": "crash-demo@1", "faults": {"enabled": true}, "links": {"issues": "http://i"}}')

  assert.deepEqual([told.release, told.faults, told.links],
    ['crash-demo@1', { enabled: true, pass: 'asked' }, { issues: 'http://i', traces: null }])
})

test('the gateway is where the page says, with no slash at its end', () => {
  const page = content => ({ querySelector: () => ({ content }) })

  assert.deepEqual(['', 'https://demo.example.com/casino//'].map(page).map(gatewayOf), ['', 'https://demo.example.com/casino'])
})
