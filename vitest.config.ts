import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { defineConfig } from 'vitest/config'
import { LongestFirst } from './test/sequencer.ts'

/**
 * What takes long: the program end to end, real servers, races and random histories, the laws and reference tools of
 * every format on real files, other programs that load varve. `npm run test:fast` is the rest.
 */
const SLOW = [
  'test/{bridge,e2e,extension,model,python,scan,scripts,sql,store}/**',
  'test/cli/process.test.ts',
  'test/engine/{pushdown,reading-less,scan}.test.ts',
  'test/formats/**/{compression,damage,laws,oracle,pieces,real-files,slices,unhappy}.test.ts',
  'test/formats/gzip/**',
  'test/lake/exchange/**',
  'test/lake/ingest/{upload,walk}.test.ts',
  'test/lake/races.test.ts',
  'test/lake/versions/{contention,faults}.test.ts',
  'test/mount/reading/**',
]

/**
 * Files with a process of their own: they start servers and programs, measure memory and descriptors, or set how this
 * process reaches a store. The others share one, with its modules: starting it and reading them takes longer than
 * most of them.
 */
const ALONE = [
  'test/{bridge,e2e,engine,extension,library,model,mount,python,scan,scripts,sql,store}/**/*.test.ts',
  'test/cli/process.test.ts',
  'test/formats/{geotiff,parquet}/damage.test.ts',
  'test/formats/gzip/{decoder,inflate}.test.ts',
  'test/lake/exchange/s3.test.ts',
  'test/lake/ingest/{sort,upload,walk}.test.ts',
  'test/lake/races.test.ts',
]

const fast = process.env.VARVE_FAST === '1' ? SLOW : []

/** What all files have; not inherited from the root, with which each project would build dist/ once more. */
const COMMON = {
  // Worker threads and the command line run from dist/, so forks keep their signals and exit codes apart.
  pool: 'forks',
  // A guard against what never ends, on a machine that has other work, too; no test takes this long by itself.
  testTimeout: 60_000,
  hookTimeout: 120_000,
} as const

const WASM = '\0wasm:'

/** As in the bundle, a WebAssembly file that is imported is its bytes. */
const wasmBytes = {
  name: 'wasm-bytes',
  enforce: 'pre',
  // Without a path: what lies in node_modules would be left to node, which knows no such modules.
  resolveId: (id: string) => (id.endsWith('.wasm') ? WASM + id : null),
  load: (id: string) => {
    if (!id.startsWith(WASM)) return null
    const path = createRequire(import.meta.url).resolve(id.slice(WASM.length))
    return `export default new Uint8Array(Buffer.from('${readFileSync(path, 'base64')}', 'base64'))`
  },
} as const

export default defineConfig({
  test: {
    globalSetup: ['test/setup.ts'],
    // Most tests wait for a program or a server: by default two cores get one worker.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      { plugins: [wasmBytes], test: { ...COMMON, name: 'alone', include: ALONE, exclude: fast } },
      {
        plugins: [wasmBytes],
        test: {
          ...COMMON,
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...ALONE, ...fast],
          isolate: false,
          setupFiles: ['test/leave-nothing.ts'],
        },
      },
    ],
  },
})
