import { test } from 'node:test'
import { deepEqual, equal } from 'node:assert/strict'

import { audited } from './harness/audit.js'
import { freshDatabase } from './harness/database.js'
import { startService } from './harness/service.js'

/** Values as they stand in the text of the request, and what the answer says was found. */
const NO_WHOLE_NUMBER = [
  ['true', 'the boolean true'],
  ['null', 'null'],
  ['"5"', 'a text of 1 characters'],
  ['"NaN"', 'a text of 3 characters'],
  ['[5]', 'a list'],
  ['{"$gt":0}', 'an object'],
  ['1.5', 'the number 1.5'],
  ['1.0', 'the number 1.0'],
  ['1.0000000000000001', 'the number 1.0000000000000001'],
  ['1e2', 'the number 1e2'],
  ['-0', 'the number -0'],
  ['-5', 'the number -5'],
  ['9007199254740993', 'the number 9007199254740993'],
  ['1e400', 'the number 1e400']
]
const NO_TEXT = [
  ['7', 'the number 7'],
  ['false', 'the boolean false'],
  ['null', 'null'],
  ['["player-7"]', 'a list'],
  ['{"$ne":null}', 'an object']
]
const BAD_PLAYER = [...NO_TEXT, ...['', 'player-', 'player-1234567890', 'Player-7', 'player-7 ', 'player-7\\n', 'player-7:', 'player-٧'].map(asText)]
const BAD_KEY = [...NO_TEXT, ...['', 'short-7', 'k'.repeat(81), 'key with spaces', 'refund/abcdef', 'key-\\u0000-null', 'schlüssel'].map(asText)]

/** @param {string} text @returns {[string, string]} */
function asText (text) {
  return [`"${text}"`, `a text of ${JSON.parse(`"${text}"`).length} characters`]
}

/** @type {Record<string, { method: string, path: string, good: Record<string, string>, bad: Record<string, string[][]> }>} */
const REQUESTS = {
  'PUT /wallets': {
    method: 'PUT',
    path: '/wallets/player-9',
    good: { opening: '5' },
    bad: { opening: [...NO_WHOLE_NUMBER, ['1000000001', 'the number 1000000001']] }
  },
  'POST /charges': {
    method: 'POST',
    path: '/charges',
    good: { player_id: '"player-7"', amount: '5', key: '"charge-key"' },
    bad: {
      player_id: BAD_PLAYER,
      amount: [...NO_WHOLE_NUMBER, ['0', 'the number 0'], ['1000001', 'the number 1000001']],
      key: BAD_KEY,
      hold_s: [...NO_WHOLE_NUMBER, ['4', 'the number 4'], ['601', 'the number 601']]
    }
  },
  'POST /payouts': {
    method: 'POST',
    path: '/payouts',
    good: { player_id: '"player-7"', amount: '5', key: '"payout-key"' },
    bad: {
      player_id: BAD_PLAYER,
      amount: [...NO_WHOLE_NUMBER, ['0', 'the number 0'], ['100000001', 'the number 100000001']],
      key: BAD_KEY,
      charge_key: BAD_KEY
    }
  },
  'POST /refunds': {
    method: 'POST',
    path: '/refunds',
    good: { player_id: '"player-7"', charge_key: '"charge-key"' },
    bad: { player_id: BAD_PLAYER, charge_key: BAD_KEY }
  }
}

/** @param {Record<string, string>} fields */
const written = fields => `{${Object.entries(fields).map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`

for (const [name, { method, path, good, bad }] of Object.entries(REQUESTS)) {
  test(`${name} refuses each value that does not fit, names the field and says what it found`, async t => {
    const database = freshDatabase(t)
    const casino = await startService(t, { database })
    await casino.open('player-7', 500)
    const values = Object.entries(bad).flatMap(([field, list]) => list.map(([value, found]) => ({ field, value, found })))

    const answers = await Promise.all(values.map(({ field, value }) =>
      casino.ask(method, path, written({ ...good, [field]: String(value) }))))

    deepEqual(
      values.map(({ field, value, found }) => ({ value, said: [422, 'urn:crash-demo:problem:fields', field, found] })),
      answers.map(({ status, body }, index) =>
        ({ value: values[index]?.value, said: [status, body.type, ...body.errors.map((/** @type {any} */ { field, found }) => [field, found]).flat()] }))
    )
    equal(1, (await audited(database)).get('player-7')?.entries.length)
  })

  test(`${name} refuses what is missing and what it does not know, all at once`, async t => {
    const casino = await startService(t, { database: freshDatabase(t) })

    const { status, body } = await casino.ask(method, path, '{"currency":"EUR","__proto__":{"amount":5}}')

    deepEqual([422, [
      ...Object.keys(good).map(field => [field, 'nothing']), ['currency', 'an unknown field'], ['__proto__', 'an unknown field']
    ]], [status, body.errors.map((/** @type {any} */ { field, found }) => [field, found])])
  })

  test(`${name} refuses bodies that are no JSON object`, async t => {
    const casino = await startService(t, { database: freshDatabase(t) })
    const json = { 'Content-Type': 'application/json' }
    /** @type {[string, Record<string, string>, string][]} */
    const bodies = [
      ['{"amount":NaN}', json, '400 json'],
      ['{"amount":', json, '400 json'],
      ["{'amount':5}", json, '400 json'],
      ['[]', json, '422 fields'],
      ['null', json, '422 fields'],
      ['5', json, '422 fields'],
      ['5.5', json, '422 fields'],
      ['"text"', json, '422 fields'],
      [written(good), { 'Content-Type': 'text/plain' }, '415 content-type'],
      [written(good), { 'Content-Type': 'application/x-www-form-urlencoded' }, '415 content-type'],
      [written(good), { 'Content-Type': 'application/json; charset=latin1' }, '415 content-type'],
      [written(good), { ...json, 'Content-Encoding': 'gzip' }, '415 content-type'],
      [`{"padding":"${'x'.repeat(70_000)}"}`, json, '413 too-large']
    ]

    const answers = await Promise.all(bodies.map(([body, headers]) => casino.ask(method, path, body, headers)))

    deepEqual(
      bodies.map(([body, , said]) => [body.slice(0, 20), said]),
      answers.map(({ status, body }, index) => [bodies[index]?.[0].slice(0, 20), `${status} ${body.type.split(':').at(-1)}`])
    )
  })
}

test('a payout of nothing must name the charge that it confirms', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })
  await casino.open('player-7', 500)

  const { status, body } = await casino.post('/payouts', { player_id: 'player-7', amount: 0, key: 'payout-key' })

  deepEqual([422, 'amount'], [status, body.errors[0].field])
})

test('names in a path and numbers in a query are checked as well', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })

  const answers = await Promise.all([
    casino.get('/wallets/player-x'),
    casino.ask('PUT', '/wallets/7', { opening: 5 }),
    casino.get('/ledger/player-7%3A'),
    casino.get('/charges/refund%2Fabcdefgh'),
    casino.get('/ledger/player-7?limit=0'),
    casino.get('/ledger/player-7?limit=1.5'),
    casino.get('/ledger/player-7?limit=1001'),
    casino.get('/ledger/player-7?limit=5&limit=6'),
    casino.get('/ledger/player-7?after_seq=-1'),
    casino.get('/ledger/player-7?after=1')
  ])

  deepEqual(
    ['player_id', 'player_id', 'player_id', 'key', 'limit', 'limit', 'limit', 'limit', 'after_seq', 'after'].map(field => [422, field]),
    answers.map(({ status, body }) => [status, body.errors?.[0].field])
  )
})

test('a known path says which methods it takes', async t => {
  const casino = await startService(t, { database: freshDatabase(t) })

  const { status, headers } = await casino.get('/charges')

  deepEqual([405, 'POST'], [status, headers.get('Allow')])
})
