import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NoAccess } from '../../src/panel/access.js'
import { newCard, stateOf } from '../../src/panel/card.js'
import { casesOf, sectionsOf } from '../../src/panel/catalogue.js'
import { fire } from '../../src/panel/firing.js'
import { DOCUMENT } from './support/document.js'
import { Clock } from './support/clock.js'

const TRACE = 'b'.repeat(32)
const cases = new Map(casesOf(sectionsOf(DOCUMENT)).map(one => [one.id, one]))

function stage (id, statuses, more = {}) {
  const clock = new Clock()
  const one = cases.get(id)
  const log = []
  let card = newCard(one, { run: 'ada-1', now: clock.now() })
  const left = [...statuses]
  return {
    log,
    get card () { return card },
    fire: () => fire({
      one,
      clock,
      card: () => card,
      update: change => { card = change(card) },
      gateway: {
        press: async (path, sent) => { log.push(['press', path, sent]); return { status: left.shift() } },
        before: async service => { log.push(['before', service]); return { service: { ready: true, started_at: 5 }, now: 9 } }
      },
      telemetry: {
        newTrace: async (name, attributes, work) => {
          log.push(['trace', name, attributes])
          return { traceId: TRACE, result: await work({ traceId: TRACE }) }
        }
      },
      access: { credential: async () => 'pass.1', refused: async () => false },
      handlers: {},
      ...more
    })
  }
}

test('one press is one trace and one call, with the run and the credential', async () => {
  const one = stage('game-engine/crash', [500])

  await one.fire()

  assert.deepEqual(one.log, [
    ['trace', 'fire game-engine/crash', { service: 'game-engine', scenario: 'crash', run: 'ada-1' }],
    ['press', '/api/v1/game-engine/debug/crash', { run: 'ada-1', credential: 'pass.1', trace: { traceId: TRACE } }]
  ])
  assert.deepEqual([one.card.trace, stateOf(one.card)], [TRACE, 'answered'])
})

test('a case of two calls is called twice on the same trace, after a look at the container', async () => {
  const kill = stage('game-engine/memory-leak/kill', [200, 502])

  await kill.fire()

  assert.deepEqual(kill.log.map(([what]) => what), ['before', 'trace', 'press', 'press'])
  assert.deepEqual(kill.card.answers.map(answer => answer.status), [200, 502])
  assert.deepEqual(kill.card.before, { started_at: 5, now: 9 })
})

test('no further call is made after a refusal, nor after the container ended', async () => {
  for (const status of [429, 502, 0]) {
    const kill = stage('game-engine/memory-leak/kill', [status, 200])

    await kill.fire()

    assert.equal(kill.log.filter(([what]) => what === 'press').length, 1, `after ${status}`)
  }
})

test('a pass that has just ended is replaced and the press repeated, once', async () => {
  let renewed = 0
  const access = {
    credential: async () => `pass.${renewed}`,
    refused: async () => { renewed++; return true }
  }
  const one = stage('game-engine/crash', [401, 500], { access })

  await one.fire()

  const sent = one.log.filter(([what]) => what === 'press').map(([, , given]) => given.credential)
  assert.deepEqual(sent, ['pass.0', 'pass.1'])
  assert.deepEqual(one.card.answers.map(answer => answer.status), [500])
})

test('without a credential nothing is sent, and the card says why', async () => {
  const access = { credential: async () => { throw new NoAccess(401, 'Put the fault token in first.') } }
  const one = stage('game-engine/crash', [500], { access })

  await one.fire()

  assert.deepEqual(one.log, [])
  assert.deepEqual([stateOf(one.card), one.card.answers[0].detail], ['refused', 'Put the fault token in first.'])
})

test('a fault of the page goes to its function with scenario, run and trace, and to no service', async () => {
  const runs = []
  const one = stage('slot-machine/type-error', [], { handlers: { 'type-error': async run => { runs.push(run) } } })

  await one.fire()

  assert.deepEqual(one.log.map(([what]) => what), ['trace'])
  assert.deepEqual([runs[0].scenario, runs[0].run, runs[0].trace.traceId], ['type-error', 'ada-1', TRACE])
  assert.equal(stateOf(one.card), 'answered')
})
