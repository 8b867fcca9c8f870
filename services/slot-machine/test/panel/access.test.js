import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Access, NoAccess } from '../../src/panel/access.js'
import { Clock } from './support/clock.js'
import { Forbidden, Kept } from './support/storage.js'

function make (more = {}) {
  const clock = new Clock()
  const storage = new Kept()
  let count = 0
  const askPass = async () => ({ token: `pass.${++count}`, expires_in_s: 900 })
  const access = new Access({ offered: true, askPass, storage, clock, ...more })
  return { access, clock, storage, asked: () => count }
}

test('a pass is taken once, however many ask at the same time', async () => {
  const { access, asked } = make()

  const both = await Promise.all([access.credential(), access.credential()])

  assert.deepEqual(both, ['pass.1', 'pass.1'])
  assert.deepEqual([access.kind, asked()], ['pass', 1])
})

test('a pass is renewed before it ends, so that a firing never waits for one', async () => {
  const { access, clock } = make()
  await access.credential()
  const first = access.passUntil

  await clock.pass(899_000)

  assert.equal(await access.credential(), 'pass.2')
  assert.ok(access.passUntil > first)
})

test('a pass is never stored; a typed token is kept in the tab and goes before a pass', async () => {
  const { access, storage } = make()
  await access.credential()

  assert.equal(storage.text, '[]')
  access.useToken(' typed ')
  assert.deepEqual([await access.credential(), access.kind], ['typed', 'token'])
  assert.equal(new Access({ offered: false, askPass: null, storage, clock: new Clock() }).kind, 'token')
  access.useToken('')
  assert.deepEqual([await access.credential(), storage.text], ['pass.1', '[]'])
})

test('a pass that the gateway does not take any more is replaced; a typed token is not', async () => {
  const { access } = make()
  await access.credential()

  assert.equal(await access.refused(), true)
  assert.equal(await access.credential(), 'pass.2')
  access.useToken('wrong')
  assert.equal(await access.refused(), false)
  assert.match(access.problem, /did not take this token/)
})

test('where no pass is handed out the panel says what to type', async () => {
  const { access } = make({ offered: false })

  await assert.rejects(access.credential(), error => error instanceof NoAccess && /Fault token/.test(error.message))
})

test('a gateway that says that it hands out none is not asked again; one that is away is', async () => {
  let times = 0
  const refusing = make({ askPass: async () => { times++; throw new NoAccess(403, 'no pass here: take the token of the Secret') } })
  await assert.rejects(refusing.access.credential(), /token of the Secret/)
  assert.deepEqual([refusing.access.offered, refusing.clock.waiting], [false, []])
  assert.equal(times, 1)

  let away = true
  const absent = make({ askPass: async () => { if (away) throw new Error('away'); return { token: 'pass.1', expires_in_s: 900 } } })
  await assert.rejects(absent.access.credential(), /away/)
  away = false
  await absent.clock.pass(6000)
  assert.deepEqual([absent.access.kind, absent.access.problem], ['pass', null])
})

test('a browser that keeps nothing can fire all the same', async () => {
  const { access } = make({ storage: new Forbidden() })

  access.useToken('typed')

  assert.equal(await access.credential(), 'typed')
})
