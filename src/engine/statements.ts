/** Starts statements: rewritten for varve, with what pushdown knows about their scans. */

import { VarveError } from '../errors.ts'
import { type Value, valuesFrom } from '../formats/values.ts'
import type { ScanService, TableFunction } from '../scan/types.ts'
import { isRefused } from './duckdb-errors.ts'
import type { Engine } from './engine.ts'
import { execute } from './query-result.ts'
import type { OptionalArguments, RewriteOptions } from './rewrite/edits.ts'
import { executedWith } from './rewrite/execute.ts'
import { rewriteStatement } from './rewrite/rewrite.ts'
import { tokenize } from './rewrite/tokens.ts'
import type { ExplainedScan, ScanHost } from './scan-host.ts'
import { rememberTrees } from './trees.ts'
import type { QueryResult, RunOptions } from './types.ts'
import { type Query, viewsOf } from './views.ts'

/** What stands before a file in a statement: `read_bam('…')`, `from '…'`. */
const BEFORE_FILES = new Set(['(', '[', ',', 'from', 'join'])
const BOUND = new VarveError('aborted', 'the statement is bound')

export interface StatementsOptions {
  readonly engine: Engine
  readonly host: ScanHost
  readonly functions: readonly TableFunction[]
  readonly claims: (path: string) => boolean
  /** Are told what statements name, before they are bound. */
  readonly scan: Pick<ScanService, 'expect' | 'prepare'>
  /** The database began empty. */
  readonly fresh: boolean
}

export interface Explained {
  /** DuckDB's plan, as JSON. */
  readonly plan: string
  /** The numbers of the scans, in the order in which the statement names them. */
  readonly order: readonly number[]
  readonly scans: readonly ExplainedScan[]
}

export interface Statements {
  /** Tells of statements that come as soon as the engine is there. */
  prepare(sql: string, options: RunOptions): void
  /** Starts one statement; resolves when its columns are known. */
  start(sql: string, options: RunOptions): Promise<QueryResult>
  /** Plans one statement, without a row, and gives its scans to `use` while they are bound. */
  explain<T>(sql: string, options: RunOptions, use: (explained: Explained) => Promise<T>): Promise<T>
}

export function statementsOf({
  engine,
  host,
  functions,
  claims,
  scan,
  fresh,
}: StatementsOptions): Statements {
  const names = new Set(functions.map(({ name }) => name.toLowerCase()))
  const optional = optionalArguments(functions)
  let collated = false

  const query: Query = async (sql) => {
    const { columns, batches } = await execute(engine, host, sql, {})
    const rows: Value[][] = []
    for await (const batch of batches) {
      const values = batch.columns.map((column, i) => valuesFrom(columns[i]!.type, column))
      for (let row = 0; row < batch.rows; row++) rows.push(values.map((column) => column[row] ?? null))
    }
    return rows
  }
  const views = viewsOf(query, fresh)
  const trees = rememberTrees(engine.serialize)

  const pushes = (sql: string, { pushdown }: RunOptions): boolean => {
    // Another collation compares text in another way than zones do.
    collated ||= /collat/i.test(sql)
    return pushdown !== false && !collated
  }
  const rewrite = async (sql: string, more: Pick<RewriteOptions, 'pushdown' | 'params' | 'explain'>) =>
    rewriteStatement(sql, {
      functions: names,
      optional,
      claims,
      serialize: trees.serialize,
      views: more.pushdown ? await views.names() : undefined,
      unnest: true,
      viewOf: views.viewOf,
      ...more,
    })

  const started = async (sql: string, options: RunOptions): Promise<QueryResult> => {
    const { params } = options
    const pushdown = pushes(sql, options)
    trees.note(sql)
    const text = await rewrite(sql, { pushdown, params })
    const executed = await executedWith(sql, trees.serialize)
    views.note(sql)
    try {
      return await execute(engine, host, text, options, { pushdown, params: executed })
    } catch (error) {
      // Pushdown must not change what a statement is, nor the text that an error shows of it.
      const plain = pushdown && isRefused(error) ? await rewrite(sql, { pushdown: false, params }) : text
      if (plain === text) throw error
      return execute(engine, host, plain, options, { pushdown: false })
    }
  }

  return {
    prepare: (sql, { params }) => scan.prepare?.(mayBeFiles(sql, params)),
    async start(sql, options) {
      const { signal, params } = options
      const bound = new AbortController()
      const end = (): void => bound.abort(BOUND)
      signal?.addEventListener('abort', end, { once: true })
      scan.expect?.(mayBeFiles(sql, params), /\bwhere\b/i.test(sql), bound.signal)
      try {
        return await started(sql, options)
      } finally {
        signal?.removeEventListener('abort', end)
        end()
      }
    },
    async explain(sql, options, use) {
      const { params, signal } = options
      const pushdown = pushes(sql, options)
      const text = await rewrite(sql, { pushdown, params, explain: true })
      const explain = `explain (format json) ${text}`
      const scanning = { pushdown, explain: true }
      const result = await execute(engine, host, explain, { params, signal }, scanning)
      try {
        let plan = ''
        for await (const batch of result.batches)
          plan += String(valuesFrom(result.columns[1]!.type, batch.columns[1]!)[0])
        const order = [...text.matchAll(/"scan":(\d+),"explain":true/g)].map(([, number]) => Number(number))
        return await use({ plan, order, scans: host.explained })
      } finally {
        host.forget()
      }
    },
  }
}

/** Texts that stand where a statement names what it reads. */
function mayBeFiles(sql: string, params: RunOptions['params']): string[] {
  const tokens = tokenize(sql)
  const literals = tokens.filter(
    ({ kind }, i) =>
      (kind === 'string' || kind === 'identifier') && BEFORE_FILES.has(tokens[i - 1]?.value ?? ''),
  )
  const given = Object.values(params ?? {}).filter((value) => typeof value === 'string')
  return [...literals.map(({ value }) => value), ...given]
}

function optionalArguments(functions: readonly TableFunction[]): ReadonlyMap<string, OptionalArguments> {
  const taking = functions.filter(({ optional }) => optional !== undefined)
  return new Map(
    taking.map(({ name, positional, optional = [] }) => [
      name.toLowerCase(),
      { positional, names: optional },
    ]),
  )
}
