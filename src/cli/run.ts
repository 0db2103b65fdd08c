/** One run of the program: parse, act, report, clean up; the only place that knows exit codes. */

import { CommanderError } from 'commander'
import { isVarveError } from '../errors.ts'
import { atLeastOne } from './arguments.ts'
import { type Context, type GlobalOptions, type Io, lazyVerbs } from './context.ts'
import { ReaderGone } from './output.ts'
import { buildProgram } from './program.ts'
import { EXIT, exitCode, printError, UsageError, wantsJson } from './report.ts'
import type { CreateVerbs } from './verbs.ts'

/** How the outside world stops a run. */
export interface Interrupts {
  /** Calls these until the returned function is called. */
  on(handlers: {
    /** At Ctrl-C: the statement ends, and with it the command, except in a shell. */
    readonly interrupt: () => void
    /** At SIGTERM: the command ends. */
    readonly terminate: () => void
  }): () => void
}

/** Runs one command line (without node and script name) and gives its exit code; never throws. */
export async function runCli(
  argv: readonly string[],
  io: Io,
  createVerbs: CreateVerbs,
  interrupts?: Interrupts,
): Promise<number> {
  const abort = new AbortController()
  const verbs = lazyVerbs(createVerbs)
  let options: GlobalOptions = {}
  let handler = (): void => abort.abort()
  let serves = false
  let terminated = false
  const terminate = (): void => {
    terminated = true
    abort.abort()
  }
  const off = interrupts?.on({ interrupt: () => handler(), terminate })

  const contextFor = (given: GlobalOptions): Context => {
    options = given
    const note = (line: string): void => {
      if (given.quiet !== true) io.stderr.write(`${line}\n`)
    }
    return {
      io,
      options: given,
      signal: abort.signal,
      verbs: async (needs = { session: false }) => {
        const { lake, jobs } = given
        if (jobs !== undefined) atLeastOne(jobs, '--jobs')
        return verbs.get({ lake, jobs, warn: (message) => note(`varve: ${message}`) }, needs)
      },
      note,
      serves: () => {
        serves = true
      },
      with: (other) => contextFor({ ...given, ...other }),
      onInterrupt: (other) => {
        const before = handler
        handler = other
        return () => {
          handler = before
        }
      },
    }
  }

  const program = buildProgram(io, contextFor)
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return abort.signal.aborted && !(serves && terminated) ? EXIT.interrupted : EXIT.done
  } catch (error) {
    return report(error)
  } finally {
    off?.()
    await verbs.close().catch((error: unknown) => printError(io, error, wantsJson(options, argv)))
  }

  function report(error: unknown): number {
    if (error instanceof ReaderGone) return EXIT.done
    if (error instanceof CommanderError && error.exitCode === 0) return EXIT.done
    if (error instanceof CommanderError && error.code === 'commander.help') return EXIT.usage
    if (abort.signal.aborted) {
      // Whatever it failed with, it failed because it was told to stop.
      const json = wantsJson(options, argv)
      if (json || !isVarveError(error, 'aborted')) printError(io, error, json)
      return EXIT.interrupted
    }
    const shown = error instanceof CommanderError ? usageError(error) : error
    printError(io, shown, wantsJson(options, argv))
    return exitCode(shown)
  }
}

function usageError(error: CommanderError): UsageError {
  return new UsageError(error.message.replace(/^error: /, ''))
}
