import { defineConfig } from 'vitest/config'

/** What takes long: the program end to end, real servers, races and random histories. `npm run test:fast` is the rest. */
const SLOW = [
  'test/e2e/**',
  'test/model/**',
  'test/store/**',
  'test/lake/races.test.ts',
  'test/lake/versions/{contention,faults}.test.ts',
  'test/lake/ingest/upload.test.ts',
  'test/scripts/**',
  'test/formats/gzip/**',
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
