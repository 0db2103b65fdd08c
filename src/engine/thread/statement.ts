/** Runs one statement on a connection: prepare, bind parameters, execute, read the result's chunks. */

import duckdb, { type Connection, type LogicalType, type PreparedStatement } from '@duckdb/node-bindings'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch } from '../../formats/batch.ts'
import type { ResultHead } from '../protocol.ts'
import { quoteIdentifier } from '../quote.ts'
import type { RunOptions } from '../types.ts'
import { toValue } from './arguments.ts'
import { foreignReader } from './foreign.ts'
import { columnReader, type ReadColumn } from './read-column.ts'
import { fromLogicalType, needsText, sqlTypeName } from './types.ts'

const { ResultType, StatementType } = duckdb

export interface RunningStatement {
  readonly head: ResultHead
  /** The next rows, `undefined` at the end, also at the end that a failure made. */
  fetch(): Promise<ColumnBatch | undefined>
  /**
   * Whether the end that `fetch` came to is one of failure. DuckDB's bindings give a failed stream no other mark: no
   * error is thrown, and the rows simply end.
   */
  readonly failed: boolean
  /** Why it failed: the bindings keep that too, so the statement runs again, for its error alone. */
  reason(): Promise<unknown>
}

/** Starts a text of one statement; one that DuckDB unfolds into several (PIVOT) runs all, and returns the last. */
export async function startStatement(
  connection: Connection,
  sql: string,
  params: RunOptions['params'],
): Promise<RunningStatement> {
  const one = await prepareOne(connection, sql)
  let prepared = one ?? (await prepareLast(connection, sql))
  try {
    const types = columnTypes(prepared)
    const streams = duckdb.prepared_statement_type(prepared) === StatementType.SELECT
    const printed =
      one !== undefined && streams ? await preparePrinted(connection, sql, prepared, types) : undefined
    if (printed !== undefined) {
      duckdb.destroy_prepare_sync(prepared)
      prepared = printed
    }
    bindParameters(prepared, params)
    const result = streams
      ? await duckdb.execute_prepared_streaming(prepared)
      : await duckdb.execute_prepared(prepared)
    const running = await readResult(result, printed === undefined ? undefined : types)
    return {
      ...running,
      get failed() {
        return hasFailed(result)
      },
      reason: () => failureOf(connection, sql, params),
    }
  } finally {
    duckdb.destroy_prepare_sync(prepared)
  }
}

/** What `prepare` says of a text that is not one statement, before it binds anything. */
const NOT_ONE = /^Invalid Input Error: (Cannot prepare multiple statements|No statement to prepare)/

/** In one turn of another thread, where extracting and preparing take two; undefined when it is not one statement. */
async function prepareOne(connection: Connection, sql: string): Promise<PreparedStatement | undefined> {
  try {
    return await duckdb.prepare(connection, sql)
  } catch (error) {
    if (error instanceof Error && NOT_ONE.test(error.message)) return undefined
    throw error
  }
}

/** Runs all but the last of a text's statements, and prepares that one. */
async function prepareLast(connection: Connection, sql: string): Promise<PreparedStatement> {
  const { extracted_statements: extracted, statement_count: count } = await duckdb.extract_statements(
    connection,
    sql,
  )
  if (count === 0) throw new Error(duckdb.extract_statements_error(extracted) || 'Parser Error: no statement')
  for (let i = 0; i < count - 1; i++) {
    const prepared = await duckdb.prepare_extracted_statement(connection, extracted, i)
    try {
      await duckdb.execute_prepared(prepared)
    } finally {
      duckdb.destroy_prepare_sync(prepared)
    }
  }
  return duckdb.prepare_extracted_statement(connection, extracted, count - 1)
}

type Result = Awaited<ReturnType<typeof duckdb.execute_prepared>>

/** A result with an error has no type any more, whatever it had at first. */
function hasFailed(result: Result): boolean {
  return duckdb.result_return_type(result) === ResultType.INVALID
}

/** Evaluates every value of the query and keeps none, until it fails as it did before. */
async function failureOf(
  connection: Connection,
  sql: string,
  params: RunOptions['params'],
): Promise<unknown> {
  try {
    const prepared = await duckdb.prepare(
      connection,
      `select max(hash(failing)) from (\n${sql}\n) as failing`,
    )
    try {
      bindParameters(prepared, params)
      await duckdb.execute_prepared(prepared)
    } finally {
      duckdb.destroy_prepare_sync(prepared)
    }
  } catch (error) {
    return error
  }
  return new VarveError('internal', 'the query failed while its rows were read, and DuckDB does not say why')
}

function columnTypes(prepared: PreparedStatement): LogicalType[] {
  return Array.from({ length: duckdb.prepared_statement_column_count(prepared) }, (_, i) =>
    duckdb.prepared_statement_column_logical_type(prepared, i),
  )
}

/** The same query with DuckDB printing the columns that only it can print; `undefined` when none needs it. */
async function preparePrinted(
  connection: Connection,
  sql: string,
  prepared: PreparedStatement,
  types: readonly LogicalType[],
): Promise<PreparedStatement | undefined> {
  if (!types.some(needsText)) return undefined
  const columns = types.map((type, i) => {
    const name = quoteIdentifier(duckdb.prepared_statement_column_name(prepared, i))
    return `c${i}${needsText(type) ? '::varchar' : ''} as ${name}`
  })
  const names = types.map((_, i) => `c${i}`)
  const text = `select ${columns.join(', ')} from (\n${sql}\n) as printed(${names.join(', ')})`
  try {
    return await duckdb.prepare(connection, text)
  } catch {
    // A statement that cannot stand in parentheses: its values are printed one by one.
    return undefined
  }
}

/** Binds what the statement asks for; what is missing is DuckDB's error, what it does not ask for is nobody's. */
function bindParameters(prepared: PreparedStatement, params: RunOptions['params']): void {
  if (params === undefined || duckdb.nparams(prepared) === 0) return
  const named = Array.isArray(params)
    ? params.map((value, i) => [`${i + 1}`, value] as const)
    : Object.entries(params)
  for (const [name, value] of named) {
    const index = parameterIndex(prepared, name)
    if (index === undefined) continue
    if (index > duckdb.nparams(prepared)) {
      throw new VarveError(
        'invalid-input',
        `$${name} is used without those before it, expected $1, $2, … in full`,
      )
    }
    duckdb.bind_value(prepared, index, toValue(value))
  }
}

function parameterIndex(prepared: PreparedStatement, name: string): number | undefined {
  try {
    return duckdb.bind_parameter_index(prepared, name)
  } catch {
    return undefined
  }
}

/** A result's columns and rows; `types` are the columns' own ones where the statement was made to print them. */
export async function readResult(
  result: Result,
  types?: readonly LogicalType[] | undefined,
): Promise<Pick<RunningStatement, 'head' | 'fetch'>> {
  const kind = duckdb.result_return_type(result)
  if (kind === ResultType.CHANGED_ROWS) {
    const changed = duckdb.rows_changed(result)
    return { head: { columns: [], returns: 'changed', changed }, fetch: async () => undefined }
  }
  if (kind !== ResultType.QUERY_RESULT) {
    return { head: { columns: [], returns: 'nothing' }, fetch: async () => undefined }
  }
  const logical = Array.from({ length: duckdb.column_count(result) }, (_, i) =>
    duckdb.column_logical_type(result, i),
  )
  const columns = logical.map((type, i) => ({
    name: duckdb.column_name(result, i),
    type: fromLogicalType(type),
    sqlType: sqlTypeName(types?.[i] ?? type),
  }))
  const foreign = logical.some(needsText) ? await foreignReader() : refuse
  const readers = logical.map((type) => columnReader(type, foreign))
  return {
    head: { columns, returns: 'rows' },
    async fetch() {
      const chunk = await duckdb.fetch_chunk(result)
      const rows = chunk === null ? 0 : duckdb.data_chunk_get_size(chunk)
      if (chunk === null || rows === 0) return undefined
      return {
        rows,
        columns: readers.map((read, i) => read(duckdb.data_chunk_get_vector(chunk, i), rows)),
      }
    },
  }
}

const refuse: ReadColumn = () => {
  throw new VarveError('internal', 'a result column has a type that cannot be read')
}
