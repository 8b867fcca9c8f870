/**
 * Work that fails where no request waits for it, in every way that Node has for it.
 */
import { execFile, spawn } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { createReadStream } from 'node:fs'
import { createServer, get } from 'node:http'
import { connect } from 'node:net'
import { Readable, Transform, Writable, pipeline } from 'node:stream'
import { callbackify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { BroadcastChannel, MessageChannel, Worker } from 'node:worker_threads'
import { gzip } from 'node:zlib'

class LimitError extends Error {
  name = 'LimitError'
}

const CONSTANT = new RangeError('an error that is thrown again and again')
const FROZEN = Object.freeze(new RangeError('an error that nobody can mark'))

const throwing = { get () { throw new Error('nobody reads this') } }

/** What cannot be read without failing again. */
const hostile = new Proxy({}, {
  get () { throw new Error('nobody reads this') },
  ownKeys () { throw new Error('nobody lists this') },
  getPrototypeOf () { throw new Error('nobody asks this') }
})

/** An error whose message cannot be read. */
function unreadable () {
  return Object.defineProperty(new Error('x'), 'message', { get () { throw new Error('nobody reads this') } })
}

/** A ring of causes. */
function ring () {
  const [one, other] = [new Error('one of a ring'), new Error('the other of a ring')]
  one.cause = other
  other.cause = one
  return one
}

/** What a promise may be rejected with: anything. */
const REASONS = {
  undefined: () => undefined,
  null: () => null,
  string: () => 'a text',
  empty: () => '',
  number: () => 0,
  nan: () => NaN,
  bigint: () => 7n,
  boolean: () => false,
  symbol: () => Symbol('a symbol'),
  function: () => function payOut () {},
  object: () => ({ code: 'limit-reached' }),
  bare: () => Object.assign(Object.create(null), { code: 'limit-reached' }),
  array: () => ['one', 'two'],
  map: () => new Map([['code', 'limit-reached']]),
  date: () => new Date(NaN),
  subclass: () => new LimitError('a limit was reached'),
  aggregate: () => new AggregateError([new LimitError('one of several')], 'several'),
  frozen: () => FROZEN,
  constant: () => CONSTANT,
  'frozen-object': () => Object.freeze({ code: 'limit-reached' }),
  dom: () => AbortSignal.abort().reason,
  'other-realm': () => runInNewContext('new TypeError("from another realm")'),
  'without-a-prototype': () => Object.setPrototypeOf(new Error('of no class'), null),
  ring,
  unreadable,
  getter: () => ({ get code () { throw new Error('nobody reads this') } }),
  hostile: () => hostile,
  promise: () => Promise.resolve('a promise'),
  'aggregate-hostile': () => new AggregateError([hostile, new LimitError('can be read')], 'several'),
  'aggregate-getter': () => Object.defineProperty(new AggregateError([], 'x'), 'errors', throwing),
  'aggregate-ring': () => { const ring = new AggregateError([], 'a ring'); ring.errors.push(ring, ring); return ring },
  'cause-getter': () => Object.defineProperty(new Error('x'), 'cause', throwing),
  tag: () => Object.defineProperty(new Error('x'), Symbol.toStringTag, throwing),
  name: () => Object.assign(new Error('x'), { name: 7 }),
  stack: () => Object.assign(new Error('x'), { stack: 42 }),
  revoked: () => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy },
  buffer: () => Buffer.alloc(5e6, 1),
  many: () => ({ list: Array(1e5).fill('x'), text: 'x'.repeat(5e6), of: { table: Array(1e5).fill({ n: 1 }) } }),
  deep: () => { let inner = {}; for (let n = 0; n < 1e5; n++) inner = { inner }; return inner },
  causes: () => { let cause; for (let n = 0; n < 5000; n++) cause = new Error(`cause ${n}`, { cause }); return cause }
}

/** Where something may be thrown that nobody catches. */
const PLACES = {
  timer: fail => setTimeout(fail, 1),
  interval: fail => setInterval(fail, 1),
  immediate: fail => setImmediate(fail),
  'next-tick': fail => process.nextTick(fail),
  microtask: fail => queueMicrotask(fail),
  then: fail => void Promise.resolve().then(() => setTimeout(fail, 1)),
  'file-callback': fail => createReadStream('/dev/null').on('close', fail).resume(),
  'child-callback': fail => execFile('true', fail),
  'event-target': fail => later(dispatching(new globalThis.EventTarget(), fail)),
  'abort-listener': fail => later(aborting(fail)),
  'message-port': fail => { const { port1, port2 } = new MessageChannel(); port1.on('message', fail); port2.postMessage(1) },
  broadcast: fail => { new BroadcastChannel('x').onmessage = fail; new BroadcastChannel('x').postMessage(1) },
  callbackify: fail => callbackify(async () => 1)(fail),
  pipeline: fail => pipeline(Readable.from(['x']), new Writable({ write (_chunk, _encoding, done) { done() } }), fail),
  transform: fail => later(() => new Transform({ transform: fail }).write('x')),
  compression: fail => gzip('x', fail),
  response: fail => get(`http://127.0.0.1:${process.env.PORT}/healthz/live`, fail),
  server: fail => { const server = createServer(fail).listen(0, () => get({ port: server.address().port }).on('error', () => {})) },
  signal: fail => { process.once('SIGHUP', fail); process.kill(process.pid, 'SIGHUP') },
  // Imported here only: whatever imports it changes how microtasks fail in the whole process.
  domain: async fail => (await import('node:domain')).create().run(() => setTimeout(fail, 1)),
  vm: fail => runInNewContext('later(fail, 1)', { later: setTimeout, fail }),
  'exit-too': fail => { process.on('exit', () => { throw new Error('a listener of the end') }); later(fail) }
}

const later = act => setTimeout(act, 1)

function dispatching (target, fail) {
  target.addEventListener('win', fail)
  return () => target.dispatchEvent(new globalThis.Event('win'))
}

function aborting (fail) {
  const controller = new AbortController()
  controller.signal.addEventListener('abort', fail)
  return () => controller.abort()
}

/** What emits an error that nobody listens for. */
const EMITTERS = {
  emitter: () => setTimeout(() => new EventEmitter().emit('error', new LimitError('nobody listens')), 1),
  'emitter-text': () => setTimeout(() => new EventEmitter().emit('error', 'a text'), 1),
  readable: () => new Readable({ read () { this.destroy(new LimitError('nobody listens')) } }).resume(),
  writable: () => new Writable({ write (_chunk, _encoding, done) { done(new LimitError('nobody listens')) } }).write('x'),
  file: () => createReadStream('/nowhere/at/all').resume(),
  socket: () => connect(9, '127.0.0.1'),
  child: () => spawn('/nowhere/at/all'),
  'rejecting-listener': () => new EventEmitter({ captureRejections: true })
    .on('win', async () => { throw new LimitError('nobody listens') }).emit('win'),
  worker: () => new Worker('throw new TypeError("thrown in a thread")', { eval: true }),
  'worker-text': () => new Worker('throw "a text"', { eval: true }),
  'worker-rejection': () => new Worker('void Promise.reject(new TypeError("thrown in a thread"))', { eval: true }),
  'worker-away': () => new Worker('/nowhere/at/all.js'),
  'worker-memory': () => new Worker('const held = []; for (;;) held.push(Array.from({ length: 1e5 }, (_, n) => ({ n })))',
    { eval: true, resourceLimits: { maxOldGenerationSizeMb: 8 } })
}

export const REJECTED = Object.keys(REASONS)
export const THROWN = Object.keys(PLACES)
export const EMITTED = Object.keys(EMITTERS)

/** Fail as a name of the three lists says. */
export function failOffPath (kind, name) {
  if (kind === 'rejects') void Promise.reject(REASONS[name]())
  else if (kind === 'throws') PLACES[name](() => { throw new LimitError('nobody catches this') })
  else if (kind === 'throws-value') setTimeout(() => { throw REASONS[name]() }, 1)
  else EMITTERS[name]()
}
