#!/usr/bin/env node
import { removeUnfinished } from './cli/output.ts'
import { type Interrupts, runCli } from './cli/run.ts'
import { startEarly } from './engine/early.ts'

let terminated = false

/** The first Ctrl-C or SIGTERM asks the command to stop in order; the second does not wait for it. */
const on: Interrupts['on'] = ({ interrupt, terminate }) => {
  let asked = false
  const listener = (signal: NodeJS.Signals): void => {
    if (asked) killNow(signal)
    asked = true
    terminated ||= signal === 'SIGTERM'
    if (signal === 'SIGTERM') terminate()
    else interrupt()
  }
  process.on('SIGINT', listener)
  process.on('SIGTERM', listener)
  return () => {
    process.off('SIGINT', listener)
    process.off('SIGTERM', listener)
  }
}

/** Ends by the signal itself: `process.exit` waits for threads, and DuckDB in one of them may not listen. */
function killNow(signal: NodeJS.Signals): void {
  removeUnfinished()
  process.removeAllListeners(signal)
  process.kill(process.pid, signal)
}

const code = await runCli(
  process.argv.slice(2),
  process,
  async (options, { session }) => {
    if (session) startEarly()
    return (await import('./library/index.ts')).createVarve(options)
  },
  { on },
)
// Leaves even when something still holds a handle, but not before what was printed is out.
process.exitCode = terminated && code === 130 ? 143 : code
process.stdout.end(() => process.exit())
