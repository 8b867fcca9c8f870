/**
 * Start Spotlight as a library: its own command reports to its makers, this way it does not.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { setupSpotlight } from '@spotlightjs/spotlight'

const UI = new URL('../ui/', import.meta.resolve('@spotlightjs/spotlight'))
// A developer's own machine may show its files and open an editor on request; a pod that has a port may not.
const CLOSED = ['/contextlines', '/open']

/**
 * Read the pages that Spotlight shows.
 *
 * @returns {Record<string, Buffer>} content by path.
 */
function pages () {
  const read = name => readFileSync(fileURLToPath(new URL(name, UI)))
  const manifest = JSON.parse(read('manifest.json').toString())
  const names = Object.values(manifest).map(entry => entry.file)
  return Object.fromEntries(['index.html', ...names].map(name => [name, read(name)]))
}

/**
 * @param {string} url as it came; what cannot be decoded stays closed as well.
 * @returns {boolean}
 */
function closed (url) {
  try {
    const path = decodeURIComponent(url.split('?')[0]).replace(/\/+/g, '/').replace(/\/$/, '')
    return CLOSED.includes(path.toLowerCase())
  } catch {
    return true
  }
}

/**
 * Answer 404 on the paths that must stay closed, and leave the rest to Spotlight.
 *
 * @param {import('node:http').Server} server
 */
function close (server) {
  const [serve] = server.listeners('request')
  server.removeAllListeners('request')
  server.on('request', (request, response) => {
    if (closed(request.url)) {
      response.writeHead(404).end()
      return
    }
    serve(request, response)
  })
}

const server = await setupSpotlight({ port: Number(process.env.PORT ?? 8969), filesToServe: pages(), isStandalone: true })
if (server === undefined) {
  console.error('the port is taken by another Spotlight; set PORT to a free one')
  process.exit(1)
}
close(server)
