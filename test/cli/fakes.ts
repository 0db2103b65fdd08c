/** A library that answers from a script, and a process edge in memory. */

import { writeFile } from 'node:fs/promises'
import { PassThrough, Readable, Writable } from 'node:stream'
import type { Io } from '../../src/cli/context.ts'
import { type Interrupts, runCli } from '../../src/cli/run.ts'
import type { Verbs } from '../../src/cli/verbs.ts'
import type { QueryResult, RunOptions, Session } from '../../src/engine/types.ts'
import { type ErrorCode, VarveError } from '../../src/errors.ts'
import type { LakeVerbs } from '../../src/library/lake-types.ts'
import type { FileInfo, IndexReport, Slice, SliceStrategy, VarveFile } from '../../src/library/types.ts'
import { type Called, fakeLake } from './fake-lake.ts'
import { col, result } from './vectors.ts'

/** What the fake was asked. */
export interface Asked {
  readonly statements: { sql: string; options: RunOptions }[]
  readonly strategies: SliceStrategy[]
  readonly indexed: { uri: string; force: boolean }[]
  readonly headers: boolean[]
  /** Verbs of the lake. */
  readonly called: Called[]
  closed: number
}

export const nothingAsked = (): Asked => ({
  statements: [],
  strategies: [],
  indexed: [],
  headers: [],
  called: [],
  closed: 0,
})

/**
 * `select N` has a row with N; `rows N` has N rows, `fail CODE` fails, `late CODE` fails after a row, `wait`
 * runs until it is stopped, `change N` changes N rows; anything else returns nothing.
 */
async function* run(asked: Asked, sql: string, options: RunOptions = {}): AsyncGenerator<QueryResult> {
  asked.statements.push({ sql, options })
  const [, verb = '', argument = ''] = /^\s*(\w+)\s*([^;]*)/.exec(sql) ?? []
  const number = Number(argument.replace(/\D.*/, ''))
  switch (verb) {
    case 'select':
      yield result([col('n', 'INTEGER', [number])])
      return
    case 'rows':
      yield result(
        [
          col(
            'n',
            'INTEGER',
            Array.from({ length: number }, (_, i) => i),
          ),
        ],
        100,
      )
      return
    case 'fail':
      throw new VarveError(argument as ErrorCode, `${argument}: the statement failed`, { sql })
    case 'late': {
      const { columns, batches } = result([col('n', 'INTEGER', [1])])
      yield {
        columns,
        returns: 'rows',
        close: async () => {},
        batches: (async function* () {
          yield* batches
          throw new VarveError(argument as ErrorCode, `${argument}: the rows failed`, { sql })
        })(),
      }
      return
    }
    case 'wait':
      await new Promise<void>((resolve) => options.signal?.addEventListener('abort', () => resolve()))
      throw new VarveError('aborted', 'the operation was cancelled')
    case 'change':
      yield { ...result([]), returns: 'changed', changed: number }
      return
    default:
      yield { ...result([]), returns: 'nothing' }
  }
}

export function fakeVerbs(asked: Asked, answers: Partial<LakeVerbs> = {}): Verbs {
  let requests = 0
  const session: Session = {
    run: (sql, options) => {
      requests += 2
      return run(asked, sql, options)
    },
    write: async (sql, path, _format, options) => {
      asked.statements.push({ sql, options: options ?? {} })
      await writeFile(path, 'PAR1')
      return { rows: 1 }
    },
    complete: async (text) => {
      const start = text.search(/\w*$/)
      const names = ['read_fastq', 'read_lines', 'select']
      return names.filter((name) => name.startsWith(text.slice(start))).map((name) => ({ text: name, start }))
    },
    close: async () => {},
  }
  return {
    mounts: () => {
      throw new VarveError('unsupported', 'mounting needs FUSE')
    },
    engine: () => {
      throw new VarveError('unsupported', 'nothing is served here')
    },
    openFile: async (uri, options) => fakeFile(asked, uri, options?.format),
    expand: async (pattern) => {
      if (pattern.includes('missing'))
        throw new VarveError('not-found', `${pattern} does not exist`, { uri: pattern })
      return pattern.endsWith('*') ? [`${pattern.slice(0, -1)}1`, `${pattern.slice(0, -1)}2`] : [pattern]
    },
    parseSlice: (text) => fakeSlice(asked, text),
    session: async () => session,
    formats: () => [
      {
        name: 'lines',
        functions: ['read_lines'],
        extensions: ['txt'],
        strategies: ['count', 'rows', 'bytes'],
        zones: [],
        columns: [{ name: 'line', type: 'VARCHAR' }],
        options: [],
      },
    ],
    initLake: async (url) => ({ lake: url, id: 'abc', created: true }),
    lake: () => fakeLake(asked.called, answers),
    get meters() {
      return { requests, bytes: requests * 100 }
    },
    close: async () => {
      asked.closed++
    },
  }
}

function fakeFile(asked: Asked, uri: string, format = 'lines'): VarveFile {
  const [, code] = /broken-([a-z-]+)/.exec(uri) ?? []
  if (code !== undefined) throw new VarveError(code as ErrorCode, `${uri} is broken`, { uri })
  const info: FileInfo = {
    uri,
    format,
    container: 'gzip',
    size: 1234567,
    identity: '"etag"',
    columns: [{ name: 'line', type: 'VARCHAR' }],
    index: 'file:///lake/indexes/x/lines.parquet',
    indexed: true,
    rows: 1000,
    segments: 3,
    index_bytes: 2048,
  }
  return {
    uri,
    format,
    columns: [{ name: 'line', type: { kind: 'utf8' } }],
    info: async () => info,
    index: async ({ force = false } = {}) => {
      asked.indexed.push({ uri, force })
      const { index, rows, segments, index_bytes } = info
      return { uri, format, index, built: true, rows, segments, index_bytes, ms: 1500 } as IndexReport
    },
    slices: async (strategy) => {
      asked.strategies.push(strategy)
      return [0, 1].map((i) => fakeSlice(asked, JSON.stringify({ v: 1, uri, i })))
    },
  }
}

function fakeSlice(asked: Asked, text: string): Slice {
  let value: { i?: number }
  try {
    value = JSON.parse(text) as { i?: number }
  } catch (error) {
    throw new VarveError('invalid-input', `the slice is no JSON: ${text}`, {}, error)
  }
  return {
    firstRow: 0,
    rows: 1,
    byteStart: 0,
    byteEnd: 10,
    toString: () => text,
    toJSON: () => value,
    read: () => {
      throw new Error('not used here')
    },
    text: async function* ({ header = false } = {}) {
      asked.headers.push(header)
      if (header) yield Buffer.from('header\n')
      yield Buffer.from(`slice ${value.i}\n`)
    },
  }
}

export interface Ran {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
  readonly asked: Asked
}

export interface RunSettings {
  readonly stdin?: string
  /** Calls back with Ctrl-C's handler. */
  readonly interrupt?: (press: () => void) => void
  readonly tty?: boolean
  /** Answers of the lake other than the usual ones. */
  readonly lake?: Partial<LakeVerbs>
}

/** One command line against the fake library. */
export async function cli(
  argv: readonly string[],
  { stdin, interrupt, tty = false, lake }: RunSettings = {},
): Promise<Ran> {
  const asked = nothingAsked()
  const out = collector()
  const err = collector()
  const input: Io['stdin'] =
    stdin === undefined ? Object.assign(new PassThrough(), { isTTY: true }) : Readable.from([stdin])
  const io: Io = {
    stdin: input,
    stdout: Object.assign(out.stream, { isTTY: tty, columns: 80 }),
    stderr: err.stream,
    env: {},
  }
  const interrupts: Interrupts = {
    on: (handlers) => {
      interrupt?.(handlers.interrupt)
      return () => {}
    },
  }
  const code = await runCli(argv, io, () => fakeVerbs(asked, lake), interrupts)
  return { code, stdout: out.text(), stderr: err.text(), asked }
}

export function collector(): { stream: Writable; text(): string; bytes(): Buffer } {
  const pieces: Buffer[] = []
  const stream = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      pieces.push(Buffer.from(piece))
      done()
    },
  })
  const bytes = (): Buffer => Buffer.concat(pieces)
  return { stream, bytes, text: () => bytes().toString('utf8') }
}
