/**
 * Bundles varve into dist/: the program, the library and the code of its threads.
 *
 *   node scripts/build.js            JavaScript, under two seconds
 *   node scripts/build.js --types    the library's declarations too, by tsc
 *   node scripts/build.js --quiet    says nothing unless it fails
 *
 * Bundled because `node_modules` costs start-up time (hundreds of small files); split, so that the AWS SDK and
 * apache-arrow are read only by what imports them. DuckDB's bindings stay outside: they hold a native library. Of
 * WebAssembly files the bytes are in the bundle, but for one whose package reads it from beside its code.
 */
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')

/** Outputs lie side by side, so `new URL('./scan-worker.js', import.meta.url)` holds in every chunk. */
const ENTRIES = {
  main: 'src/main.ts',
  index: 'src/index.ts',
  'engine-thread': 'src/engine/thread.ts',
  'scan-worker': 'src/scan/worker.ts',
  'mount-process': 'src/mount/process/main.ts',
}

/** Files that packages look for beside their code. */
const BESIDE = ['lerc/lerc-wasm.wasm']

/** How long chunks of earlier builds stay, in milliseconds. */
const KEPT_MS = 10 * 60 * 1000

/** Bundled CommonJS packages call `require` for node's own modules. */
const BANNER =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);"

/** npm links the programs of a package's dependencies, not its own: with this, `npx varve` runs from the root. */
function linkProgram() {
  const link = join(root, 'node_modules', '.bin', 'varve')
  rmSync(link, { force: true })
  symlinkSync(join('..', '..', 'dist', 'main.js'), link)
}

/** @param {{ types?: boolean, log?: (line: string) => void }} options */
export async function buildAll({ types = false, log = () => {} } = {}) {
  const began = performance.now()
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const entryPoints = {}
  for (const [name, source] of Object.entries(ENTRIES)) {
    entryPoints[name] = join(root, source)
  }
  // Built beside and swapped in by renames: a process that runs from dist/ never sees a half-written module.
  const next = join(root, `.dist-${process.pid}.tmp`)
  rmSync(next, { recursive: true, force: true })
  try {
    const result = await build({
      absWorkingDir: root,
      entryPoints,
      outdir: next,
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      external: ['@duckdb/*'],
      loader: { '.wasm': 'binary' },
      banner: { js: BANNER },
      chunkNames: 'chunk-[name]-[hash]',
      define: { VARVE_VERSION: JSON.stringify(version) },
      mainFields: ['module', 'main'],
      legalComments: 'none',
      minifySyntax: true,
      minifyWhitespace: true,
      keepNames: false,
      sourcemap: 'linked',
      sourcesContent: false,
      metafile: true,
      logLevel: 'warning',
    })
    const { resolve } = createRequire(import.meta.url)
    for (const file of BESIDE) copyFileSync(resolve(file), join(next, basename(file)))
    swap(next)
    for (const [file, { bytes, entryPoint }] of Object.entries(result.metafile.outputs)) {
      if (entryPoint !== undefined && file.endsWith('.js') && !file.includes('/chunk-'))
        log(`built    dist/${file.split('/').pop()}  ${(bytes / 1024).toFixed(0)} KiB  from ${entryPoint}`)
    }
  } finally {
    rmSync(next, { recursive: true, force: true })
  }
  if (existsSync(join(dist, 'main.js'))) chmodSync(join(dist, 'main.js'), 0o755)
  linkProgram()
  log(`bundled  in ${(performance.now() - began).toFixed(0)} ms`)
  if (types) declarations(log)
}

/** Chunks first, then the entries that name them; what no entry names any more goes last. */
function swap(next) {
  mkdirSync(dist, { recursive: true })
  const files = readdirSync(next)
  const chunksFirst = files.sort((a, b) => Number(b.startsWith('chunk-')) - Number(a.startsWith('chunk-')))
  for (const file of chunksFirst) renameSync(join(next, file), join(dist, file))
  const kept = new Set(files)
  for (const file of readdirSync(dist)) {
    const facts = statSync(join(dist, file))
    // A process that started before this build may still load its own chunks, by their hashed names.
    if (kept.has(file) || facts.isDirectory() || Date.now() - facts.mtimeMs < KEPT_MS) continue
    rmSync(join(dist, file))
  }
}

function declarations(log) {
  const began = performance.now()
  rmSync(join(dist, 'types'), { recursive: true, force: true })
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  execFileSync(process.execPath, [tsc, '-p', join(root, 'scripts/tsconfig.types.json')], { stdio: 'inherit' })
  log(`types    dist/types in ${(performance.now() - began).toFixed(0)} ms`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flags = process.argv.slice(2)
  const unknown = flags.filter((flag) => flag !== '--types' && flag !== '--quiet')
  if (unknown.length > 0) {
    process.stderr.write(`build: unknown option ${unknown.join(' ')}; known are --types and --quiet\n`)
    process.exit(2)
  }
  const log = flags.includes('--quiet') ? () => {} : (line) => process.stdout.write(`${line}\n`)
  await buildAll({ types: flags.includes('--types'), log })
}
