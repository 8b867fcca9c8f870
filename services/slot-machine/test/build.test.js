import assert from 'node:assert/strict'
import { mkdtemp, readFile, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'

import { makePage } from '../build.mjs'

let folder
let scripts
let page
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'page-'))
  scripts = await makePage(folder)
  page = await readFile(join(folder, 'index.html'), 'utf8')
})
after(() => rm(folder, { recursive: true, force: true }))

test('all scripts together stay below 150 kB, as they go over the wire', () => {
  const total = scripts.reduce((sum, { gzipped }) => sum + gzipped, 0)

  assert.ok(total > 50_000, 'the SDK is in it')
  assert.ok(total <= 150 * 1024, `${total} bytes`)
})

test('whatever the page names is there', async () => {
  const named = [...page.matchAll(/(?:href|src)="(assets\/[^"]+)"/g)].map(([, path]) => path)

  assert.ok(named.length > 10)
  for (const path of named) assert.ok((await stat(join(folder, path))).isFile(), path)
})

test('the place of the settings is kept to the letter, because the gateway looks for it', () => {
  assert.equal(page.split('<script type="application/json" id="settings">{}</script>').length, 2)
})

test('nothing in the page needs a policy that allows more than its own files', async () => {
  const inline = [...page.matchAll(/<script(?![^>]*(?:src=|application\/json))[^>]*>|<style|\sstyle=|\son[a-z]+=|https?:\/\/(?!www\.w3\.org)/g)]

  assert.deepEqual(inline.map(([found]) => found), [])
})

test('what is needed at once is announced at once, and the panel is not', async () => {
  const preloaded = [...page.matchAll(/<link rel="modulepreload" href="assets\/([^"]+)">/g)].map(([, file]) => file)
  const files = (await readdir(join(folder, 'assets'), { recursive: true })).filter(name => name.endsWith('.js'))

  assert.ok(preloaded.includes('vendor/sentry.js') && preloaded.includes('machine/index.js'))
  assert.deepEqual(preloaded.filter(file => file.startsWith('panel/') || file.startsWith('faults/')), [])
  assert.ok(files.includes('panel/panel.js') && files.includes('faults/index.js'))
})

test('the page can fire what the catalogue says of it, and nothing else', async () => {
  const catalogue = await readFile(new URL('../../../catalog/slot-machine.yaml', import.meta.url), 'utf8')
  const declared = [...catalogue.matchAll(/^ {2}([a-z-]+):$/gm)].map(([, name]) => name)

  const { HANDLERS } = await import(join(folder, 'assets', 'faults', 'index.js'))

  assert.deepEqual(Object.keys(HANDLERS).sort(), declared.sort())
})
