/**
 * What the gateway tells the page, in the page itself; a host that tells nothing gives a page that sends no events.
 */
const NOTHING_SAID = {
  release: 'unknown',
  environment: 'unknown',
  sample_rate: 0,
  ingest: null,
  faults: { enabled: false, pass: 'asked' },
  links: { issues: null, traces: null }
}

/**
 * @param {string} text the content of the element `settings`.
 * @throws {SyntaxError} it is no JSON.
 */
export function parseSettings (text) {
  const told = JSON.parse(text)
  return {
    ...NOTHING_SAID,
    ...told,
    faults: { ...NOTHING_SAID.faults, ...told.faults },
    links: { ...NOTHING_SAID.links, ...told.links }
  }
}

/** @param {Document} page */
export function readSettings (page) {
  return parseSettings(page.getElementById('settings').textContent)
}

/**
 * @param {Document} page
 * @returns {string} where the gateway is: an origin, with a path where it has one; empty for the page's own origin.
 */
export function gatewayOf (page) {
  return page.querySelector('meta[name="gateway"]').content.replace(/\/+$/, '')
}
