/**
 * A casino on a real port that answers as a test tells it, and can hang up in the middle.
 */
import { createServer } from 'node:http'

const BROKEN = Symbol('broken')

/** In place of an answer: the connection ends. */
export const hangUp = () => BROKEN

/** A refusal as the services give it. */
export const problem = (status, code, more = {}, headers = {}) => ({
  status,
  headers: { 'content-type': 'application/problem+json', ...headers },
  body: { type: `urn:crash-demo:problem:${code}`, title: 'x', status, detail: `why it is ${code}`, ...more }
})

/**
 * @param {import('node:test').TestContext} t closes it.
 * @param {Record<string, (request: {path: string, body: any, headers: object, count: number}) => any>} routes
 *   `POST /path` to what answers it: a body, or `{status, body, headers}`; `count` is that of its calls so far.
 */
export async function casino (t, routes) {
  const calls = []
  const server = createServer((request, response) => {
    const parts = []
    request.on('data', part => parts.push(part))
    request.on('end', () => {
      const path = request.url
      const name = `${request.method} ${path.split('?')[0]}`
      const body = parts.length ? JSON.parse(Buffer.concat(parts).toString()) : undefined
      calls.push({ name, path, body, headers: request.headers })
      const count = calls.filter(call => call.name === name).length
      const answer = routes[name]?.({ path, body, headers: request.headers, count }) ?? problem(404, 'unknown-path')
      if (answer === BROKEN) return request.socket.destroy()
      const { status = 200, headers = {}, body: content = answer } = answer.status ? answer : {}
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(typeof content === 'string' ? content : JSON.stringify(content))
    })
  })
  await new Promise(resolve => void server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${server.address().port}`, calls, named: name => calls.filter(call => call.name === name) }
}

/** A place to keep things, as a browser has it. @param {Record<string, string>} [kept] */
export function storage (kept = {}) {
  const map = new Map(Object.entries(kept))
  return { map, getItem: name => map.get(name) ?? null, setItem: (name, value) => map.set(name, value) }
}
