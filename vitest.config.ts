import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/setup.ts'],
    // Worker threads and the command line run from dist/, so forks keep their signals and exit codes apart.
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
