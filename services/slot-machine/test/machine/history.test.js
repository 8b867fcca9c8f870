import assert from 'node:assert/strict'
import { test } from 'node:test'

import { makeApi } from '../../src/api.js'
import { ROWS, loadHistory, merged } from '../../src/machine/history.js'
import { casino, problem } from '../support/casino.js'

const stored = (number, more = {}) => ({
  spin_id: String(number).padStart(16, '0'), player_id: 'player-7', stake: 100, win: 0, multiplier: 0,
  reels: ['lemon', 'bell', 'cherry'], at: `2026-01-31T12:00:0${number}Z`, ...more
})

test('what analytics has stored is the history, as many rows as are shown', async t => {
  const { url, calls } = await casino(t, { 'GET /api/v1/analytics/spins': () => ({ spins: [stored(2), stored(1)] }) })

  const rows = await loadHistory(makeApi(url), 'player-7')

  assert.deepEqual(rows.map(row => row.spinId), ['0000000000000002', '0000000000000001'])
  assert.equal(rows[0].at, Date.UTC(2026, 0, 31, 12, 0, 2))
  assert.equal(calls[0].path, `/api/v1/analytics/spins?player_id=player-7&limit=${ROWS}`)
})

test('a row that the page cannot show is left out, and one without analytics is no history and no failure', async t => {
  const odd = [stored(1, { reels: ['joker', 'bell', 'bell'] }), stored(2, { win: -1 }), stored(3, { at: 'noon' }), null]
  const { url } = await casino(t, { 'GET /api/v1/analytics/spins': ({ count }) => count === 1 ? { spins: odd } : problem(503, 'not-in-release') })
  const api = makeApi(url)

  assert.deepEqual([await loadHistory(api, 'player-7'), await loadHistory(api, 'player-7')], [[], []])
})

test('rows are put together once each, the latest first, and what the page saw itself counts', () => {
  const mine = [{ spinId: 'b', at: 5, win: 1 }]
  const theirs = [{ spinId: 'a', at: 9 }, { spinId: 'b', at: 4, win: 0 }, { spinId: 'c', at: 1 }]

  assert.deepEqual(merged(mine, theirs), [{ spinId: 'a', at: 9 }, { spinId: 'b', at: 5, win: 1 }, { spinId: 'c', at: 1 }])
})
