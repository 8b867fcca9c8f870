/**
 * A catalogue as the gateway answers it, with one case of each kind that the panel tells apart. The values are those of
 * the real catalogue, which the browser's tests use.
 */
const budget = { memory_mib: 0, wall_s: 5, hold_s: 0, per_minute: 60, at_once: 5 }
const none = { ends: 'none', after_calls: 1, recovers_within_s: 0 }
const runbook = { symptom: 'One route answers 500.', look_at: 'The top frame.', remedy: 'Roll back the release.' }

function expect (status, events, more = {}) {
  return { ...(status ? { status } : {}), events, items: {}, spans: [], within_s: 10, pod: none, ...more }
}

export const WARNING = { message: 'The history of spins grows and is never trimmed', level: 'warning', count: 1 }
export const CRASH = {
  type: 'RuntimeError', message: 'dictionary changed size during iteration', level: 'error', handled: false, count: 1
}
export const UNCAUGHT = {
  type: 'TypeError', message: 'Cannot mix BigInt', level: 'fatal', handled: false, count: 1
}

export const DOCUMENT = {
  faults: { enabled: true, methods: ['POST'], pass: 'offered' },
  services: [
    { name: 'gateway', prefix: '/api/v1/gateway', language: 'python', present: true, runs_in: 'cluster' },
    { name: 'game-engine', prefix: '/api/v1/game-engine', language: 'python', present: true, runs_in: 'cluster' },
    { name: 'payment', prefix: '/api/v1/payment', language: 'node', present: false, runs_in: 'cluster' },
    { name: 'slot-machine', prefix: '/api/v1/slot-machine', language: 'browser', present: true, runs_in: 'page' }
  ],
  scenarios: [
    {
      id: 'game-engine/crash', service: 'game-engine', path: '/api/v1/game-engine/debug/crash',
      panel: 'service-crashes', title: 'Crash in a spin', summary: 'Seats are paid out and removed.', runbook,
      cases: [{
        id: 'game-engine/crash', case: null, path: '/api/v1/game-engine/debug/crash',
        summary: 'Seats are paid out and removed.', budget, expect: expect(500, [CRASH])
      }]
    },
    {
      id: 'game-engine/memory-leak', service: 'game-engine', path: '/api/v1/game-engine/debug/memory-leak',
      panel: 'memory-and-threading', title: 'Memory leak', summary: 'A history of spins grows.', runbook,
      cases: [
        {
          id: 'game-engine/memory-leak/step', case: 'step', path: '/api/v1/game-engine/debug/memory-leak?case=step',
          summary: 'One step of 16 MiB.', budget: { ...budget, memory_mib: 16, hold_s: 60, at_once: 4 },
          expect: expect(200, [WARNING])
        },
        {
          id: 'game-engine/memory-leak/kill', case: 'kill', path: '/api/v1/game-engine/debug/memory-leak?case=kill',
          summary: 'The second firing passes the limit.', budget: { ...budget, memory_mib: 96, hold_s: 120 },
          expect: expect(200, [WARNING], { pod: { ends: 'oom', after_calls: 2, recovers_within_s: 60 } })
        }
      ]
    },
    {
      id: 'payment/crash', service: 'payment', path: '/api/v1/payment/debug/crash',
      panel: 'service-crashes', title: 'Crash in the till', summary: 'A receipt fails.', runbook,
      cases: [{
        id: 'payment/crash/uncaught', case: 'uncaught', path: '/api/v1/payment/debug/crash?case=uncaught',
        summary: 'A timer closes the till.', budget,
        expect: expect(502, [UNCAUGHT], { pod: { ends: 'exit', after_calls: 1, recovers_within_s: 60 } })
      }]
    },
    {
      id: 'slot-machine/type-error', service: 'slot-machine', path: '/#/debug/type-error',
      panel: 'service-crashes', title: 'Property of null', summary: 'A click handler fails.', runbook,
      cases: [{
        id: 'slot-machine/type-error', case: null, path: '/#/debug/type-error', summary: 'A click handler fails.',
        budget, expect: expect(null, [{ type: 'TypeError', level: 'error', handled: false, count: 1 }])
      }]
    }
  ]
}
