/** Opens SQL sessions: DuckDB with varve's table functions, rewrite and errors. */

import { throwIfAborted, VarveError } from '../errors.ts'
import type { CallingSession, ScanService, SessionProcedure, TableFunction } from '../scan/types.ts'
import { completeText } from './complete.ts'
import { newShared, startEngine } from './engine.ts'
import { EXPLAIN_SCAN, explanations } from './explain-scan.ts'
import { procedureCalls } from './procedures.ts'
import { claimsByDefault } from './rewrite/paths.ts'
import { splitStatements } from './rewrite/tokens.ts'
import { openScanHost } from './scan-host.ts'
import { statementsOf } from './statements.ts'
import type { QueryResult, RunOptions, Session } from './types.ts'
import { writeParquet } from './write-parquet.ts'

export interface SessionOptions {
  readonly scan: ScanService
  /** The table functions that SQL gets; each is answered by `scan`. */
  readonly functions: readonly TableFunction[]
  /** Procedures that run SQL in the session that calls them. */
  readonly procedures?: readonly SessionProcedure[] | undefined
  /** Whether `FROM 'path'` is varve's to read. Default: URLs of stores, and local files it knows by ending. */
  readonly claims?: ((path: string) => boolean) | undefined
  /** A database file; default in memory. */
  readonly database?: string | undefined
  /** DuckDB settings, as for SET: `{ threads: '2' }`. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

/**
 * A session of its own engine thread. The scan service stays the caller's to close.
 *
 * Statements run one after the other, whoever asks: a second `run` starts when the first is read to its end or
 * closed. So do not wait for a second one while holding the rows of the first.
 *
 * @example
 * const session = openSession({ scan, functions })
 * for await (const result of session.run('select 1')) for await (const batch of result.batches) …
 */
export function openSession({
  scan,
  functions: plain,
  procedures = [],
  claims = claimsByDefault,
  database = ':memory:',
  settings = {},
}: SessionOptions): Session {
  const shared = newShared()
  const functions = [...plain, ...procedures.map(signatureOf), EXPLAIN_SCAN]
  const explaining = explanations(scan)
  const calls = procedureCalls(explaining.scan, procedures)
  const host = openScanHost(calls.scan, shared)
  const engine = startEngine({ database, settings, functions }, shared, host)
  const statements = statementsOf({ engine, host, functions, claims, scan, fresh: database === ':memory:' })
  let ready = false
  engine.ready.then(
    () => {
      ready = true
    },
    () => undefined,
  )
  let turn: Promise<void> = Promise.resolve()
  let closing: Promise<void> | undefined
  let starting: Promise<QueryResult> | undefined
  const closed = new AbortController()
  const ending = new Promise<void>((resolve) => closed.signal.addEventListener('abort', () => resolve()))

  const start = async (sql: string, options: RunOptions): Promise<QueryResult> => {
    await explaining.before(sql, options, statements)
    if (!calls.begin(sql)) return statements.start(sql, options)
    const gathered = await statements.start(sql, options)
    for await (const _ of gathered.batches);
    return (await calls.run(callingSession(options), gathered)) ?? gathered
  }

  /** Queries of a procedure come between the statements of the session, without waiting for their turn. */
  const callingSession = ({ signal, onProgress, pushdown }: RunOptions): CallingSession => ({
    signal,
    async query(sql, use) {
      const [query, ...more] = splitStatements(sql)
      if (query === undefined || more.length > 0) {
        const count = query === undefined ? 0 : more.length + 1
        throw new VarveError('invalid-input', `the query holds ${count} statements, expected one`)
      }
      const result = await start(query, { signal, onProgress, pushdown })
      try {
        if (result.returns !== 'rows')
          throw new VarveError('invalid-input', 'the query returns no rows, expected a SELECT')
        return await use(result)
      } finally {
        await result.close()
      }
    },
    async execute(sql) {
      await (await start(sql, { signal })).close()
    },
  })

  /** Keeps the process alive while varve works; a result that waits for its reader does so itself. */
  const working = async <T>(work: Promise<T>): Promise<T> => {
    engine.hold(true)
    try {
      return await work
    } finally {
      engine.hold(false)
    }
  }

  async function* run(sql: string, options: RunOptions = {}): AsyncGenerator<QueryResult> {
    if (closing !== undefined) throw new VarveError('invalid-input', 'the session is closed')
    const before = turn
    let release: () => void = () => undefined
    turn = new Promise((resolve) => {
      release = resolve
    })
    const signal =
      options.signal === undefined ? closed.signal : AbortSignal.any([options.signal, closed.signal])
    let current: QueryResult | undefined
    try {
      if (!ready) statements.prepare(sql, options)
      await working(Promise.race([Promise.all([before, engine.ready]), ending]))
      for (const statement of splitStatements(sql)) {
        throwIfAborted(signal)
        starting = start(statement, { ...options, signal })
        current = await working(starting)
        yield current
        await current.close()
      }
    } finally {
      // Left by an error or before the end: what its closing says adds nothing.
      await current?.close().catch(() => undefined)
      release()
    }
  }

  return {
    run,
    write: (sql, path, _format, options) => writeParquet(run, sql, path, options),
    complete: async (text) => completeText(text, await working(engine.complete(text)), functions),
    close() {
      closing ??= (async () => {
        closed.abort(new VarveError('aborted', 'the session was closed'))
        // Not for the turn: a caller may have dropped its iterator without a word.
        await starting?.then((result) => result.close()).catch(() => undefined)
        await engine.close()
      })()
      return closing
    },
  }
}

/** What travels to the engine's thread. */
function signatureOf({ columns: _, prepare: __, ...signature }: SessionProcedure): TableFunction {
  return signature
}
