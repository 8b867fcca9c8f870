/**
 * Processor time to scrub one item, and to write it as JSON: items on standard input, figures on standard output.
 *
 * Usage: node bench/scrubbing.js <rounds>   (see tests/bench/scrubbing.py)
 */
import { text } from 'node:stream/consumers'

import { scrubOrReduce } from '../src/crashkit/scrubbing.js'

const rounds = Number(process.argv[2])
const items = JSON.parse(await text(process.stdin))

function cpuUs (work) {
  const found = Array.from({ length: rounds }, () => {
    const began = process.cpuUsage()
    items.forEach(work)
    const { user, system } = process.cpuUsage(began)
    return (user + system) / items.length
  })
  return found.sort((one, other) => one - other)[Math.floor(rounds / 2)]
}

const failed = type => { throw new Error(`it could not be scrubbed: ${type}`) }
const figures = { scrub_us: cpuUs(item => scrubOrReduce(item, failed)), json_us: cpuUs(item => JSON.stringify(item)) }
console.log(JSON.stringify(figures))
