import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { BEARER, start } from '../support/payment.js'
import { startSentry } from '../support/sentry.js'
import { waitFor } from '../support/waiting.js'

const MAIN = { program: fileURLToPath(new URL('../../src/main.js', import.meta.url)) }
const REAL_CATALOG = fileURLToPath(new URL('../../../../catalog', import.meta.url))
const LIMIT_MIB = 170
const IMAGE = readFileSync(fileURLToPath(new URL('../../Dockerfile', import.meta.url)), 'utf8')
const FLAGS = IMAGE.match(/^ENTRYPOINT .*$/m)[0].match(/--[a-z-]+=\d+/g)

for (const [why, changes, said] of [
  ['no catalogue', { CATALOG_DIR: '' }, /CATALOG_DIR: Field required/],
  ['a folder without a catalogue', { CATALOG_DIR: '/nowhere' }, /CATALOG_DIR must name the folder/],
  ['no token though faults are on', { FAULTS_TOKEN: '' }, /FAULTS_TOKEN must be set/],
  ['no database', { MONGODB_URI: '' }, /MONGODB_URI: Field required/],
  ['a database of another kind', { MONGODB_URI: 'postgres://u:hidden@h/' }, /MONGODB_URI: it has the form/],
  ['a URI that the driver refuses', { MONGODB_URI: 'mongodb://u:hidden@h:port/' }, /MONGODB_URI: the driver/],
  ['a port that is none', { PORT: '99999' }, /PORT: Input should be a whole number from 1 to 65535/],
  ['a DSN that is none', { SENTRY_DSN: 'nonsense' }, /SENTRY_DSN: it has the form/],
  ['a rate above one', { TRACES_SAMPLE_RATE: '7' }, /TRACES_SAMPLE_RATE: Input should be a number from 0 to 1/],
  ['a switch that is neither', { FAULTS_ALLOW_GET: 'perhaps' }, /FAULTS_ALLOW_GET: Input should be true or false/],
  ['two mistakes', { PORT: 'x', DRAIN_S: '-1' }, /PORT: .*; DRAIN_S: /],
  ['a host that is nobody', { HOST: 'no-such-host.invalid' }, /HOST must name a free address/]
]) {
  test(`with ${why} it ends with 2 and one line that names the variable and no value`, async t => {
    const payment = await start(t, { CATALOG_DIR: REAL_CATALOG, ...changes }, MAIN)

    const { code } = await payment.exited

    assert.equal(code, 2)
    assert.equal(payment.lines.length, 1, payment.log)
    assert.match(payment.lines[0], /^payment cannot start: /)
    assert.match(payment.lines[0], said)
    assert.doesNotMatch(payment.log, /hidden/)
  })
}

test('where its port is taken it ends with 2 and says so', async t => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  t.after(() => taken.close())

  const payment = await start(t, { CATALOG_DIR: REAL_CATALOG, PORT: String(taken.address().port) }, MAIN)
  const { code } = await payment.exited

  assert.deepEqual([code, payment.lines.length], [2, 1])
  assert.match(payment.log, /EADDRINUSE.*PORT and HOST must name a free address/)
})

test('where the catalogue and the handlers disagree it ends with 2 and says which side lacks what', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
  t.after(() => rmSync(folder, { recursive: true }))
  cpSync(REAL_CATALOG, folder, { recursive: true })
  const file = join(folder, 'payment.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n  crash:\n', '\n  crush:\n'))

  const payment = await start(t, { CATALOG_DIR: folder }, MAIN)
  const { code } = await payment.exited

  assert.equal(code, 2)
  assert.match(payment.log, /declares \['crush'\].*has \['crash'\]/)
})

test('it starts without its database, lives, and is not ready, for a reason that it names', async t => {
  const payment = await start(t, { TEST_DATABASE_NEEDED: 'true', MONGODB_TIMEOUT_MS: '200' })
  await waitFor(() => payment.log.includes('listens on port'), 'it listens')

  const live = await payment.call('GET', '/healthz/live')
  const ready = await payment.call('GET', '/healthz/ready')

  assert.deepEqual([live.status, ready.status, ready.body], [200, 503, { status: 'not-ready', reason: 'database' }])
})

test('SIGTERM ends it with 0: not ready at once, open requests finished, connections closed, events delivered', async t => {
  const sentry = await startSentry()
  t.after(() => sentry.stop())
  const payment = await (await start(t, { SENTRY_DSN: sentry.dsn })).ready()
  await payment.fire('/debug/crash')
  const open = payment.fire('/debug/slow?run=open')
  await waitFor(async () => (await payment.call('GET', '/debug/faults')).body.active.length, 'the request is open')

  const ended = payment.end()
  await waitFor(() => payment.log.includes('payment drains'), 'it drains')
  const ready = await payment.call('GET', '/healthz/ready')
  payment.child.kill('SIGTERM')
  const served = await payment.call('GET', '/notes/3')
  await payment.call('DELETE', '/debug/faults', { headers: { Authorization: BEARER } })
  const answer = await open
  const { code, signal } = await ended

  assert.deepEqual([ready.status, ready.body], [503, { status: 'draining' }])
  assert.deepEqual([served.status, served.headers.get('connection')], [200, 'close'])
  assert.equal(answer.status, 409)
  assert.deepEqual([code, signal], [0, null])
  assert.equal(sentry.of('event').length, 1)
  assert.equal(JSON.parse(payment.lines.at(-1)).message, 'payment ends')
})

test('a request that outlives the drain is cut, and the end says so', async t => {
  const payment = await (await start(t, { DRAIN_S: '1.2' })).ready()
  const open = payment.fire('/debug/slow').catch(error => error)
  await waitFor(async () => (await payment.call('GET', '/debug/faults')).body.active.length, 'the request is open')

  const { code } = await payment.end()

  assert.equal(code, 0)
  assert.ok(await open instanceof Error)
  assert.match(JSON.parse(payment.lines.at(-1)).message, /with requests still open after 1\.2 s$/)
})

test('the restarts of a container are counted where STATE_DIR outlives it', async t => {
  const folder = mkdtempSync(join(tmpdir(), 'state-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const restarts = []

  for (let boot = 0; boot < 2; boot += 1) {
    const payment = await (await start(t, { STATE_DIR: folder })).ready()
    const { text } = await payment.call('GET', '/metrics')
    restarts.push(/crash_demo_restarts\{service="payment"\} (\d+)/.exec(text)[1])
    await payment.kill()
  }

  assert.deepEqual(restarts, ['0', '1'])
})

test('every line of its log is JSON, also what Node itself warns of', async t => {
  const payment = await (await start(t, {})).ready()
  await payment.fire('/debug/rejection/error')
  await payment.end()

  const lines = payment.lines.map(line => JSON.parse(line))
  assert.ok(lines.every(line => line.service === 'payment' && line.time && line.level && line.message))
  assert.match(lines.find(line => line.level === 'error').exception, /TypeError: nobody waits for this\n +at /)
})

test(`idle it takes less than ${LIMIT_MIB} MiB, with SDK, driver and watchdog, as in its image`, async t => {
  const sentry = await startSentry()
  t.after(() => sentry.stop())
  const payment = await start(t, {
    SENTRY_DSN: sentry.dsn, CATALOG_DIR: REAL_CATALOG, NODE_OPTIONS: '--max-old-space-size=179'
  }, { ...MAIN, flags: FLAGS })
  await waitFor(() => payment.log.includes('listens on port'), 'it listens')
  await payment.call('GET', '/healthz/live')

  const [, kib] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${payment.child.pid}/status`, 'utf8'))

  assert.ok(kib / 1024 < LIMIT_MIB, `${kib / 1024} MiB`)
  t.diagnostic(`${Math.round(kib / 1024)} MiB`)
})
