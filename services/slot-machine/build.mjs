/**
 * Make `dist/`: the sources as they are, the SDK bundled once, and the browser told early what it will need.
 *
 * Usage: node build.mjs [folder]
 */
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const ROOT = dirname(fileURLToPath(import.meta.url))
const MOST_SCRIPT_BYTES = 150 * 1024
const PRELOADS = '<!-- preloads -->'

/**
 * @param {string} folder is made anew.
 * @returns {Promise<{file: string, bytes: number, gzipped: number}[]>} the scripts.
 * @throws {Error} a module is missing, or the scripts are too large.
 */
export async function makePage (folder) {
  await rm(folder, { recursive: true, force: true })
  const assets = join(folder, 'assets')
  await mkdir(join(assets, 'vendor'), { recursive: true })
  await cp(join(ROOT, 'src'), assets, { recursive: true })
  await bundleVendor(join(assets, 'vendor', 'sentry.js'))
  const preloads = await modulesOf(join(assets, 'main.js'))
  await checkPanel(join(assets, 'panel', 'panel.js'))
  await rm(join(assets, 'index.html'))
  await writeFile(join(folder, 'index.html'), await indexWith(preloads.map(file => relative(folder, file))))
  const scripts = await weigh(assets)
  const total = scripts.reduce((sum, { gzipped }) => sum + gzipped, 0)
  if (total > MOST_SCRIPT_BYTES) {
    throw new Error(`scripts: found ${total} bytes gzipped; ${MOST_SCRIPT_BYTES} at the most, so import less of the SDK`)
  }
  return scripts
}

async function bundleVendor (outfile) {
  await build({
    entryPoints: [join(ROOT, 'vendor', 'sentry.js')],
    outfile,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'inline',
    define: { __SENTRY_DEBUG__: 'false' },
    logLevel: 'warning'
  })
}

/** Every module that a script needs at once, without it; what is imported on demand is left to the demand. */
async function modulesOf (entry) {
  const onDemand = {
    name: 'on-demand',
    setup: ({ onResolve }) => onResolve({ filter: /./ }, ({ kind }) => kind === 'dynamic-import' ? { external: true } : null)
  }
  const { metafile } = await build({
    entryPoints: [entry], bundle: true, write: false, metafile: true, format: 'esm', plugins: [onDemand], logLevel: 'warning'
  })
  const files = Object.keys(metafile.inputs).map(name => join(process.cwd(), name))
  return files.filter(file => file !== entry).sort()
}

/** What is loaded on demand has all its modules too. */
const checkPanel = modulesOf

async function indexWith (preloads) {
  const page = await readFile(join(ROOT, 'src', 'index.html'), 'utf8')
  const links = ['assets/main.js', ...preloads].map(file => `<link rel="modulepreload" href="${file}">`)
  if (!page.includes(PRELOADS)) throw new Error(`src/index.html lacks ${PRELOADS}, the place of the preloads`)
  return page.replace(PRELOADS, links.join('\n  '))
}

async function weigh (folder) {
  const names = (await readdir(folder, { recursive: true })).filter(name => name.endsWith('.js')).sort()
  return Promise.all(names.map(async file => {
    const content = await readFile(join(folder, file))
    return { file, bytes: content.length, gzipped: gzipSync(content).length }
  }))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? join(ROOT, 'dist')
  const scripts = await makePage(folder)
  for (const { file, bytes, gzipped } of scripts) console.log(`${String(gzipped).padStart(7)} of ${bytes} bytes  ${file}`)
  const total = scripts.reduce((sum, { gzipped }) => sum + gzipped, 0)
  console.log(`${String(total).padStart(7)} bytes gzipped, of at most ${MOST_SCRIPT_BYTES}`)
}
