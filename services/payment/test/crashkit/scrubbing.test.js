import assert from 'node:assert/strict'
import { test } from 'node:test'

import { scrubbed } from '../../src/crashkit/scrubbing.js'

for (const [text, left] of [
  ['card 4000123456789010 was taken', 'card [Filtered] was taken'],
  ['card 4000 1234 5678 9010 was taken', 'card [Filtered] was taken'],
  ['card 4000-1234-5678-9010', 'card [Filtered]'],
  ['a run of 19: 1234567890123456789', 'a run of 19: [Filtered]'],
  ['cvv 123', 'cvv [Filtered]'],
  ['mail to player-7@example.com now', 'mail to [Filtered] now'],
  ['Authorization: Bearer abc.def', 'Authorization: Bearer [Filtered]'],
  ['token=abc&amount=3', 'token=[Filtered]&amount=3'],
  ['{"session": "abc"}', '{"session": "[Filtered]"}'],
  ['mongodb://u:hidden@db.example.com:27017/', 'mongodb://[Filtered]@db.example.com:27017/'],
  ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2ln', '[Filtered]'],
  ['key 9f86d081884c7d659a2feaa0c55ad015', 'key [Filtered]']
]) {
  test(`of ${JSON.stringify(text)} what must not leave the process is taken out`, () => {
    assert.equal(scrubbed(text), left)
  })
}

for (const text of [
  'player opened the wallet', 'POST /wallets/:player_id', '12.1 MiB a second of 256', 'spin 123456789012 was paid', 'run demo-1',
  'a-name-of-parts-that-is-long-and-without-digits'
]) {
  test(`${JSON.stringify(text)} stays as it is`, () => {
    assert.equal(scrubbed(text), text)
  })
}
