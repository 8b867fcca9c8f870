/**
 * What is cut from an event that is too large, as in the Python crashkit: both are held to tests/contract/trim.json.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { parse } from '../../src/crashkit/wire/envelope.js'
import { sizes, smaller, trim } from '../../src/crashkit/wire/trimming.js'

const CONTRACT = JSON.parse(readFileSync(fileURLToPath(new URL('../../../../tests/contract/trim.json', import.meta.url)), 'utf8'))
const ID = '0123456789abcdef'.repeat(2)

/** Undo the contract's short form. */
function expanded (value) {
  if (Array.isArray(value)) return value.map(expanded)
  if (typeof value !== 'object' || value === null) return value
  if ('$text' in value) return value.$text.repeat(value.$times) + (value.$end ?? '')
  if ('$list' in value) return Array.from({ length: value.$times }, () => expanded(value.$list))
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, expanded(member)]))
}

function envelope (header, items) {
  const parts = items.map(item => {
    const payload = 'json' in item ? JSON.stringify(expanded(item.json)) : expanded(item.text)
    return `${JSON.stringify({ ...item.header, length: Buffer.byteLength(payload) })}\n${payload}\n`
  })
  return Buffer.from(`${JSON.stringify(header)}\n${parts.join('')}`)
}

const ofEvent = event => envelope({ event_id: ID }, [{ header: { type: 'event' }, json: event }])
const itemsOf = raw => parse(raw).items.map(({ header, payload }) => ({ type: header.type, json: JSON.parse(payload) }))

for (const row of CONTRACT.rows) {
  test(`an event is cut as in Python: ${row.why}`, () => {
    const trimmed = trim(envelope(row.header, row.items), row.most_bytes)

    assert.deepEqual(trimmed && itemsOf(trimmed), row.trimmed && row.trimmed.map(({ type, json }) => ({ type, json: expanded(json) })))
  })
}

test('three sizes are tried', () => {
  for (const row of CONTRACT.sizes) assert.deepEqual(sizes(row.size_bytes), row.sizes)
})

test('names that JavaScript takes for something else are members like others', () => {
  const event = JSON.parse(`{"event_id":"${ID}","extra":{"__proto__":"${'x'.repeat(3000)}","constructor":"${'y'.repeat(3000)}"},"__proto__":{"a":"${'z'.repeat(9000)}"}}`)

  const [[{ json: less }], [{ json: least }]] = [2500, 500].map(most => itemsOf(trim(ofEvent(event), most)))

  assert.deepEqual(Object.entries(less.extra), [['__proto__', null], ['constructor', null]])
  assert.deepEqual(Object.keys(less._meta.extra), ['__proto__', 'constructor'])
  assert.equal(Object.getOwnPropertyDescriptor(less, '__proto__').value.a.length, 1024)
  assert.equal(Object.getOwnPropertyDescriptor(least, '__proto__').value, null)
  assert.equal({}.rem, undefined)
})

test('what cannot be read gives no copy', () => {
  const abyss = '['.repeat(100_000)
  for (const raw of ['', '{}', 'no envelope', '{}\n{"type":"event"}\nno json', `{}\n{"type":"event"}\n${abyss}`, '{}\n{"type":"event","length":900}\n{}']) {
    assert.deepEqual([...smaller(raw)], [])
  }
})
