import { defineConfig } from 'vitest/config'

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

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: process.env.VARVE_FAST === '1' ? SLOW : [],
    globalSetup: ['test/setup.ts'],
    // Worker threads and the command line run from dist/, so forks keep their signals and exit codes apart.
    pool: 'forks',
    // Most tests wait for a program or a server: by default two cores get one worker.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
