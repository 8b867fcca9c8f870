import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isNew } from '../../src/crashkit/told.js'

for (const [name, make] of [['an error', () => new Error('x')], ['a frozen error', () => Object.freeze(new Error('x'))]]) {
  test(`${name} is new once in each request`, () => {
    const [error, one, other] = [make(), {}, {}]

    const found = [one, one, other, other].map(scope => isNew(error, scope))

    assert.deepEqual(found, [true, false, true, false])
  })
}

test('what the SDK has marked in one request it does not drop in the next', () => {
  const error = Object.defineProperty(new Error('x'), '__sentry_captured__', { value: true, configurable: true })
  isNew(error, {})

  const other = {}
  isNew(error, other)

  assert.equal('__sentry_captured__' in error, false)
})

test('what is no error is always new', () => {
  const scope = {}

  assert.deepEqual(['text', 'text', null, undefined].map(thrown => isNew(thrown, scope)), [true, true, true, true])
})
