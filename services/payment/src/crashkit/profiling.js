/**
 * CPU profiles of what is known to be intensive, each tied to its trace.
 *
 * V8's own profiler, in Sentry's format: Sentry's package for this comes with a copy of the SDK of another version, and
 * names one profile for the whole life of the process, so that every event would seem to have been profiled.
 */
import { randomUUID } from 'node:crypto'
import { Session } from 'node:inspector'

import * as Sentry from '@sentry/node'

import { isInApp } from './frames.js'
import { log } from './logs.js'

/** @import { Profiler } from 'node:inspector' */

const INTERVAL_US = 10_000
const US_PER_S = 1e6
const MAIN = '0'

/**
 * Profile what runs inside, and name the profile on what is captured from now on in this request: context `profile`.
 * A profile that cannot be taken costs nothing but itself.
 *
 * @template Result
 * @param {() => Promise<Result> | Result} act
 * @returns {Promise<Result>} what it gives.
 */
export async function profiled (act) {
  const id = randomUUID().replaceAll('-', '')
  const session = new Session()
  session.connect()
  // In the same thread the debugger answers before `post` returns.
  session.post('Profiler.enable')
  session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  session.post('Profiler.start')
  const startedS = Date.now() / 1000
  name(id)
  try {
    return await act()
  } finally {
    session.post('Profiler.stop', (error, stopped) => {
      if (error) log.warning('the profile was not taken', error)
      else send(id, stopped.profile, startedS)
    })
    session.disconnect()
  }
}

/** @param {string} profilerId */
function name (profilerId) {
  const profile = { profiler_id: profilerId }
  const data = { 'thread.id': MAIN, 'thread.name': 'main' }
  Sentry.getIsolationScope().setContext('profile', profile)
  const span = Sentry.getActiveSpan()
  if (span) Sentry.getRootSpan(span).setAttributes({ ...data, profiler_id: profilerId })
}

/**
 * @param {string} profilerId
 * @param {Profiler.Profile} profile
 * @param {number} startedS seconds since the epoch.
 */
function send (profilerId, profile, startedS) {
  const client = Sentry.getClient()
  const sdk = client?.getSdkMetadata()?.sdk
  const chunk = {
    profiler_id: profilerId,
    chunk_id: randomUUID().replaceAll('-', ''),
    platform: 'node',
    version: '2',
    release: client?.getOptions().release,
    environment: client?.getOptions().environment,
    client_sdk: { name: sdk?.name ?? 'sentry.javascript.node', version: sdk?.version ?? Sentry.SDK_VERSION },
    debug_meta: { images: [] },
    measurements: {},
    profile: inSentrysFormat(profile, startedS)
  }
  // A profile needs two samples to say anything; Sentry refuses less.
  if (chunk.profile.samples.length < 2) return
  const header = { event_id: chunk.chunk_id, sent_at: new Date().toISOString(), ...(sdk ? { sdk } : {}) }
  const item = [{ type: 'profile_chunk', platform: 'node' }, chunk]
  // The types of the SDK name the kinds of envelope that it makes itself.
  const envelope = /** @type {import('@sentry/core').ProfileChunkEnvelope} */ (/** @type {unknown} */ ([header, [item]]))
  // What is not delivered is counted by the transport. Unhandled, its failure would be an event of whoever was profiled.
  client?.getTransport()?.send(envelope).then(undefined, () => {})
}

/**
 * From V8's tree of calls with samples that point into it, to Sentry's lists of frames, stacks and samples.
 *
 * @param {Profiler.Profile} profile
 * @param {number} startedS seconds since the epoch.
 */
export function inSentrysFormat (profile, startedS) {
  const parents = new Map(profile.nodes.flatMap(node => (node.children ?? []).map(child => [child, node.id])))
  const index = new Map(profile.nodes.map((node, place) => [node.id, place]))
  const stackOf = (/** @type {number} */ id) => {
    const stack = []
    for (let at = /** @type {number | undefined} */ (id); at !== undefined; at = parents.get(at)) {
      // The root of the tree is no call.
      if (parents.has(at)) stack.push(index.get(at) ?? 0)
    }
    return stack
  }
  const used = [...new Set(profile.samples ?? [])]
  const stackIds = new Map(used.map((id, place) => [id, place]))
  let atUs = 0
  return {
    frames: profile.nodes.map(({ callFrame }) => frameOf(callFrame)),
    stacks: used.map(stackOf),
    samples: (profile.samples ?? []).map((id, place) => {
      atUs += profile.timeDeltas?.[place] ?? 0
      return { stack_id: stackIds.get(id) ?? 0, thread_id: MAIN, timestamp: startedS + atUs / US_PER_S }
    }),
    thread_metadata: { [MAIN]: { name: 'main' } }
  }
}

/**
 * @param {{ functionName: string, url: string, lineNumber: number, columnNumber: number }} call counted from 0.
 */
function frameOf ({ functionName, url, lineNumber, columnNumber }) {
  const file = url.replace(/^file:\/\//, '')
  return {
    function: functionName || '<anonymous>',
    ...(file ? { filename: file, abs_path: file } : {}),
    ...(lineNumber >= 0 ? { lineno: lineNumber + 1, colno: columnNumber + 1 } : {}),
    in_app: isInApp(file)
  }
}
