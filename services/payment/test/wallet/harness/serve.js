/**
 * A process that serves the wallets on a free port and says its number in the first line.
 */
import { createServer } from 'node:http'

import express from 'express'

import { openWallets } from '../../../src/wallet/index.js'
import { failed } from '../../../src/web/failures.js'
import { jsonBody } from '../../../src/web/json-body.js'

const { MONGODB_URI: mongodbUri = '', MONGODB_DATABASE: mongodbDatabase = '', MONGODB_TIMEOUT_MS } = process.env
const wallets = openWallets({ mongodbUri, mongodbDatabase, mongodbTimeoutMs: Number(MONGODB_TIMEOUT_MS) })
const server = createServer(express().use(jsonBody, wallets.router, failed)).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${Reflect.get(Object(server.address()), 'port')}\n`)
})
