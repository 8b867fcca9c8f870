import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerInWords, budgetInWords, counted, eventInWords, inSeconds, memoryWarningInWords, podInWords, refusalInWords } from '../../src/panel/words.js'

const POD = { ends: 'oom', after_calls: 2, recovers_within_s: 60 }

test('a budget names memory with how long it stays, then seconds, rate and how many at once', () => {
  const leak = { memory_mib: 64, wall_s: 20, hold_s: 30, per_minute: 6, at_once: 1 }
  const crash = { memory_mib: 0, wall_s: 5, hold_s: 0, per_minute: 60, at_once: 5 }

  assert.equal(budgetInWords(leak), 'holds up to 64 MiB for 30 s; runs 20 s at most; 6 a minute; one at a time')
  assert.equal(budgetInWords(crash), 'runs 5 s at most; 60 a minute; 5 at once')
  assert.equal(budgetInWords({ ...leak, hold_s: 0 }).split(';')[0], 'takes up to 64 MiB')
})

test('an answer is told with the call that breaks off, or as none where it happens in the page', () => {
  assert.equal(answerInWords({ status: 500, pod: { ends: 'none' } }), 'answers 500')
  assert.equal(answerInWords({ status: 200, pod: POD }), 'answers 200, and 502 at call 2 of 2')
  assert.equal(answerInWords({ status: 502, pod: { ...POD, after_calls: 1 } }),
    'answers 502, because the process ends before it can answer')
  assert.equal(answerInWords({}), 'no HTTP answer, it happens in this page')
})

test('an event is told by its type, or by its message, with the flags that differ from the usual', () => {
  assert.equal(eventInWords({ type: 'KeyError', message: '3', level: 'error', handled: false, count: 1 }),
    'KeyError “3”, unhandled')
  assert.equal(eventInWords({ type: 'ValueError', level: 'error', handled: true, count: 2 }), '2 × ValueError, handled')
  assert.equal(eventInWords({ type: 'TypeError', level: 'fatal', handled: false, count: 1 }), 'TypeError, unhandled, fatal')
  assert.equal(eventInWords({ message: 'It grows', level: 'warning', count: 1 }), 'warning “It grows”')
})

test('an end of a container is told with the call and the seconds until it is back', () => {
  assert.equal(podInWords({ pod: POD }), 'the kernel kills the container for its memory at call 2; ready again within 60 s')
  assert.equal(podInWords({ pod: { ends: 'none' } }), null)
})

test('the warning before a kill is told with how certain it is', () => {
  const said = ['once', 'may', 'never', undefined].map(often => memoryWarningInWords({ memory_warning: often }))

  assert.deepEqual(said, ['once, that memory is near its limit', 'perhaps once, that memory is near its limit', null, null])
})

test('each refusal says what was found and what helps', () => {
  assert.match(refusalInWords({ status: 409, code: 'already-active' }), /active already, .* Stop it, or wait\.$/)
  assert.match(refusalInWords({ status: 409, code: 'run-ended' }), /^The run was ended before/)
  assert.match(refusalInWords({ status: 429 }), /of this minute are used up\.$/)
  assert.match(refusalInWords({ status: 401 }), /wants the fault token/)
  assert.match(refusalInWords({ status: 403 }), /not allowed here/)
  assert.match(refusalInWords({ status: 0 }), /^Nothing was sent\.$/)
  assert.match(refusalInWords({ status: 418 }), /refused it with 418/)
})

test('times and counts read as people say them', () => {
  assert.deepEqual([420, 4230, 75_400].map(inSeconds), ['0.42 s', '4.2 s', '75 s'])
  assert.deepEqual([counted(1, 'event'), counted(0, 'event')], ['1 event', '0 events'])
})
