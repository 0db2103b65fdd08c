import { buildAll } from '../scripts/build.js'

/** Threads and the command line run from dist/, so it is built once before any test. */
export default async function setup(): Promise<void> {
  if (process.env.VARVE_NO_BUILD !== undefined) return
  try {
    await buildAll({ log: () => {} })
  } catch (error) {
    // While someone edits another folder the tests of this one can go on, with the last build; in CI they cannot.
    if (process.env.CI === 'true') throw error
    console.error('\nTHE BUILD FAILED: what runs from dist/ is the last good build, or missing.\n', error)
  }
}
