/**
 * What this spool and that of the Python crashkit have in common: both are held to tests/contract/spool.json.
 */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { asSent, decoded, eventIdOf, firstLine, kindOf, nameOf, parseName } from '../../src/crashkit/spool/format.js'
import { backoffS, becomes } from '../../src/crashkit/spool/pace.js'
import { poster } from '../../src/crashkit/spool/post.js'
import { Sender } from '../../src/crashkit/spool/sender.js'
import { Store } from '../../src/crashkit/spool/store.js'
import { startSentry } from '../support/sentry.js'

const CONTRACT = JSON.parse(readFileSync(fileURLToPath(new URL('../../../../tests/contract/spool.json', import.meta.url)), 'utf8'))
const bytesOf = (row, name) => Buffer.from(row[`${name}_base64`] ?? row[name], `${name}_base64` in row ? 'base64' : 'utf8')

for (const row of CONTRACT.names) {
  test(`the name ${JSON.stringify(row.name)} is ${row.is}`, () => {
    const parsed = parseName(row.name)

    assert.equal(kindOf(row.name), row.is)
    assert.deepEqual(parsed && [String(parsed.writtenAtNs), parsed.eventId], row.is === 'envelope' ? [row.written_at_ns, row.event_id] : null)
  })
}

for (const row of CONTRACT.files) {
  test(`a file is ${row.good ? 'good' : 'bad'}: ${row.why}`, () => {
    const content = bytesOf(row, 'content')

    const body = decoded(parseName(row.name).eventId, content)

    assert.deepEqual(body, row.good ? content.subarray(row.start, row.start + row.length) : null)
  })
}

for (const row of CONTRACT.written) {
  test(`a file is written as in Python: ${row.why}`, () => {
    const body = bytesOf(row, 'envelope')

    const content = Buffer.concat([firstLine(row.event_id, body), body])

    assert.equal(nameOf(BigInt(row.written_at_ns), row.event_id), row.name)
    assert.deepEqual(content, bytesOf(row, 'content'))
  })
}

for (const row of CONTRACT.answers) {
  test(`the answer ${row.status} means ${row.becomes}`, () => {
    assert.equal(becomes(row.status), row.becomes)
  })
}

for (const row of CONTRACT.backoff) {
  test(`after ${row.failures} failures in a row the wait is from ${row.least_s} to ${row.most_s} s`, () => {
    const [least, most, any] = [() => 0, () => 1, Math.random].map(random => backoffS(row.failures, random))

    assert.deepEqual([least, most], [row.least_s, row.most_s])
    assert.ok(any >= least && any <= most)
  })
}

for (const row of CONTRACT.late) {
  test(`an envelope is posted: ${row.why}`, () => {
    const posted = asSent(bytesOf(row, 'envelope'), BigInt(row.written_at_ns), BigInt(row.now_ns))

    assert.equal(posted.toString(), row.posted)
  })
}

for (const row of CONTRACT.starts) {
  test(`a start makes of a folder what the contract says: ${row.why}`, async t => {
    const folder = mkdtempSync(join(tmpdir(), 'spool-'))
    t.after(() => rmSync(folder, { recursive: true }))
    for (const file of row.files) writeFileSync(join(folder, file.name), bytesOf(file, 'content'))
    const sentry = await startSentry()
    t.after(() => sentry.stop())
    const post = poster(`${new URL(sentry.dsn).origin}/api/3/envelope/`)
    const store = new Store(folder, 2 ** 26, 2000)
    const lost = []
    // One by one, to see in which order.
    let latest = Promise.resolve()
    const sender = new Sender(store, body => { latest = latest.then(() => post(body)); return latest }, reason => lost.push(reason))
    t.mock.method(process.stderr, 'write', () => true)

    const whole = await sender.recover(10_000)

    const files = readdirSync(folder).filter(name => name !== 'bad')
    const bad = existsSync(join(folder, 'bad')) ? readdirSync(join(folder, 'bad')) : []
    const counts = Object.fromEntries(Object.entries(store.counts).filter(([, count]) => count))
    assert.equal(whole, true)
    assert.deepEqual(sentry.of('event').map(event => event.event_id), row.sent)
    assert.deepEqual([counts, files.sort(), bad.sort()], [row.counts, row.left, row.bad])
    assert.equal(lost.length, (row.counts.corrupt ?? 0) + (row.counts.half_written ?? 0))
    assert.deepEqual([store.files, store.sizeBytes], [0, 0])
  })
}

test('the rest of the contract', t => {
  const folder = mkdtempSync(join(tmpdir(), 'spool-'))
  t.after(() => rmSync(folder, { recursive: true }))
  t.mock.method(process.stderr, 'write', () => true)
  mkdirSync(folder, { recursive: true })
  for (let number = 0; number < CONTRACT.bad_most_files + 5; number += 1) {
    writeFileSync(join(folder, `${String(number).padStart(19, '0')}-${'a'.repeat(32)}.envelope`), 'bad')
  }
  const store = new Store(folder, 2 ** 26, 2000)

  for (const entry of store.leftovers().found) store.read(entry)

  assert.equal(readdirSync(join(folder, 'bad')).length, CONTRACT.bad_most_files)
  assert.equal(store.counts.corrupt, CONTRACT.bad_most_files + 5)
})

test('an event id is 32 hex digits, however it is written', () => {
  const found = ['0123456789ABCDEF0123456789abcdef', '01234567-89ab-cdef-0123-456789abcdef', 'x', undefined].map(eventIdOf)

  assert.deepEqual(found, [...Array(2).fill('0123456789abcdef0123456789abcdef'), null, null])
})
