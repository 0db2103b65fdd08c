/** Files that share a process: what one changes of the process itself is as it was when the next begins. */

import { afterAll, vi } from 'vitest'

const environment = { ...process.env }
const folder = process.cwd()

// Registered before those of the file, so it runs after them.
afterAll(() => {
  vi.unstubAllEnvs()
  for (const name of Object.keys(process.env)) if (!(name in environment)) delete process.env[name]
  Object.assign(process.env, environment)
  process.chdir(folder)
})
