import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answered, called, connectionLost, newCard, reported, revived, settled } from '../../src/panel/card.js'
import { casesOf, sectionsOf } from '../../src/panel/catalogue.js'
import { announcementOf, sentencesOf, stateInWords, stepsOf, verdictOf } from '../../src/panel/view/steps.js'
import { DOCUMENT, WARNING } from './support/document.js'

const NOW = 1_700_000_000_000
const cases = new Map(casesOf(sectionsOf(DOCUMENT)).map(one => [one.id, one]))
const CRASHED = {
  event_id: 'e1', service: 'game-engine', level: 'error', type: 'RuntimeError', handled: false,
  title: 'RuntimeError: dictionary changed size during iteration'
}
const WARNED = { event_id: 'w1', service: 'game-engine', level: 'warning', type: null, title: WARNING.message }

function press (id) {
  return called(newCard(cases.get(id), { run: 'ada-1', now: NOW }), 'c'.repeat(32))
}

function report (events, more = {}) {
  return { sink: 'asked', events, transactions: [{ service: 'gateway' }], links: {}, now: NOW / 1000, ...more }
}

function told (card, at = NOW + 1000) {
  return stepsOf(card, at).map(step => [step.key, step.is, step.what, step.ms])
}

test('a captured firing reads as steps that are done, with the seconds of each', () => {
  const card = reported(answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW + 40), report([CRASHED]), NOW + 420)

  assert.deepEqual(told(card), [
    ['fired', 'done', '', null],
    ['answered', 'done', '500, as promised', 40],
    ['captured', 'done', '1 of 1 event', 420],
    ['traced', 'done', 'gateway', 420]
  ])
  assert.equal(verdictOf(card), 'captured · 0.42 s')
  assert.equal(announcementOf(card), 'Crash in a spin: captured after 0.42 s.')
  assert.deepEqual(sentencesOf(card, NOW), [])
})

test('two calls are told as they go, and their container as a step of its own', () => {
  const first = answered(press('game-engine/memory-leak/kill'), { status: 200, ms: 90 }, NOW + 90)
  const both = answered(called(first, null), { status: 502, ms: 70 }, NOW + 200)
  const back = reported(both, report([WARNED, { ...WARNED, event_id: 'w2' }],
    { service: { ready: true, started_at: NOW / 1000 + 5 } }), NOW + 6000)

  assert.deepEqual(told(called(first, null), NOW + 100).slice(0, 2),
    [['fired', 'done', 'call 2 of 2', null], ['answered', 'now', '200; call 2 runs', 100]])
  assert.deepEqual(told(both).at(-1), ['container', 'now', 'the container ends', 1000])
  assert.deepEqual(told(back).slice(1), [
    ['answered', 'done', '200, then 502, as promised', 200],
    ['captured', 'done', '2 of 2 events', 6000],
    ['traced', 'done', 'gateway', 6000],
    ['container', 'done', 'the container has restarted', 6000]
  ])
  assert.equal(announcementOf(back), 'Memory leak, kill: ready again after 6.0 s.')
})

test('a restart that is later than promised is told as put off, not as lost', () => {
  const card = answered(press('payment/crash/uncaught'), { status: 502, ms: 70 }, NOW)

  assert.match(told(card, NOW + 61_000).at(-1)[2], /^later than the promised 60 s; Kubernetes puts off/)
})

test('a refusal is a step that went wrong, with its reason and the seconds to wait, and nothing is waited for', () => {
  const card = settled(answered(press('game-engine/crash'), { status: 429, ms: 2, retry_after_s: 12, detail: 'Too often.' }, NOW), NOW)

  assert.deepEqual(told(card).slice(1), [['answered', 'bad', '429, refused', 0]])
  assert.deepEqual(sentencesOf(card, NOW + 2000).map(one => one.text),
    ['Its firings of this minute are used up.', 'Too often.', 'It can be fired again in 10 s.'])
  assert.equal(sentencesOf(card, NOW + 20_000)[2].text, 'It can be fired again now.')
})

test('another status than promised is shown as such', () => {
  const card = answered(press('game-engine/crash'), { status: 504, ms: 30 }, NOW + 40)

  assert.deepEqual(told(card)[1], ['answered', 'bad', '504; promised 500', 40])
})

test('duplicates, wrong flags, what is lost, and a connection that is away are each said in words', () => {
  const heard = answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW)
  const twice = reported(heard, report([CRASHED, { ...CRASHED, event_id: 'e2' }]), NOW + 300)
  const flag = reported(heard, report([{ ...CRASHED, handled: true }]), NOW + 300)
  const lost = settled(heard, NOW + 60_000)

  assert.deepEqual(told(twice).at(2), ['captured', 'bad', '1 of 1 event, 1 duplicate', 300])
  assert.deepEqual(sentencesOf(flag, NOW).map(one => one.text), ['RuntimeError is handled, promised unhandled.'])
  assert.deepEqual(sentencesOf(lost, NOW).map(one => one.text),
    ['Not captured within 10 s after the answer: RuntimeError. It is lost, or very late.'])
  assert.deepEqual(sentencesOf(connectionLost(heard), NOW).map(one => one.text), ['Connection lost, trying again.'])
})

test('where nobody can be asked the step is unsure and the reason is said', () => {
  const heard = answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW)
  const card = settled(reported(heard, report([], { sink: 'SINK_URL is not set' }), NOW + 300), NOW + 60_000)

  assert.deepEqual(told(card).at(-1), ['captured', 'unsure', 'nobody can be asked', null])
  assert.equal(stateInWords(card), 'answered, not looked for')
  assert.equal(sentencesOf(card, NOW)[0].text, 'Nobody can be asked what was captured: SINK_URL is not set.')
})

test('a page fault is set off, not answered, and a reload is told', () => {
  const card = answered(press('slot-machine/type-error'), { status: null, ms: 3 }, NOW + 3)

  assert.deepEqual(told(card)[1], ['answered', 'done', 'in this page, no HTTP', 3])
  assert.match(sentencesOf(revived(press('game-engine/crash'), NOW + 500), NOW)[0].text, /^No answer came: /)
})

test('spans that have not come are named, as to come and in the end as not come, and are no failure', () => {
  const heard = answered(press('game-engine/crash'), { status: 500, ms: 30 }, NOW)
  const some = reported(heard, report([CRASHED], { transactions: [] }), NOW + 300)

  assert.deepEqual(told(some).at(-1), ['traced', 'now', 'gateway to come', null])
  assert.deepEqual(told(settled(some, NOW + 60_000)).at(-1), ['traced', 'unsure', 'gateway did not come', null])
  assert.equal(stateInWords(settled(some, NOW + 60_000)), 'captured')
})
