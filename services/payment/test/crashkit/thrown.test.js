import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runInNewContext } from 'node:vm'

import { presentable, textOf } from '../../src/crashkit/thrown.js'

const throwing = { get () { throw new Error('nobody reads this') } }
const hostile = new Proxy({}, { ...throwing, ownKeys: throwing.get, getPrototypeOf: throwing.get })

test('an error is presented as it is, one of another realm too', () => {
  const errors = [new TypeError('one'), Object.freeze(new Error('two')), runInNewContext('new Error("three")')]

  assert.deepEqual(errors.map(presentable), errors)
  assert.ok(errors.every(error => presentable(error) === error))
})

test('an object that is no error is presented as a copy, with what cannot be read named', () => {
  class Limit { code = 'limit-reached' }
  const limit = Object.defineProperty(new Limit(), 'amount', { ...throwing, enumerable: true })

  const copy = presentable(limit)

  assert.notEqual(copy, limit)
  assert.ok(copy instanceof Limit)
  assert.deepEqual({ ...copy }, { code: 'limit-reached', amount: '[cannot be read]' })
})

for (const [name, thrown] of [
  ['a proxy', hostile],
  ['a message', Object.defineProperty(new Error('x'), 'message', throwing)],
  ['a message of the cause', new Error('x', { cause: Object.defineProperty(new Error('y'), 'message', throwing) })],
  ['a proxy that was revoked', (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()]
]) {
  test(`${name} that cannot be read is presented by an error that says so`, () => {
    const found = presentable(thrown)

    assert.equal(found.message, 'Something was thrown that cannot be read')
  })
}

test('what is no object is presented as it is, or as its text', () => {
  const found = [undefined, null, '', 0, false, 7n, Symbol('s')].map(presentable)

  assert.deepEqual(found, [undefined, null, '', 0, false, 7n, 'Symbol(s)'])
})

test('everything has a text for the log', () => {
  const bare = Object.assign(Object.create(null), { code: 'limit-reached' })

  const texts = [undefined, null, Symbol('s'), bare, hostile, new TypeError('one'), () => 1].map(textOf)

  assert.deepEqual(texts.slice(0, 5), ['undefined', 'null', 'Symbol(s)', 'an object with the keys code', 'Something was thrown that cannot be read'])
  assert.match(texts[5], /^TypeError: one\n +at /)
  assert.equal(texts[6], '() => 1')
})
