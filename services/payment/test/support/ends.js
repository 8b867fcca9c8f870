/**
 * Ends a file of tests that leaves something open, and has it fail; imported before each file.
 *
 * Not `--test-force-exit`: that ends the process before the last results are written, and tests that ran are not reported.
 */
import { after } from 'node:test'

const AFTER_MS = 10_000

// Only where the runner has started a file, and not in the runner itself.
if (process.env.NODE_TEST_CONTEXT) after(() => setTimeout(end, AFTER_MS).unref())

function end () {
  process.stderr.write(`still open ${AFTER_MS / 1000} s after the last test: ${process.getActiveResourcesInfo().join(', ')}\n`)
  process.exit(1)
}
