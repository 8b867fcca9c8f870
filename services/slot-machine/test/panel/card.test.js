import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  answered, called, captureOf, connectionLost, isAnswered, isFinished, isUnheard, MARGIN_MS, newCard, PUT_OFF_MS, reported, revived, settled,
  stateOf, untraced, watchedAgain, withBefore
} from '../../src/panel/card.js'
import { casesOf, sectionsOf } from '../../src/panel/catalogue.js'
import { DOCUMENT, WARNING } from './support/document.js'

const NOW = 1_700_000_000_000
const TRACE = 'a'.repeat(32)
const cases = new Map(casesOf(sectionsOf(DOCUMENT)).map(one => [one.id, one]))
const CRASHED = {
  event_id: 'e1', service: 'game-engine', level: 'error', type: 'RuntimeError', handled: false,
  title: 'RuntimeError: dictionary changed size during iteration'
}
const WARNED = { event_id: 'w1', service: 'game-engine', level: 'warning', type: null, title: WARNING.message }

function press (id) {
  return called(newCard(cases.get(id), { run: 'ada-1', now: NOW }), TRACE)
}

function report (more = {}) {
  return { trace_id: TRACE, sink: 'asked', events: [], transactions: [{ service: 'gateway' }], service: null, links: {}, now: NOW / 1000, ...more }
}

test('a press goes from firing to answered to captured, and the seconds are from the press', () => {
  const fired = press('game-engine/crash')
  const heard = answered(fired, { status: 500, ms: 30 }, NOW + 40)
  const seen = reported(heard, report({ events: [CRASHED] }), NOW + 240)

  assert.deepEqual([fired, heard, seen].map(stateOf), ['firing', 'answered', 'captured'])
  assert.equal(seen.captured_ms, 240)
  assert.equal(seen.over, true)
})

test('what is captured before the answer keeps its time, and the card waits for the answer', () => {
  const early = reported(press('game-engine/crash'), report({ events: [CRASHED] }), NOW + 150)
  const heard = answered(early, { status: 500, ms: 3000 }, NOW + 3000)

  assert.deepEqual([stateOf(early), early.over], ['firing', false])
  assert.deepEqual([stateOf(heard), heard.captured_ms], ['captured', 150])
})

test('what does not come until the promised seconds and the margin are over is missing, and can be looked for again', () => {
  const heard = answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW)
  const end = NOW + 10_000 + MARGIN_MS
  const before = settled(heard, end - 1)
  const late = settled(heard, end)
  const again = reported(watchedAgain(late, end + 60_000), report({ events: [CRASHED] }), end + 60_100)

  assert.deepEqual([stateOf(before), stateOf(late), late.over], ['answered', 'missing', true])
  assert.equal(stateOf(watchedAgain(late, end + 60_000)), 'answered')
  assert.equal(stateOf(again), 'captured')
})

test('where nobody can be asked nothing is called missing', () => {
  const heard = answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW)
  const end = reported(heard, report({ sink: 'SINK_URL is not set' }), NOW + 10_000 + MARGIN_MS)

  assert.deepEqual([stateOf(end), end.over], ['answered', true])
})

test('a refusal ends the card at once; the same status is no refusal where the catalogue promises it', () => {
  const busy = answered(press('game-engine/crash'), { status: 409, ms: 3, code: 'already-active' }, NOW + 3)
  const promised = newCard({ ...cases.get('game-engine/crash'), expect: { ...cases.get('game-engine/crash').expect, status: 409 } },
    { run: 'ada-2', now: NOW })

  assert.deepEqual([stateOf(busy), settled(busy, NOW + 4).over], ['refused', true])
  assert.equal(stateOf(answered(called(promised, TRACE), { status: 409, ms: 3 }, NOW + 3)), 'answered')
})

test('a service that cannot be reached has not fired, one that is too slow may have', () => {
  const absent = answered(press('game-engine/crash'), { status: 503, ms: 3, retry_after_s: 2 }, NOW + 3)
  const slow = answered(press('game-engine/crash'), { status: 504, ms: 9000 }, NOW + 9000)

  assert.deepEqual([absent, slow].map(stateOf), ['refused', 'answered'])
})

test('a case of two calls waits for both answers, and owes the events of both', () => {
  const one = answered(press('game-engine/memory-leak/kill'), { status: 200, ms: 90 }, NOW + 90)
  const both = answered(called(one, TRACE), { status: 502, ms: 70 }, NOW + 200)

  assert.deepEqual([isAnswered(one), stateOf(one)], [false, 'firing'])
  assert.deepEqual([isAnswered(both), captureOf(both).due], [true, 2])
})

test('a container that ends at an earlier call than promised ends the calls too, and owes only what was called', () => {
  const early = answered(press('game-engine/memory-leak/kill'), { status: 502, ms: 90 }, NOW + 90)

  assert.deepEqual([isAnswered(early), captureOf(early).due], [true, 1])
})

test('a container that ends is restarting once it is away, and ready only with a new start', () => {
  const started = NOW / 1000 - 100
  const before = withBefore(newCard(cases.get('game-engine/memory-leak/kill'), { run: 'ada-1', now: NOW }),
    report({ service: { name: 'game-engine', ready: true, started_at: started } }))
  const one = answered(called(before, TRACE), { status: 200, ms: 90 }, NOW + 90)
  const two = answered(called(one, TRACE), { status: 502, ms: 70 }, NOW + 200)
  const events = [WARNED, { ...WARNED, event_id: 'w2' }]
  const old = reported(two, report({ events, service: { ready: true, started_at: started } }), NOW + 300)
  const away = reported(old, report({ events, service: { ready: false, started_at: null } }), NOW + 900)
  const back = reported(away, report({ events, service: { ready: true, started_at: NOW / 1000 + 4 } }), NOW + 5400)

  assert.deepEqual([old, away, back].map(stateOf), ['restarting', 'restarting', 'ready'])
  assert.deepEqual([old.ready_ms, away.down_ms, back.ready_ms], [null, 900, 5400])
  assert.deepEqual([old.over, back.over], [false, true])
})

test('a restart that is put off is waited for as long as a kubelet may put it off, then it is missing', () => {
  const card = reported(answered(press('payment/crash/uncaught'), { status: 502, ms: 70 }, NOW), report({
    events: [{ event_id: 'f', service: 'payment', level: 'fatal', type: 'TypeError', handled: false, title: 'TypeError: Cannot mix BigInt' }],
    service: { ready: false, started_at: null }
  }), NOW + 100)

  assert.equal(stateOf(settled(card, NOW + 70_000)), 'restarting')
  assert.equal(stateOf(settled(card, NOW + 60_000 + PUT_OFF_MS)), 'missing')
})

test('without a look before the press, a start after it is told from one before it by the time of the press', () => {
  const card = answered(press('payment/crash/uncaught'), { status: 502, ms: 70 }, NOW + 70)
  const old = reported(card, report({ service: { ready: true, started_at: NOW / 1000 - 500 } }), NOW + 200)
  const back = reported(card, report({ service: { ready: true, started_at: NOW / 1000 + 3 } }), NOW + 4000)

  assert.deepEqual([old.ready_ms, back.ready_ms], [null, 4000])
})

test('a fault of the page has no status and is captured like any other', () => {
  const fired = press('slot-machine/type-error')
  const done = answered(fired, { status: null, ms: 2 }, NOW + 2)
  const seen = reported(done, report({
    events: [{ event_id: 'p', service: 'slot-machine', level: 'error', type: 'TypeError', handled: false, title: 'TypeError: x is null' }]
  }), NOW + 300)

  assert.deepEqual([fired, done, seen].map(stateOf), ['firing', 'answered', 'captured'])
})

test('a lost connection is told and leaves what is known; the next answer mends it', () => {
  const heard = answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW + 40)
  const away = connectionLost(heard)
  const seen = reported(away, report({ events: [CRASHED] }), NOW + 9000)

  assert.deepEqual([away.lost, stateOf(away)], [true, 'answered'])
  assert.deepEqual([seen.lost, stateOf(seen)], [false, 'captured'])
})

test('after a reload an answered card goes on, one that waited says that its answer is lost, one without a trace ends', () => {
  const waiting = press('game-engine/crash')
  const heard = answered(waiting, { status: 500, ms: 30 }, NOW + 40)
  const bare = newCard(cases.get('game-engine/crash'), { run: 'ada-1', now: NOW })
  const back = revived(JSON.parse(JSON.stringify(waiting)), NOW + 2000)

  assert.deepEqual(revived(heard, NOW + 2000), heard)
  assert.deepEqual([stateOf(back), back.over], ['answered', false])
  assert.equal(isUnheard(back), true)
  assert.deepEqual([stateOf(revived(bare, NOW + 2000)), revived(bare, NOW + 2000).over], ['refused', true])
})

test('after the capture the spans of page, gateway and service are waited for, without holding the state back', () => {
  const one = { ...cases.get('game-engine/crash'), expect: { ...cases.get('game-engine/crash').expect, items: { transaction: 1 } } }
  const fired = called(newCard(one, { run: 'ada-1', now: NOW, pageSends: true }), TRACE)
  const heard = answered(fired, { status: 500, ms: 30 }, NOW + 40)
  const seen = reported(heard, report({ events: [CRASHED], transactions: [{ service: 'game-engine' }] }), NOW + 240)
  const whole = reported(seen, report({
    events: [CRASHED], transactions: ['game-engine', 'slot-machine', 'gateway'].map(service => ({ service }))
  }), NOW + 2240)

  assert.deepEqual([stateOf(seen), isFinished(seen), seen.over], ['captured', true, false])
  assert.deepEqual(untraced(seen), ['slot-machine', 'gateway'])
  assert.deepEqual([stateOf(whole), whole.over, whole.captured_ms, whole.traced_ms], ['captured', true, 240, 2240])
  assert.equal(stateOf(settled(seen, NOW + 60_000)), 'captured')
})

test('a call that nobody answered may have been fired: it is looked for, and missing only when nothing of it arrives', () => {
  const unheard = answered(press('game-engine/crash'), { status: 0, ms: 900 }, NOW + 900)
  const seen = reported(unheard, report({ events: [CRASHED] }), NOW + 1500)

  assert.deepEqual([stateOf(unheard), stateOf(seen)], ['answered', 'captured'])
  assert.equal(stateOf(settled(unheard, NOW + 900 + 15_000)), 'answered')
  assert.equal(stateOf(settled(unheard, NOW + 900 + 20_000)), 'missing')
})
