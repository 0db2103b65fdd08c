/**
 * The reference tools that tests compare varve with; `scripts/reference.sh` installs them. What is missing fails under
 * CI=true; elsewhere it is said loudly, and the tests that need it are skipped.
 */

import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const root = join(import.meta.dirname, '..')

/** The Python that has the reference packages. */
export const PYTHON = join(root, '.tools/reference/bin/python')

/** A minute for a tool that takes a second: one that hangs fails with its name, not as a test without an answer. */
const PATIENCE_MS = 60_000

export interface RunToolOptions {
  readonly cwd?: string | undefined
  /** Added to the environment of the tests. */
  readonly env?: Readonly<Record<string, string>> | undefined
}

/**
 * Whether all of these programs are here, `python` being the reference one.
 *
 * @example describe.skipIf(!has('samtools', 'python'))('reads', …)
 */
export function has(...tools: readonly string[]): boolean {
  const absent = tools.filter((tool) => !isHere(tool))
  if (absent.length === 0) return true
  const message = `${absent.join(', ')} missing: scripts/reference.sh installs the tools that tests compare with`
  if (process.env.CI === 'true') throw new Error(message)
  console.error(`\nSKIPPED, ${message.toUpperCase()}\n`)
  return false
}

/**
 * What a tool writes to its stdout, byte for byte; rejects with what it says on stderr when it fails.
 *
 * @param tool a program in PATH, or `python` for the reference one
 */
export function run(
  tool: string,
  args: readonly string[],
  { cwd, env }: RunToolOptions = {},
): Promise<Buffer> {
  const options = {
    cwd,
    env: { ...process.env, ...env },
    encoding: 'buffer' as const,
    maxBuffer: 2 ** 28,
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL' as const,
  }
  return new Promise((resolve, reject) =>
    execFile(tool === 'python' ? PYTHON : tool, [...args], options, (error, stdout, stderr) =>
      error === null
        ? resolve(stdout)
        : reject(new Error(`${tool} ${args.join(' ')}: ${error.message}\n${stderr.toString()}`)),
    ),
  )
}

/** Whether a program is here; of `has` only the quiet part, for tools that no test relies on. */
export function isHere(tool: string): boolean {
  const places =
    tool === 'python'
      ? [PYTHON]
      : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, tool))
  return places.some((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      // Not there: what that means is told once, for all of them.
      return false
    }
  })
}
