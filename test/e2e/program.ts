/** The built program as another program uses it: its own folder, an empty environment, pipes. */

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { CODES, type ErrorCode } from '../../src/errors.ts'

export const MAIN = join(import.meta.dirname, '../../dist/main.js')

export interface Ended {
  /** Null when a signal ended it. */
  readonly code: number | null
  readonly signal: string | null
  readonly stdout: string
  readonly stderr: string
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string | Uint8Array
  readonly cwd?: string
  readonly uid?: number
}

/** A folder to work in, with a cache of its own; nothing of the machine's settings reaches what runs in it. */
export class Workplace {
  readonly dir = mkdtempSync(join(tmpdir(), 'varve-e2e-'))
  readonly cache = join(this.dir, '.cache')
  readonly env: Record<string, string>

  constructor(env: Readonly<Record<string, string>> = {}) {
    mkdirSync(join(this.dir, '.home'))
    this.env = {
      PATH: process.env.PATH ?? '',
      HOME: join(this.dir, '.home'),
      VARVE_CACHE: this.cache,
      AWS_EC2_METADATA_DISABLED: 'true',
      ...env,
    }
  }

  path(...parts: string[]): string {
    return join(this.dir, ...parts)
  }

  /** Every index file in the cache. */
  indexes(): string[] {
    return filesUnder(this.cache).filter((path) => path.endsWith('.parquet'))
  }

  /** Everything in the folder that is not the cache or the home, to see what a command left behind. */
  files(): string[] {
    return filesUnder(this.dir).filter((path) => !/^\.(cache|home)\//.test(path))
  }

  start(argv: readonly string[], options: RunOptions = {}): { child: ChildProcess; ended: Promise<Ended> } {
    const child = spawn(process.execPath, [MAIN, ...argv], {
      cwd: options.cwd ?? this.dir,
      env: { ...this.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(options.uid !== undefined && { uid: options.uid, gid: options.uid }),
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout?.on('data', (piece: Buffer) => out.push(piece))
    child.stderr?.on('data', (piece: Buffer) => err.push(piece))
    // A program that ends without reading its input is no failure of the test.
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(options.stdin ?? '')
    const ended = new Promise<Ended>((resolve) =>
      child.on('close', (code, signal) =>
        resolve({
          code,
          signal,
          stdout: Buffer.concat(out).toString(),
          stderr: Buffer.concat(err).toString(),
        }),
      ),
    )
    return { child, ended }
  }

  run(argv: readonly string[], options?: RunOptions): Promise<Ended> {
    return this.start(argv, options).ended
  }

  /** Rows of a statement, as JSON has them. */
  async rows(sql: string, options: RunOptions & { argv?: readonly string[] } = {}): Promise<Row[]> {
    const ended = await this.run(['sql', '-c', sql, '--format', 'json', ...(options.argv ?? [])], options)
    if (ended.code !== 0) throw new Error(`${sql}\nended with ${ended.code}: ${ended.stderr}`)
    return JSON.parse(ended.stdout) as Row[]
  }

  /** The slices that `varve slices` prints, one line each. */
  async slices(argv: readonly string[], options?: RunOptions): Promise<string[]> {
    const ended = await this.run(['slices', ...argv], options)
    if (ended.code !== 0)
      throw new Error(`slices ${argv.join(' ')} ended with ${ended.code}: ${ended.stderr}`)
    return ended.stdout.trimEnd().split('\n')
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export type Row = Record<string, unknown>

export interface Failure {
  readonly code: string
  readonly message: string
  readonly details: Record<string, unknown>
}

/** The JSON error: one object with these three keys, alone on stderr. */
export function failureOf({ stderr }: Ended): Failure {
  const lines = stderr.trimEnd().split('\n')
  if (lines.length !== 1) throw new Error(`expected one line on stderr, got:\n${stderr}`)
  const failure = JSON.parse(lines[0]!) as Failure
  if (Object.keys(failure).join() !== 'code,message,details')
    throw new Error(`not an error object: ${stderr}`)
  return failure
}

/** Runs a command with --json that must fail so: this code and its exit status, this message, no data on stdout. */
export async function expectFailure(
  place: Workplace,
  argv: readonly string[],
  code: ErrorCode,
  message: RegExp,
  options: RunOptions & {
    readonly stdout?: RegExp
    /** Uses the place's own cache, where indexes are, instead of an empty one. */
    readonly knowsIndexes?: boolean
  } = {},
): Promise<Failure> {
  const cache = place.path('.cache', `of-failure-${++failures}`)
  const ended = await place.run([...argv, '--json'], {
    ...options,
    env: { ...(options.knowsIndexes === true ? {} : { VARVE_CACHE: cache }), ...options.env },
  })
  expect(ended.stdout.slice(0, 500)).toMatch(options.stdout ?? /^$/)
  const failure = failureOf(ended)
  expect(failure.message).toMatch(message)
  expect([failure.code, ended.code]).toEqual([code, CODES[code].exit])
  // A failure leaves nothing behind: no index, no half-written file.
  expect(filesUnder(cache).filter((path) => path.includes('indexes/'))).toEqual([])
  return failure
}

let failures = 0

export interface Trace {
  readonly op: string
  readonly uri: string
  readonly range: string | null
  readonly status: number | null
  readonly bytes: number
  readonly ms: number
}

export function tracesOf({ stderr }: Ended): Trace[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('varve-trace '))
    .map((line) => JSON.parse(line.slice('varve-trace '.length)) as Trace)
}

export function filesUnder(dir: string): string[] {
  try {
    return readdirSync(dir, { withFileTypes: true, recursive: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
      .sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
