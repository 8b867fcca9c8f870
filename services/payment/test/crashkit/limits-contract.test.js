/**
 * For how long an answer wants to be left alone, as in Python: both are held to tests/contract/limits.json.
 */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { limitedS } from '../../src/crashkit/spool/pace.js'
import { limitsOf } from '../../src/crashkit/wire/limits.js'

const CONTRACT = JSON.parse(readFileSync(fileURLToPath(new URL('../../../../tests/contract/limits.json', import.meta.url)), 'utf8'))

for (const row of CONTRACT.rows) {
  test(`limits are read as in Python: ${row.why}`, () => {
    const answer = { status: row.status, rateLimits: row.rate_limits ?? undefined, retryAfter: row.retry_after ?? undefined }

    assert.deepEqual(Object.fromEntries(limitsOf(answer, CONTRACT.now_s * 1000)), row.limits)
    assert.equal(limitedS(answer, CONTRACT.now_s * 1000), row.spool_s)
  })
}
