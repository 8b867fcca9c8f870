import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { loadCatalogue } from '../../src/crashkit/loading.js'
import { Run, runTag } from '../../src/crashkit/run.js'

const CATALOGUE = loadCatalogue(fileURLToPath(new URL('../support/catalog', import.meta.url)))
const HOLD = CATALOGUE.find('payment', 'hold')

test('what a run holds is freed once, however it ends', () => {
  const run = new Run(HOLD, 'a')
  let freed = 0
  run.hold(() => { freed += 1 })

  run.stop()
  run.stop()
  run.endHold()

  assert.equal(freed, 1)
})

test('a run that was stopped while it worked holds nothing afterwards', () => {
  const run = new Run(HOLD, 'a')
  let freed = 0
  run.stop()

  run.hold(() => { freed += 1 })

  assert.deepEqual([freed, run.holding], [1, false])
})

test('a run without a tag gets one of its own', () => {
  const tags = new Set(Array.from({ length: 100 }, () => runTag(undefined)))

  assert.equal(tags.size, 100)
  for (const tag of tags) assert.match(tag, /^run-[0-9a-f]{8}$/)
})
