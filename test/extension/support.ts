/** DuckDB in Python with the extension, as a process that knows nothing of varve; and the engine that it starts. */

import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export const ROOT = join(import.meta.dirname, '../..')
export const TOOLS = join(ROOT, '.tools/extension')

/** Each DuckDB with the binary that it takes. */
const BINARIES = { '2.0.0': 'v2.0.0', '1.5.6': 'v1.2.0' } as const
export type Version = keyof typeof BINARIES
export const VERSIONS = Object.keys(BINARIES) as Version[]

/** `VARVE_SANITIZE=1` tests the build that has AddressSanitizer. */
const SANITIZE = process.env.VARVE_SANITIZE === '1'

export const binaryOf = (version: Version): string =>
  join(TOOLS, SANITIZE ? 'sanitize' : '', BINARIES[version], 'varve.duckdb_extension')

/** A Python that was built without sanitizers takes them so. */
function sanitizers(): NodeJS.ProcessEnv {
  if (!SANITIZE) return {}
  const library = (name: string): string =>
    execFileSync('gcc', [`-print-file-name=${name}`], { encoding: 'utf8' }).trim()
  // Python itself leaks.
  return {
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
    ASAN_OPTIONS: 'detect_leaks=0',
    UBSAN_OPTIONS: 'halt_on_error=1',
  }
}

export interface Step {
  readonly sql: string
  /** On so many cursors at once. */
  readonly threads?: number
  /** So often, after a quarter as many that do not count. */
  readonly times?: number
  /** Interrupted after so many seconds. */
  readonly interrupt?: number
  /** SIGINT is sent after so many seconds. */
  readonly signal?: number
  /** Only after so many seconds. */
  readonly pause?: number
  /** In a child of the process. */
  readonly fork?: true
  /** How many rows the scan gave, in place of the rows. */
  readonly scanned?: true
}

interface Used {
  readonly descriptors: number
  readonly memory: number
}

export interface Answer {
  readonly rows?: (string | null)[][]
  readonly error?: string
  readonly answers?: Answer[]
  readonly before?: Used
  readonly after?: Used
  /** From the interrupt to the answer. */
  readonly seconds?: number
  readonly scanned?: number[]
}

export interface PythonOptions {
  /** Default 2.0.0. */
  readonly version?: Version
  readonly env?: NodeJS.ProcessEnv
  readonly config?: object
  /** Default: loads the extension. */
  readonly load?: readonly string[]
  /** Called with each answer as it comes. */
  readonly each?: (answer: Answer) => void
}

/** A folder with a program that starts engines, whose socket is in it. */
export interface Setting {
  readonly folder: string
  readonly lake: string
  readonly program: string
  readonly socket: string
  /** What a client of this setting finds in its environment. */
  readonly env: Readonly<Record<string, string>>
  /** Writes a file into the folder, and gives its path. */
  file(name: string, bytes: Uint8Array | string): string
  /** What DuckDB in Python says to each step. */
  python(steps: readonly (Step | string)[], options?: PythonOptions): Promise<Answer[]>
  /** The number of the engine that was started last at a socket, which is this setting's own unless another is named. */
  enginePid(socket?: string): number
  /** How many engines were started. */
  engines(): number
  close(): void
}

/** Builds the extension, once for all test files, and makes a folder. */
export function makeSetting(): Setting {
  const build = join(ROOT, 'scripts/extension.sh')
  execFileSync(build, { cwd: ROOT, stdio: 'pipe' })
  if (SANITIZE) execFileSync(build, ['--sanitize', '--no-python'], { cwd: ROOT, stdio: 'pipe' })
  const folder = mkdtempSync(join(tmpdir(), 'varve-extension-'))
  const lake = join(folder, 'lake')
  const socket = join(folder, 'engine/engine.sock')
  const pids = join(folder, 'pids')
  const file = (name: string, bytes: Uint8Array | string): string => {
    writeFileSync(join(folder, name), bytes)
    return join(folder, name)
  }
  const program = file(
    'varve program',
    `#!/bin/sh\nunset LD_PRELOAD\necho "$$ $*" >>'${pids}'\nexec '${process.execPath}' '${ROOT}/dist/main.js' "$@"\n`,
  )
  chmodSync(program, 0o755)
  const started = (at = ''): number[] =>
    (existsSync(pids) ? readFileSync(pids, 'utf8').split('\n') : [])
      .filter((line) => line.includes(`engine --socket ${at}`))
      .map((line) => Number.parseInt(line, 10))
  const env = {
    VARVE_ENGINE: socket,
    VARVE_LAKE: lake,
    VARVE_PROGRAM: program,
    VARVE_CACHE: join(folder, 'cache'),
  }
  return {
    folder,
    lake,
    program,
    socket,
    env,
    file,
    python: (steps, options = {}) => python(steps, { ...options, env: { ...env, ...options.env } }, folder),
    enginePid: (at = socket) => started(at).at(-1) ?? 0,
    engines: () => started().length,
    close() {
      for (const pid of started()) {
        try {
          process.kill(pid)
        } catch {
          // It has ended already.
        }
      }
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function python(
  steps: readonly (Step | string)[],
  { version = '2.0.0', env, config, load, each }: PythonOptions,
  cwd: string,
): Promise<Answer[]> {
  const child = spawn(join(TOOLS, `python-${version}/bin/python`), [join(import.meta.dirname, 'client.py')], {
    cwd,
    env: { ...process.env, ...sanitizers(), ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let complaints = ''
  child.stderr.on('data', (text) => {
    complaints += text
  })
  const job = {
    config: config ?? { allow_unsigned_extensions: 'true' },
    load: load ?? [`load '${binaryOf(version)}'`],
    steps: steps.map((step) => (typeof step === 'string' ? { sql: step } : step)),
  }
  child.stdin.end(JSON.stringify(job))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const answers: Answer[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    const answer = JSON.parse(line) as Answer
    answers.push(answer)
    each?.(answer)
  }
  const code = await ended
  if (code !== 0) throw new Error(`python ended with ${code}: ${complaints}`)
  return answers
}
