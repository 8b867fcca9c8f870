/**
 * Who plays, and what they have: each visitor is a player of their own, with a wallet that was opened for them.
 */
import { OPENING, TOP_UP } from './money.js'
import { UnexpectedAnswerError, readBalance } from './shapes.js'

const PLAYER = /^player-[0-9]{1,9}$/
const FIRST_NUMBER = 100_000_000 // below it are the players of tests, loads and documents
const NUMBERS = 900_000_000
const KEY = 'player'
const OTHERS = 5
const WALLETS = '/api/v1/payment/wallets'

/** Payment did not do what was asked. */
export class WalletAwayError extends Error {
  name = 'WalletAwayError'

  /** @param {import('../api.js').Answer} answer */
  constructor (answer) {
    super(`The wallet is not to be had: ${answer.status} ${answer.problem ?? ''}`.trimEnd())
    this.retryAfterS = answer.retryAfterS
  }
}

/**
 * @param {{request: Function}} api
 * @param {{getItem: (name: string) => string|null, setItem: (name: string, value: string) => void}} storage
 * @param {() => number} [random] from 0 to 1.
 */
export function makeWallet (api, storage, random = chance) {
  const remembered = storage.getItem(KEY)
  let player = remembered && PLAYER.test(remembered) ? remembered : null
  let ours = player !== null

  /** @returns {Promise<{player: string, balance: number}>} @throws when nobody answers, or not as expected. */
  async function enter (trace) {
    if (ours) {
      const answer = await api.request(`${WALLETS}/${player}`, { trace })
      if (answer.ok) return { player, balance: readBalance(answer.body) }
      if (answer.problem !== 'unknown-player') throw refused(answer)
      // The casino was built anew and knows nobody: the same name is free again.
    }
    return open(trace)
  }

  async function open (trace) {
    for (let other = 0; other < OTHERS; other++) {
      player ??= numbered(random)
      const answer = await api.request(`${WALLETS}/${player}`, { method: 'PUT', body: { opening: OPENING }, trace })
      // A wallet that was played with, or opened with something else, is somebody's.
      const taken = answer.problem === 'wallet-exists' || (answer.ok && !ours && answer.body?.repeated && answer.body.seq > 1)
      if (answer.ok && !taken) {
        ours = true
        storage.setItem(KEY, player)
        return { player, balance: readBalance(answer.body) }
      }
      if (!taken) throw refused(answer)
      player = null
      ours = false
    }
    throw new UnexpectedAnswerError('No free player was found')
  }

  /**
   * Add play money. The key makes a repetition harmless: give the same one until it is done.
   *
   * @param {string} key
   * @returns {Promise<number>} the balance.
   */
  async function topUp (key, trace) {
    const body = { player_id: player, amount: TOP_UP, key }
    const answer = await api.request('/api/v1/payment/payouts', { method: 'POST', body, trace })
    if (!answer.ok) throw refused(answer)
    return readBalance(answer.body)
  }

  return { enter, topUp, get player () { return player } }
}

/** @param {import('../api.js').Answer} answer */
const refused = answer => answer.status >= 500 || answer.status === 429
  ? new WalletAwayError(answer)
  : new UnexpectedAnswerError(`A wallet was refused: ${answer.status} ${answer.problem ?? ''}`.trimEnd())

/** @param {() => number} random */
const numbered = random => `player-${FIRST_NUMBER + Math.floor(random() * NUMBERS)}`

const chance = () => crypto.getRandomValues(new Uint32Array(1))[0] / 2 ** 32
