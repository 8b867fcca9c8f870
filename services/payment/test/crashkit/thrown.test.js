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
  ['a proxy that was revoked', (() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()]
]) {
  test(`${name} that cannot be read is presented by an error that says so`, () => {
    const found = presentable(thrown)

    assert.equal(found.message, 'Something was thrown that cannot be read')
  })
}

for (const [name, make] of [
  ['a cause', error => Object.assign(error, { cause: Object.defineProperty(new Error('y'), 'message', throwing) })],
  ['a getter of the cause', error => Object.defineProperty(error, 'cause', throwing)],
  ['one of several', error => Object.assign(error, { errors: [new RangeError('fine'), hostile] })],
  ['a getter of several', error => Object.defineProperty(error, 'errors', throwing)]
]) {
  test(`an error of which only ${name} cannot be read is itself, but for that`, () => {
    const error = make(new TypeError('a limit was reached'))

    const found = presentable(error)

    assert.deepEqual([found.name, found.message, found.stack], ['TypeError', 'a limit was reached', error.stack])
    assert.doesNotThrow(() => [found.cause, ...(found.errors ?? [])].map(one => `${one?.message} ${one?.stack}`))
    assert.ok(found.errors === undefined || found.errors[0].message === 'fine')
  })
}

test('of what is large only so much is copied as can be shown', () => {
  const thrown = { list: Array(1e5).fill('x'), text: 'x'.repeat(1e6), bytes: Buffer.alloc(1e6), of: { it: { is: { deep: { er: 1 } } } } }

  const copy = presentable(thrown)

  assert.deepEqual([copy.list.length, copy.text.length, copy.bytes], [100, 1024, 'Buffer of 1000000 bytes'])
  assert.deepEqual(copy.of, { it: { is: { deep: '[Object]' } } })
  assert.equal(presentable(Buffer.alloc(1e6)), 'Buffer of 1000000 bytes')
})

test('a ring, and what holds itself many times, come to an end', () => {
  const ring = new AggregateError([], 'a ring')
  ring.errors.push(...Array(1000).fill(ring))

  const found = presentable(ring)

  assert.equal(found.message, 'a ring')
  assert.ok(found.errors.length < 100)
})

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
