/**
 * The faults of this service, one module a kind. The table below and `catalog/payment.yaml` name the same ones.
 */
import { settle } from './async-error.js'
import { crash } from './crash.js'
import fail from './database-error.js'
import { block } from './event-loop-block.js'
import { leak } from './memory-leak.js'
import { reject } from './promise-rejection.js'
import { shareBonus } from './stack-overflow.js'
import { readLimit } from './type-error.js'

/**
 * What a scenario says that it did, as the answer's `report`.
 *
 * @typedef {Record<string, unknown>} Report
 *
 * What a scenario may use of the service.
 *
 * @typedef {object} Context
 * @property {import('../wallet/index.js').Wallets} wallets
 * @property {import('../settings.js').Settings} settings
 * @property {typeof import('@sentry/node')} sentry
 * @property {() => string | undefined} trace 32 hex digits of the request's trace.
 *
 * @callback Handler
 * @param {import('../crashkit/run.js').Run} run the firing: its case, its budget, whether it was stopped.
 * @param {Context} context
 * @returns {Promise<Report>}
 */

/** @type {Readonly<Record<string, Handler>>} */
export const HANDLERS = {
  crash,
  'promise-rejection': reject,
  'memory-leak': leak,
  'event-loop-block': block,
  'stack-overflow': shareBonus,
  'type-error': readLimit,
  'async-error': settle,
  'database-error': fail
}
