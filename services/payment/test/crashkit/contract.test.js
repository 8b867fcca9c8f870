/**
 * What this twin and the Python crashkit have in common: both are held to packages/crashkit/tests/contract/*.json.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'

import { Guard } from '../../src/crashkit/guard.js'
import { CatalogueError, loadCatalogue } from '../../src/crashkit/loading.js'
import { Problem } from '../../src/crashkit/problem.js'
import { RunEnded, runTag } from '../../src/crashkit/run.js'
import { makeSampler } from '../../src/crashkit/telemetry.js'

const CONTRACT = fileURLToPath(new URL('../../../../packages/crashkit/tests/contract/', import.meta.url))
const CATALOGUE = loadCatalogue(join(CONTRACT, 'catalog'))
const TOKEN = 'the-token'

const rows = name => JSON.parse(readFileSync(join(CONTRACT, `${name}.json`), 'utf8')).rows
const factsOf = ({ status, code, detail, headers }) => ({ status, code, detail, headers })

/** Give what a call throws, of one kind. */
function thrown (kind, call) {
  try {
    call()
  } catch (error) {
    if (error instanceof kind) return error
    throw error
  }
  return undefined
}

for (const row of rows('guard')) {
  test(`the guard: ${row.why}`, () => {
    const policy = { enabled: row.policy.enabled, allowGet: row.policy.allow_get, token: TOKEN }
    const { service, scenario, case: name, ...request } = row.request
    let found

    const problem = thrown(Problem, () => {
      found = { case: new Guard(CATALOGUE, policy).admit(service, scenario, name, request).id }
    })

    assert.deepEqual(problem ? { problem: factsOf(problem) } : found, row.expect)
  })
}

for (const row of rows('names')) {
  test(`the case ${row.case} of ${row.scenario} is found as ${row.found}`, () => {
    assert.equal(CATALOGUE.find('till', row.scenario, row.case)?.id ?? null, row.found)
  })
}

for (const row of rows('run-tags')) {
  test(`the run tag ${JSON.stringify(row.given)} is ${row.problem ? 'refused' : 'taken'}`, () => {
    let found

    const problem = thrown(Problem, () => { found = runTag(row.given) })

    if (problem) assert.deepEqual([problem.status, problem.code, problem.detail], [400, 'run-tag', row.problem])
    else assert.deepEqual([found, null], [row.given, row.problem])
  })
}

for (const row of rows('paths')) {
  test(`the case ${row.case.join('/')} has its paths`, () => {
    const bound = CATALOGUE.find(...row.case)

    assert.deepEqual([bound.localPath, bound.path], [row.local_path, row.path])
  })
}

for (const row of rows('problems')) {
  test(`a problem ${row.status} has its body${row.trace_id ? ', with the trace' : ''}`, () => {
    assert.deepEqual(new Problem(row.status, row.code, row.detail).body(row.trace_id), row.body)
  })
}

for (const row of rows('budgets')) {
  test(`a budget: ${row.why}`, async () => {
    let nowS = 1000
    const guard = new Guard(CATALOGUE, { enabled: true, allowGet: false, token: TOKEN }, () => nowS)
    const runs = new Map()

    for (const step of row.steps) {
      nowS = 1000 + step.at_s
      const { refused, ended, count } = step
      const expected = JSON.parse(JSON.stringify({ refused, ended, count }))
      assert.deepEqual(await took(step, guard, runs), expected, JSON.stringify(step))
    }
  })
}

/** Take one step, and give what came of it. */
async function took (step, guard, runs) {
  switch (step.do) {
    case 'active':
      return { count: guard.active().length }
    case 'stop':
      return { count: guard.stop(step.run) }
    case 'end':
      await runs.get(step.run).end()
      return {}
    case 'check': {
      const ended = thrown(RunEnded, () => runs.get(step.run).run.check())
      return ended ? { ended: ended.message } : {}
    }
    default:
      return began(step, guard, runs)
  }
}

async function began (step, guard, runs) {
  const bound = CATALOGUE.find(...step.case.split('/'))
  const { promise: over, resolve } = Promise.withResolvers()
  try {
    const firing = guard.firing(bound, step.run ?? 'one', run => {
      if (step.do === 'hold') run.hold(() => {})
      if (step.do !== 'begin') return undefined
      runs.set(step.run, { run, end: () => { resolve(); return firing } })
      return over
    })
    if (step.do !== 'begin') await firing
    else await Promise.race([firing, Promise.resolve()])
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem
    const { status, code, detail, headers } = problem
    const after = headers['Retry-After']
    return { refused: { status, code, detail, ...(after ? { retry_after: after } : {}) } }
  }
  return {}
}

for (const row of rows('mistakes')) {
  test(`a mistake in the catalogue: ${row.why}`, t => {
    const folder = mkdtempSync(join(tmpdir(), 'catalogue-'))
    t.after(() => rmSync(folder, { recursive: true }))
    cpSync(join(CONTRACT, 'catalog'), folder, { recursive: true, dereference: true })
    const file = join(folder, row.file)
    const text = readFileSync(file, 'utf8')
    assert.ok(row.old === null || text.includes(row.old))
    writeFileSync(file, row.old === null ? row.new : text.replace(row.old, () => row.new))

    const error = thrown(CatalogueError, () => loadCatalogue(folder))

    assert.ok(error, 'it was accepted')
    assert.deepEqual(row.says.filter(said => !error.message.includes(said)), [], error.message)
  })
}

for (const row of rows('sampler')) {
  test(`of a trace to ${row.kind}, decided ${row.parent_sampled}, at the rate ${row.rate}, ${row.share} is kept`, () => {
    const decide = makeSampler(row.rate, () => row.kind === 'fault', () => row.kind === 'control')

    assert.equal(decide({ path: '/', parentSampled: row.parent_sampled ?? undefined }), row.share)
  })
}
