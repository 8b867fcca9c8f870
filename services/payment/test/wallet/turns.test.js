import { test } from 'node:test'
import { deepEqual, equal, rejects } from 'node:assert/strict'

import { Deadline } from '../../src/wallet/deadline.js'
import { Turns } from '../../src/wallet/turns.js'

const late = () => new Error('late')
const soon = () => new Deadline(5000)

test('the work of one name goes in the order in which it came, of other names at the same time', async () => {
  const turns = new Turns()
  /** @type {string[]} */
  const order = []
  /** @type {PromiseWithResolvers<void>} */
  const gate = Promise.withResolvers()

  const all = [
    turns.take('player-7', soon(), async () => { await gate.promise; order.push('first') }, late),
    turns.take('player-7', soon(), async () => { order.push('second') }, late),
    turns.take('player-8', soon(), async () => { order.push('other'); gate.resolve() }, late)
  ]
  await Promise.all(all)

  deepEqual(['other', 'first', 'second'], order)
})

test('a turn that does not come in time is given up, and those behind it keep theirs', async () => {
  const turns = new Turns()
  /** @type {PromiseWithResolvers<void>} */
  const gate = Promise.withResolvers()

  const first = turns.take('player-7', soon(), () => gate.promise, late)
  const second = turns.take('player-7', new Deadline(20), async () => 'too early', late)
  const third = turns.take('player-7', soon(), async () => 'third', late)

  await rejects(second, { message: 'late' })
  gate.resolve()
  deepEqual([undefined, 'third'], await Promise.all([first, third]))
})

test('work that fails lets the next one in, and nothing is kept of it', async () => {
  const turns = new Turns()

  const first = turns.take('player-7', soon(), async () => { throw new Error('broken') }, late)
  const second = turns.take('player-7', soon(), async () => 'done', late)

  await rejects(first, { message: 'broken' })
  equal('done', await second)
  await new Promise(resolve => { setImmediate(resolve) })
  equal(0, turns.size)
})
