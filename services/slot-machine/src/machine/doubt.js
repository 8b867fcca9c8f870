/**
 * What became of a spin whose answer is lost: the ledger names it, the game engine tells its end, analytics its reels.
 */
import { ConnectionLostError } from '../api.js'
import { SPIN_ID, areReels, isMoney } from './shapes.js'
import { WalletAwayError } from './wallet.js'

const STAKE_KEY = /^spin:([0-9a-f]{16}):stake$/
// Entries that two spins and a top-up make, and some to spare.
const LATEST = 8
// A request that broke off may still be on its way to payment.
const SURELY_ARRIVED_MS = 4000
// Longer than a stake is held, with the sweep that gives it back.
const GIVE_UP_MS = 75_000
const PAUSES_MS = [300, 500, 800, 1200, 2000, 3000]

/**
 * @param {{request: Function}} api
 * @param {object} asked
 * @param {string} asked.player
 * @param {number} asked.stake minor units.
 * @param {string|null} asked.spinId where it is known.
 * @param {(spinId: string) => boolean} asked.isKnown a spin whose end is known already.
 * @param {import('../telemetry.js').Trace} [asked.trace]
 * @param {(ms: number) => Promise<unknown>} asked.pause
 * @param {() => number} [asked.now] a clock (ms).
 * @returns {Promise<import('./spin.js').Settled|{kind: 'returned'|'not-played', balance: number}|{kind: 'unknown'}>}
 */
export async function resolve (api, { spinId, trace, pause, now = () => performance.now(), ...asked }) {
  const began = now()
  let found = spinId
  for (let round = 0; now() - began < GIVE_UP_MS; round++) {
    try {
      const asksAtMs = now() - began
      found ??= await findSpin(api, asked, trace)
      const end = found
        ? await endOf(api, asked.player, found, trace)
        : asksAtMs > SURELY_ARRIVED_MS ? await notPlayed(api, asked.player, trace) : null
      if (end) return end
    } catch (error) {
      if (!(error instanceof ConnectionLostError || error instanceof WalletAwayError)) throw error
    }
    await pause(PAUSES_MS[Math.min(round, PAUSES_MS.length - 1)])
  }
  return { kind: 'unknown' }
}

/** Find a stake in the ledger that no known spin took. */
async function findSpin (api, { player, stake, isKnown }, trace) {
  const { seq } = await read(api, `/api/v1/payment/wallets/${player}`, trace)
  const after = Math.max(0, seq - LATEST)
  const { entries } = await read(api, `/api/v1/payment/ledger/${player}?after_seq=${after}&limit=${LATEST}`, trace)
  const spins = entries
    .filter(({ kind, amount }) => kind === 'charge' && Math.abs(amount) === stake)
    .map(({ key }) => STAKE_KEY.exec(key)?.[1])
    .filter(id => id && !isKnown(id))
  return spins.at(-1) ?? null
}

async function endOf (api, player, spinId, trace) {
  const spin = await read(api, `/api/v1/game-engine/spins/${spinId}`, trace, 'unknown-spin')
  if (spin === null) return notPlayed(api, player, trace)
  if (spin.state === 'returned') return { kind: 'returned', balance: await balanceOf(api, player, trace) }
  if (spin.state !== 'settled' || !isMoney(spin.win)) return null
  const reels = await reelsOf(api, spinId, trace)
  return { kind: 'settled', spinId, reels, win: spin.win, balance: await balanceOf(api, player, trace) }
}

/** Nobody has to know the reels: the money is what counts. */
async function reelsOf (api, spinId, trace) {
  const answer = await api.request(`/api/v1/analytics/spins/${spinId}`, { trace })
  return answer.ok && SPIN_ID.test(answer.body?.spin_id) && areReels(answer.body.reels) ? answer.body.reels : null
}

async function notPlayed (api, player, trace) {
  return { kind: 'not-played', balance: await balanceOf(api, player, trace) }
}

async function balanceOf (api, player, trace) {
  return (await read(api, `/api/v1/payment/wallets/${player}`, trace)).balance
}

/** @param {string} [absent] the problem that says that there is none, which is an answer too. */
async function read (api, path, trace, absent) {
  const answer = await api.request(path, { trace })
  if (answer.ok) return answer.body
  if (absent && answer.problem === absent) return null
  throw new WalletAwayError(answer)
}
