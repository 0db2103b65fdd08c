/** The extension in Python, and an engine of the bench whose requests to the store are counted. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import { type Ran, run } from '../process.ts'
import { parseTrace, type Traced } from '../trace.ts'
import { BenchError } from '../types.ts'

const TOOLS = join(process.cwd(), '.tools', 'extension')
const BINARY = join(TOOLS, 'v2.0.0', 'varve.duckdb_extension')
const PYTHON = join(TOOLS, 'python-2.0.0', 'bin', 'python')
const SCRIPT = join(process.cwd(), 'bench', 'peers', 'varve_extension.py')
const MAIN = join(process.cwd(), 'dist', 'main.js')

/** Why the extension cannot be measured, or undefined. */
export function missingExtension(): string | undefined {
  const absent = [BINARY, PYTHON].filter((path) => !existsSync(path))
  return absent.length === 0 ? undefined : `${absent.join(', ')} is missing: scripts/extension.sh builds it`
}

export type Environment = Readonly<Record<string, string>>

/** One Python process; its answer is what it prints last. */
export async function askPython<T>(
  what: string,
  sql: string,
  env: Environment,
): Promise<Ran & { answer: T }> {
  const ran = await run(PYTHON, [SCRIPT, BINARY, what, sql], { env })
  return { ...ran, answer: JSON.parse(ran.stdout.trim().split('\n').at(-1) ?? '') as T }
}

/** A Python that waits for a line on stdin after it has said that it is ready. */
export function startPython(what: string, sql: string, env: Environment): ChildProcess {
  return spawn(PYTHON, [SCRIPT, BINARY, what, sql], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
}

export interface BenchEngine {
  readonly pid: number
  /** What a client of it finds in its environment. */
  readonly env: Environment
  /** The requests since the last time this was asked. */
  requests(): Traced[]
  stop(): Promise<void>
}

/** The environment of a client, and of the engine that it starts if nobody else has. */
export async function engineEnvironment(context: Context, lake: string): Promise<Environment> {
  const folder = context.scratch()
  return {
    ...(await context.minio()).env,
    VARVE_LAKE: lake,
    VARVE_CACHE: join(folder, 'cache'),
    VARVE_PROGRAM: `${process.execPath} ${MAIN}`,
    // Scratch folders are readable by all, and their paths too long for a socket.
    VARVE_ENGINE: join('/tmp', `varve-bench-${process.pid}-${sockets++}`, 'e.sock'),
  }
}
let sockets = 0

export async function startEngine(context: Context, lake: string): Promise<BenchEngine> {
  const env = await engineEnvironment(context, lake)
  const socket = env.VARVE_ENGINE!
  const child = spawn(process.execPath, [MAIN, 'engine', '--socket', socket], {
    env: { ...process.env, ...env, VARVE_TRACE: '1' },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  for (let tries = 0; !(await answers(socket)); tries++) {
    if (tries > 400 || child.exitCode !== null) throw new BenchError(`varve engine does not start: ${stderr}`)
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
  return {
    pid: child.pid!,
    env,
    requests() {
      const traced = parseTrace(stderr)
      stderr = ''
      return traced
    },
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  }
}

export function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(socket)
    probe.once('connect', () => {
      probe.destroy()
      resolve(true)
    })
    probe.once('error', () => resolve(false))
  })
}
