/**
 * The wallets over HTTP: takes a request apart, and puts an entry together as an answer.
 */
import express from 'express'

import { optional, take, text, whole } from './fields.js'
import { MOST } from './money.js'
import * as answer from './answers.js'
import * as refuse from './refusals.js'

const MOST_LISTED = 1000
const LISTED = '100'
const MOST_SEQ = 9_999_999_999

const PLAYER = text(/^player-[0-9]{1,9}$/, 'player- and 1 to 9 digits, as in player-7')
const KEY = text(/^[A-Za-z0-9:_-]{8,80}$/, "8 to 80 letters, digits, ':', '_' or '-', new for each thing that is to be done")
const WALLET = { opening: whole(0, MOST.opening, 'minor units') }
const CHARGE = {
  player_id: PLAYER,
  amount: whole(1, MOST.charge, 'minor units'),
  key: KEY,
  hold_s: optional(whole(5, 600, 'seconds'))
}
const PAYOUT = { player_id: PLAYER, amount: whole(1, MOST.payout, 'minor units'), key: KEY }
const CLOSING_PAYOUT = { ...PAYOUT, amount: whole(0, MOST.payout, 'minor units'), charge_key: optional(KEY) }
const REFUND = { player_id: PLAYER, charge_key: KEY }

/**
 * Make the router of the product. It stands behind the one that reads JSON bodies, numbers exactly.
 *
 * @param {import('./operations.js').Operations} operations
 * @returns {express.Router}
 */
export function makeRouter (operations) {
  const router = express.Router()

  router.route('/wallets/:player_id')
    .put(async (request, response) => {
      const { player_id: player } = take({ ...request.params }, { player_id: PLAYER })
      const { opening } = take(request.body, WALLET)
      const { entry: last, repeated } = await operations.open(player, opening)
      send(response, repeated, { ...answer.wallet(last), opening })
    })
    .get(async (request, response) => {
      const { player_id: player } = take({ ...request.params }, { player_id: PLAYER })
      const last = await operations.read((ledger, deadline) => ledger.last(deadline, player))
      if (!last) throw refuse.unknownPlayer()
      response.json(answer.wallet(last))
    })

  router.post('/charges', async (request, response) => {
    const { player_id: player, key, amount, hold_s: holdS } = take(request.body, CHARGE)
    const { entry, repeated } = await operations.charge({ player, key, amount, holdS })
    send(response, repeated, answer.charge(entry))
  })

  router.get('/charges/:key', async (request, response) => {
    const { key } = take({ ...request.params }, { key: KEY })
    const { own, closing } = await operations.read((ledger, deadline) => ledger.byKey(deadline, key))
    if (own?.kind !== 'charge' && own?.kind !== 'void') throw refuse.noCharge()
    response.json(answer.chargeNow(own, closing))
  })

  router.post('/payouts', async (request, response) => {
    const closes = Object.hasOwn(Object(request.body), 'charge_key')
    const { player_id: player, key, amount, charge_key: chargeKey } = take(request.body, closes ? CLOSING_PAYOUT : PAYOUT)
    const { entry, repeated } = await operations.payout({ player, key, amount, chargeKey })
    send(response, repeated, answer.payout(entry))
  })

  router.post('/refunds', async (request, response) => {
    const { player_id: player, charge_key: chargeKey } = take(request.body, REFUND)
    const { entry, repeated } = await operations.refund({ player, chargeKey })
    send(response, repeated, answer.refund(entry))
  })

  router.get('/ledger/:player_id', async (request, response) => {
    const { player_id: player } = take({ ...request.params }, { player_id: PLAYER })
    const { after_seq: afterSeq, limit } = page(request.query)
    const entries = await operations.read((ledger, deadline) => ledger.list(deadline, player, afterSeq, limit))
    response.json({ player_id: player, entries: entries.map(answer.listed) })
  })

  return router
}

/**
 * Take the part of a list that a query asks for.
 *
 * @param {Record<string, unknown>} query
 */
function page (query) {
  const { after_seq: afterSeq = '0', limit = LISTED, ...unknown } = query
  return take({ after_seq: numberOf(afterSeq), limit: numberOf(limit), ...unknown }, {
    after_seq: optional(whole(0, MOST_SEQ, 'place in the ledger')),
    limit: optional(whole(1, MOST_LISTED, 'entries'))
  })
}

/** @param {unknown} given */
const numberOf = given => typeof given === 'string' && /^[0-9]{1,16}$/.test(given) ? Number(given) : given

/**
 * @param {express.Response} response
 * @param {boolean} repeated
 * @param {Record<string, unknown>} content
 */
function send (response, repeated, content) {
  response.status(repeated ? 200 : 201).json(repeated ? { ...content, repeated } : content)
}
