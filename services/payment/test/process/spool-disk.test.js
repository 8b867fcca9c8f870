/**
 * A spool that is full, that nobody can write to, or that is damaged: counted, said once, and in nobody's way.
 */
import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { start } from '../support/payment.js'
import { startSink } from '../support/sink.js'
import { capture, figures, settled, started, stateDir } from '../support/spool.js'

const CAPTURED = 25

test('a full spool is said once, counted, and in nobody\'s way: events go the SDK\'s own way', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  await sink.misbehave({ mode: 'slow', ms: 20 })
  const payment = await started(t, sink, state, { SPOOL_MAX_FILES: '5' })

  await capture(payment, CAPTURED)
  const events = await sink.wait(CAPTURED)

  assert.equal(new Set(events).size, CAPTURED)
  await settled(payment, { written: 5, full: CAPTURED - 5, delivered: 5 })
  assert.equal(payment.lines.filter(line => line.includes('the spool is full')).length, 1)
})

for (const [name, spoil] of [
  ['a spool that is a file', state => writeFileSync(state.spool, 'mine')],
  ['a spool in a file system that nobody can write to', state => { state.folder = '/proc/self' }]
]) {
  test(`${name} is said once, counted, and in nobody's way`, async t => {
    const [sink, state] = [await startSink(t), stateDir(t)]
    const outside = { ...state }
    spoil(outside)
    const payment = await started(t, sink, outside)

    await capture(payment, 3)
    const events = await sink.wait(3)

    assert.equal(events.length, 3)
    assert.deepEqual(Object.keys(await settled(payment, { unwritable: 3 })), ['unwritable'])
    assert.equal(payment.lines.filter(line => line.includes('the spool takes no event')).length, 1)
  })
}

test('a disk that is full in the middle of a file leaves no half file, and the event goes the SDK\'s own way', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  const payment = await start(t, { SENTRY_DSN: sink.dsn, STATE_DIR: state.folder, TRACES_SAMPLE_RATE: '0' }, { under: ['prlimit', '--fsize=512'] })
  await payment.ready()

  await capture(payment, 3)
  const events = await sink.wait(3)

  assert.equal(events.length, 3)
  assert.deepEqual(Object.keys(await settled(payment, { unwritable: 3 })), ['unwritable'])
  assert.deepEqual(state.files(), [])
})

test('a damaged spool is counted, said, kept aside, and does not keep the process from its start', async t => {
  const [sink, state] = [await startSink(t), stateDir(t)]
  await capture(await started(t, sink, state), 4, 'kill').catch(() => undefined)
  const [whole, cut, changed, part] = state.files()
  const damage = (name, how, as = name) => {
    const text = readFileSync(join(state.spool, name), 'utf8')
    rmSync(join(state.spool, name))
    writeFileSync(join(state.spool, as), how(text))
  }
  damage(cut, text => text.slice(0, -10))
  damage(changed, text => text.replace('one of many', 'one of money'))
  damage(part, text => text.slice(0, 300), `${part}.part`)
  writeFileSync(join(state.spool, 'no-name.envelope'), 'mine')
  mkdirSync(join(state.spool, `${'1'.repeat(19)}-${'a'.repeat(32)}.envelope`))

  const payment = await started(t, sink, state)
  const events = await sink.wait(1)

  await settled(payment, { recovered: 1, delivered: 1, corrupt: 4, half_written: 1 })
  assert.deepEqual(events, [whole.slice(20, 52)])
  assert.deepEqual(state.files(), [])
  assert.equal(payment.lines.filter(line => JSON.parse(line).level === 'warning' && line.includes('out of the way')).length, 2)
})

test('without a folder there is no spool, which is said once, and events go the SDK\'s own way', async t => {
  const [sink] = [await startSink(t)]
  const payment = await (await start(t, { SENTRY_DSN: sink.dsn })).ready()

  await capture(payment, 3)

  assert.equal((await sink.wait(3)).length, 3)
  assert.deepEqual(await figures(payment), {})
  assert.equal(payment.lines.filter(line => line.includes('no spool: STATE_DIR')).length, 1)
})
