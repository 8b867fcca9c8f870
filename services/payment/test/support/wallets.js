/**
 * Wallets of one route, on the real driver: what a product route does to a trace, a body and a failure.
 */
import { execFileSync } from 'node:child_process'

import * as Sentry from '@sentry/node'
import { Router } from 'express'
import { Long, MongoClient } from 'mongodb'

import { Problem } from '../../src/crashkit/problem.js'
import { captureUnhandled } from '../../src/crashkit/telemetry.js'
import { failOffPath } from './off-path.js'

export function openWallets (settings) {
  const client = new MongoClient(settings.mongodbUri, { serverSelectionTimeoutMS: settings.mongodbTimeoutMs })
  const wallets = client.db(settings.mongodbDatabase).collection('wallets')
  const needed = process.env.TEST_DATABASE_NEEDED === 'true'
  const router = Router()

  router.route('/notes/:note_id')
    .get((request, response) => { response.json({ note: request.params.note_id }) })
    .post((request, response) => { response.json({ kind: typeof request.body, body: request.body }) })
  router.post('/flush', async (_request, response) => {
    await Sentry.flush(5000)
    response.json({})
  })
  router.post('/throws', request => { throw new TypeError(`a constant message${request.body ? '' : ''}`) })
  router.post('/silent', (_request, response) => { response.status(500).json({}) })
  router.post('/away', () => {
    const problem = new Problem(503, 'database-away', 'The database does not answer')
    problem.cause = new Error('connection refused')
    throw problem
  })
  router.post('/off-path/:kind/:name', (request, response) => {
    failOffPath(request.params.kind, request.params.name)
    response.status(202).json({})
  })
  router.post('/captures/:count/:then', (request, response) => {
    const fromMs = performance.now()
    for (let number = 0; number < Number(request.params.count); number += 1) captureUnhandled(new TypeError('one of many'), 'test')
    if (request.params.then === 'kill') process.kill(process.pid, 'SIGKILL')
    response.json({ took_ms: performance.now() - fromMs })
  })
  router.post('/large-capture', (_request, response) => {
    Sentry.withScope(scope => {
      for (const side of ['left', 'right']) scope.setExtra(side, Array.from({ length: 1000 }, () => 'x'.repeat(1000)))
      captureUnhandled(new TypeError('a large one'), 'test')
    })
    response.json({})
  })
  router.post('/half', (_request, response) => {
    response.write('the beginning')
    throw new TypeError('the answer had begun')
  })
  router.post('/sleep', (_request, response) => {
    execFileSync('sleep', ['2.5'])
    response.json({})
  })
  router.get('/find/:player_id', async (request, response) => {
    await wallets.insertOne({ _id: `${request.params.player_id}:${Date.now()}`, amount: Long.fromNumber(4711) })
    const found = await wallets.find({ _id: { $gt: request.params.player_id }, amount: 4711 }).toArray()
    await wallets.deleteMany({})
    response.json({ count: found.length })
  })

  return {
    router,
    sweep: { start () {} },
    async ready () { if (needed) await client.db().command({ ping: 1 }) },
    close: () => client.close()
  }
}
