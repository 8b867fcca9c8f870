import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'

import { RETURN_TO_PLAYER, REELS, SYMBOLS } from '../../src/machine/paytable.js'

const MODEL = new URL('../../../game-engine/src/game_engine/reels.py', import.meta.url)

test('the pay table is that of the game engine, symbol by symbol', async () => {
  const source = await readFile(MODEL, 'utf8')
  const rows = [...source.matchAll(/Symbol\("([a-z]+)", weight=(\d+), multiplier=(\d+)\)/g)]
  const model = Object.fromEntries(rows.map(([, name, weight, multiplier]) => [name, [Number(weight), Number(multiplier)]]))

  const table = Object.fromEntries(SYMBOLS.map(({ name, weight, multiplier }) => [name, [weight, multiplier]]))

  assert.deepEqual(table, model)
  assert.equal(REELS, Number(/^REELS: Final = (\d+)$/m.exec(source)[1]))
})

test('what the page says of the long run is true: 90 % of all stakes come back', async () => {
  const page = await readFile(new URL('../../src/index.html', import.meta.url), 'utf8')

  assert.equal(RETURN_TO_PLAYER, 0.9)
  assert.match(page, /90 % come back in the long run/)
})

test('every symbol is drawn in the page', async () => {
  const page = await readFile(new URL('../../src/index.html', import.meta.url), 'utf8')

  const drawn = [...page.matchAll(/<symbol id="symbol-([a-z]+)"/g)].map(([, name]) => name)

  assert.deepEqual(drawn.sort(), SYMBOLS.map(({ name }) => name).sort())
})
