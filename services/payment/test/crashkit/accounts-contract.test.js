/**
 * The file of the book is one file for both languages: tests/contract/book.json.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'

import { Slots } from '../../src/crashkit/accounts/slots.js'
import { waitFor } from '../support/waiting.js'

const CONTRACT = JSON.parse(readFileSync(fileURLToPath(new URL('../../../../tests/contract/book.json', import.meta.url)), 'utf8'))
const ASIDE = new URL('../../src/crashkit/accounts/aside.js', import.meta.url).href

/** Give the path of a book, with the content of a row where there is one. */
function pathOf (t, row) {
  const folder = mkdtempSync(join(tmpdir(), 'book-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'book')
  if (row) writeFileSync(path, Buffer.from(row.file_base64, 'base64'))
  return path
}

for (const row of [...CONTRACT.written, ...CONTRACT.read]) {
  test(`a book is read: ${row.why}`, t => {
    const slots = new Slots(pathOf(t, row))

    assert.deepEqual([slots.id, Object.fromEntries(slots.all())], [CONTRACT.id, row.counts])
  })
}

for (const row of CONTRACT.written) {
  test(`a book is written: ${row.why}`, t => {
    const path = pathOf(t)
    const slots = new Slots(path)
    for (const [name, number] of Object.entries(row.counts)) slots.add(name, number)

    const written = readFileSync(path, 'latin1').replace(slots.id, CONTRACT.id)

    assert.deepEqual(Buffer.from(written, 'latin1'), Buffer.from(row.file_base64, 'base64'))
  })
}

for (const row of CONTRACT.damaged) {
  test(`a damaged book is begun anew: ${row.why}`, t => {
    const slots = new Slots(pathOf(t, row))

    assert.notEqual(slots.id, CONTRACT.id)
    assert.equal(slots.all().size, 0)
  })
}

test('another thread counts by itself, and a restart keeps both counts', async t => {
  const path = pathOf(t)
  const slots = new Slots(path)
  slots.add('captured/event', 2)
  const aside = slots.aside(['captured/event'])
  const worker = new Worker(`
    const { workerData } = require('node:worker_threads')
    import(${JSON.stringify(ASIDE)}).then(({ counter }) => {
      const count = counter(workerData)
      for (let n = 0; n < 3; n += 1) count('captured/event')
      count('of no slot')
    })
  `, { eval: true, workerData: aside })
  await waitFor(() => slots.get('captured/event') === 5, 'both counts', 30)
  await worker.terminate()
  slots.close()

  const again = new Slots(path)
  again.aside(['captured/event'])

  assert.deepEqual([aside.book, Object.fromEntries(again.all())], [again.id, { 'captured/event': 5 }])
})

test('what nobody misses is in the file with the next figures', t => {
  const path = pathOf(t)
  const slots = new Slots(path)
  slots.addLater('captured/transaction', 2)
  slots.addLater('captured/transaction')
  const before = readFileSync(path, 'latin1')

  const told = Object.fromEntries(slots.all())

  assert.equal(before.includes('captured/transaction'), false)
  assert.deepEqual(told, { 'captured/transaction': 3 })
  assert.equal(readFileSync(path).readBigInt64LE(readFileSync(path).length - 8), 3n)
})

test('a count that is written at once takes with it what waited', t => {
  const path = pathOf(t)
  const slots = new Slots(path)
  slots.addLater('discarded/transaction/sample_rate')
  slots.addLater('captured/transaction')

  slots.add('captured/transaction')

  assert.equal(readFileSync(path, 'latin1').includes('discarded/transaction/sample_rate'), true)
  assert.equal(readFileSync(path).readBigInt64LE(readFileSync(path).length - 8), 2n)
})

test('where nothing can be written, counts are kept in memory', () => {
  const slots = new Slots('/proc/no-such-folder/book')
  slots.add('captured/event')

  assert.deepEqual([slots.lasting, slots.get('captured/event'), slots.aside(['x'])], [false, 1, null])
})
