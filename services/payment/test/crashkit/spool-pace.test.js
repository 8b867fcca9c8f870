/**
 * Who waits for whom, where an answer is about one event only; as in Python, packages/crashkit/tests/spool/test_sender.py.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate as turn } from 'node:timers/promises'

import { Sender } from '../../src/crashkit/spool/sender.js'
import { Store } from '../../src/crashkit/spool/store.js'

const POISON = 'poison'
const TURNS = 2000
const good = Array.from({ length: 20 }, (_, at) => `good ${at}`)

/**
 * A sender to a Sentry whose answers a test decides. Only timers for at once fire: a pause after a failure does not end
 * within a test.
 */
function surroundings (t, answers) {
  const folder = mkdtempSync(join(tmpdir(), 'pace-'))
  t.after(() => rmSync(folder, { recursive: true }))
  t.mock.method(process.stderr, 'write', () => true)
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const store = new Store(folder, 2 ** 20, 100)
  const posted = []
  const sender = new Sender(store, async body => { posted.push(String(body)); return answers(String(body)) }, () => {})
  let number = 0
  const capture = (...bodies) => {
    for (const body of bodies) sender.add(store.write(String(number += 1).padStart(32, '0'), Buffer.from(body)))
  }
  const pass = async () => {
    for (let at = 0; at < TURNS; at += 1) {
      t.mock.timers.tick(0)
      await turn()
    }
  }
  return { store, posted, capture, pass }
}

for (const status of [500, 408, 503]) {
  test(`one that is answered ${status} while others are accepted makes no other wait`, async t => {
    const { store, posted, capture, pass } = surroundings(t, body => ({ status: body === POISON ? status : 200 }))

    capture(POISON, ...good)
    await pass()
    capture('later')
    await pass()

    assert.deepEqual([store.counts.delivered, store.files], [good.length + 1, 1])
    assert.equal(posted.filter(body => body === POISON).length, 1)
  })
}

test('where nobody is accepted all wait', async t => {
  const { store, posted, capture, pass } = surroundings(t, () => ({ status: 503 }))

  capture(...good)
  await pass()
  capture('later')
  await pass()

  // Eight were on their way together, and one went ahead after them.
  assert.deepEqual(posted, good.slice(0, 9))
  assert.equal(store.files, good.length + 1)
})

test('who asks for a pause gets it', async t => {
  const { posted, capture, pass } = surroundings(t, () => ({ status: 503, retryAfter: '30' }))

  capture(...good)
  await pass()
  capture('later')
  await pass()

  assert.deepEqual(posted, good.slice(0, 8))
})
