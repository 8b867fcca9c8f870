/**
 * Asks Sentry's own normaliser what it would mark as malformed.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../..', import.meta.url))

/**
 * @param {object[]} payloads events and transactions.
 * @returns {Promise<string[]>} the marks; none where all are well.
 */
export async function marksOfSentry (payloads) {
  if (!payloads.length) return []
  const child = spawn('scripts/uv', ['run', '--no-sync', 'python', '-m', 'crashctl.proof'],
    { cwd: ROOT, stdio: ['pipe', 'pipe', 'inherit'] })
  const closed = once(child, 'close')
  child.stdin.end(JSON.stringify(payloads))
  const chunks = await child.stdout.toArray()
  const [code] = await closed
  if (code !== 0) throw new Error(`the normaliser ended with ${code}`)
  return JSON.parse(Buffer.concat(chunks).toString())
}
