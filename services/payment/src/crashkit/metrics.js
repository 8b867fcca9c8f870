/**
 * What every service counts for Prometheus.
 */
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client'

/**
 * The counters of one process.
 */
export class Metrics {
  #registry = new Registry()
  #service
  #requests
  #faults

  /**
   * @param {string} service value of the label `service`.
   * @param {() => number} activeFaults counts the runs that run or hold something now.
   * @param {import('./loop-delay.js').LoopDelay} loop how late the event loop is.
   * @param {number | null} [restarts] how often this container was restarted in its pod; none where that is not known.
   */
  constructor (service, activeFaults, loop, restarts = null) {
    const registers = [this.#registry]
    this.#service = service
    collectDefaultMetrics({ register: this.#registry })
    this.#requests = new Histogram({
      name: 'crash_demo_request_seconds',
      help: 'Requests by route and status.',
      labelNames: ['service', 'route', 'status'],
      registers
    })
    this.#faults = new Counter({
      name: 'crash_demo_faults_fired_total',
      help: 'Faults fired, by scenario and case.',
      labelNames: ['service', 'scenario', 'case'],
      registers
    })
    this.#gauge('crash_demo_faults_active', 'Faults that run or hold something.', activeFaults)
    this.#gauge('crash_demo_event_loop_delay_max_seconds', 'The longest the event loop was late since the scrape before.',
      () => loop.maxSinceScrapeS())
    this.#gauge('crash_demo_event_loop_utilisation', 'Share of the time that the event loop was busy since the scrape before.',
      () => loop.utilisationSinceScrape())
    if (restarts !== null) {
      this.#gauge('crash_demo_restarts', 'Restarts of this container in its pod.', () => restarts)
    }
  }

  /** The registry, for what a service counts besides. */
  get registry () {
    return this.#registry
  }

  /** Type of the text. */
  get mediaType () {
    return this.#registry.contentType
  }

  /**
   * Count one request.
   *
   * @param {string} route path as the table has it.
   * @param {number} status
   * @param {number} seconds
   */
  request (route, status, seconds) {
    this.#requests.observe({ service: this.#service, route, status: String(status) }, seconds)
  }

  /**
   * Count one firing.
   *
   * @param {string} scenario
   * @param {string | null} caseName
   */
  fault (scenario, caseName) {
    this.#faults.inc({ service: this.#service, scenario, case: caseName ?? '' })
  }

  /** Give all of it in Prometheus' text format. */
  text () {
    return this.#registry.metrics()
  }

  /**
   * @param {string} name
   * @param {string} help
   * @param {() => number} read
   */
  #gauge (name, help, read) {
    const labels = { service: this.#service }
    new Gauge({
      name,
      help,
      labelNames: ['service'],
      registers: [this.#registry],
      collect () {
        this.set(labels, read())
      }
    })
  }
}
