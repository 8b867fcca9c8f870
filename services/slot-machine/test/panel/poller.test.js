import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AWAY_MS, FIRST_MS, LAST_MS, poll, SOON_MS } from '../../src/panel/poller.js'
import { Clock, idle } from './support/clock.js'

function start (answers, more = {}) {
  const clock = new Clock()
  const began = clock.now()
  const seen = { asked: [], heard: [], lost: 0, over: false }
  const handle = poll({
    clock,
    ask: async signal => {
      seen.asked.push(clock.now() - began)
      seen.signal = signal
      const answer = answers()
      if (answer instanceof Error) throw answer
      return answer
    },
    onAnswer: answer => seen.heard.push(answer),
    onLost: () => { seen.lost++ },
    isOver: () => seen.over,
    ...more
  })
  return { clock, seen, handle }
}

test('questions begin quick and grow to one a second', async () => {
  const { clock, seen } = start(() => 'well')

  await clock.pass(20_000)

  const gaps = seen.asked.slice(1).map((at, index) => at - seen.asked[index])
  assert.equal(seen.asked[0], FIRST_MS)
  assert.ok(gaps.every((gap, index) => index === 0 || gap >= gaps[index - 1]))
  assert.equal(gaps.at(-1), LAST_MS)
})

test('it ends when it is over, and asks nothing more', async () => {
  const { clock, seen } = start(() => 'well')
  await clock.pass(FIRST_MS)

  seen.over = true
  await clock.pass(60_000)

  assert.deepEqual(clock.waiting, [])
  assert.equal(seen.heard.length, 1)
})

test('a lost connection is told, asked again more slowly, and mended by the next answer', async () => {
  let away = true
  const { clock, seen } = start(() => away ? new Error('away') : 'back')

  await clock.pass(30_000)
  const gaps = seen.asked.slice(1).map((at, index) => at - seen.asked[index])
  away = false
  await clock.pass(AWAY_MS)

  assert.equal(gaps.at(-1), AWAY_MS)
  assert.ok(seen.lost > 5)
  assert.deepEqual(seen.heard, ['back'])
})

test('hurry asks soon and quickly from then on', async () => {
  const { clock, seen, handle } = start(() => 'well')
  await clock.pass(10_000)
  const before = seen.asked.length

  handle.hurry()
  await clock.pass(SOON_MS + FIRST_MS)

  assert.equal(seen.asked.length, before + 2)
})

test('a question that is not answered in time is given up, and the next is asked', async () => {
  const { clock, seen } = start(() => 'never', {
    ask: signal => new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason))
    })
  })

  await clock.pass(11_000)

  assert.equal(seen.lost, 1)
})

test('stop aborts the open question and says nothing any more', async () => {
  let resolve
  const { clock, seen, handle } = start(() => 'late', { ask: signal => { seen.signal = signal; return new Promise(done => { resolve = done }) } })
  await clock.pass(FIRST_MS)

  handle.stop()
  resolve('late')
  await idle()

  assert.equal(seen.signal.aborted, true)
  assert.deepEqual([seen.heard, seen.lost], [[], 0])
  assert.deepEqual(clock.waiting, [])
})
