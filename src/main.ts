#!/usr/bin/env node
import { runCli } from './cli/run.ts'

/** Ctrl-C asks the command to stop; the second one does not wait for it. */
function onInterrupt(handler: () => void): () => void {
  let asked = false
  const listener = (): void => {
    if (asked) process.exit(130)
    asked = true
    handler()
  }
  process.on('SIGINT', listener)
  return () => process.off('SIGINT', listener)
}

process.on('SIGTERM', () => process.exit(143))

const code = await runCli(
  process.argv.slice(2),
  process,
  async (options) => (await import('./library/index.ts')).createVarve(options),
  { on: onInterrupt },
)
// Leaves even when something still holds a handle, but not before what was printed is out.
process.exitCode = code
process.stdout.end(() => process.exit(code))
