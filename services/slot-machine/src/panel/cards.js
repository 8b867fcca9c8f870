/**
 * The cards of this tab: fired, watched until everything has come or is known not to come, and kept over a reload.
 */
import * as card from './card.js'
import { fire } from './firing.js'
import { poll } from './poller.js'
import { runTag } from './presenter.js'
import { keepCards, keptCards, MOST_CARDS } from './store.js'

export class Cards {
  #given
  #all = []
  #polls = new Map()
  #lastAt = 0

  /**
   * @param {object} given `gateway`, `telemetry`, `access`, `handlers`, `api`, `clock`, `storage`, `pageSends`, and
   *   `onChange(cards, before, after)`, where one card was `before` and is `after`, or both are null.
   */
  constructor (given) {
    this.#given = given
  }

  get all () {
    return this.#all
  }

  get someLive () {
    return this.#all.some(one => !card.isFinished(one))
  }

  /** Take up what the tab has kept. */
  revive () {
    const now = this.#given.clock.now()
    this.#all = keptCards(this.#given.storage).map(kept => card.revived(kept, now))
    for (const one of this.#all) if (!one.over) this.#watch(one.run)
    this.#changed(null, null)
  }

  /**
   * Fire a case.
   *
   * @param {object} one the case, with its scenario.
   * @param {string} presenter
   */
  async fire (one, presenter) {
    const now = this.#given.clock.now()
    this.#lastAt = Math.max(Math.floor(now), this.#lastAt + 1)
    const run = runTag(presenter, this.#lastAt)
    this.#all = [card.newCard(one, { run, now, pageSends: this.#given.pageSends }), ...this.#all]
    for (const old of this.#all.slice(MOST_CARDS)) this.remove(old.run)
    this.#changed(null, this.#find(run))
    const { gateway, telemetry, access, handlers, api, clock } = this.#given
    await fire({
      one, gateway, telemetry, access, handlers, api, clock,
      card: () => this.#find(run) ?? card.newCard(one, { run, now }),
      update: change => {
        this.#update(run, change)
        this.#watch(run)
      }
    })
  }

  look (run) {
    this.#update(run, one => card.watchedAgain(one, this.#given.clock.now()))
    this.#watch(run)
  }

  remove (run) {
    this.#polls.get(run)?.stop()
    this.#polls.delete(run)
    this.#all = this.#all.filter(one => one.run !== run)
    this.#changed(null, null)
  }

  removeOver () {
    for (const one of this.#all.filter(card.isFinished)) this.remove(one.run)
  }

  /** Ask for all of them at once: the connection may be back. */
  hurry () {
    for (const each of this.#polls.values()) each.hurry()
  }

  close () {
    for (const each of this.#polls.values()) each.stop()
    this.#polls.clear()
  }

  /** Ask what became of it, once it has a trace; each call and each answer is a reason to ask at once. */
  #watch (run) {
    const one = this.#find(run)
    if (!one?.trace || one.over) return
    if (this.#polls.has(run)) {
      this.#polls.get(run).hurry()
      return
    }
    const { gateway, clock } = this.#given
    const service = card.mustRestart(one) ? one.service : null
    this.#polls.set(run, poll({
      clock,
      ask: signal => gateway.firing(one.trace, service, signal),
      onAnswer: report => this.#update(run, now => card.reported(now, report, clock.now())),
      onLost: () => this.#update(run, now => card.settled(card.connectionLost(now), clock.now())),
      isOver: () => this.#find(run)?.over ?? true
    }))
  }

  #update (run, change) {
    const before = this.#find(run)
    if (!before) return
    const after = change(before)
    this.#all = this.#all.map(one => one.run === run ? after : one)
    if (after.over) {
      this.#polls.get(run)?.stop()
      this.#polls.delete(run)
    }
    this.#changed(before, after)
  }

  #find (run) {
    return this.#all.find(one => one.run === run)
  }

  #changed (before, after) {
    keepCards(this.#given.storage, this.#all)
    this.#given.onChange(this.#all, before, after)
  }
}
