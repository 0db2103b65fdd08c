/** Registers varve's table functions: DuckDB asks, the scan client answers. */

import duckdb, {
  type Connection,
  type DataChunk,
  type TableFunctionBindInfo,
  type TableFunctionInfo,
  type TableFunctionInitInfo,
} from '@duckdb/node-bindings'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch, Field } from '../../formats/batch.ts'
import type { Argument, TableFunction } from '../../scan/types.ts'
import { parseHidden } from '../hidden.ts'
import { type BindCall, type BoundColumns, EXPLAINED_ROWS, HIDDEN } from '../protocol.ts'
import { fromValue } from './arguments.ts'
import { Enough, type ScanClient, type ScanReader } from './scan-client.ts'
import { toLogicalType } from './types.ts'
import {
  type BatchWriter,
  COUNTED,
  countedListWriter,
  countWriter,
  inLists,
  listWriter,
  rowWriter,
} from './write-batch.ts'

const { Type } = duckdb

const PARAMETER_TYPES = {
  text: Type.VARCHAR,
  integer: Type.BIGINT,
  boolean: Type.BOOLEAN,
  any: Type.ANY,
} as const

interface BindData {
  readonly call: BindCall
  readonly hidden: string | undefined
  readonly bound: BoundColumns
  readonly statement: number
}

interface ScanState {
  readonly reader: ScanReader
  readonly writer: BatchWriter
  batch: ColumnBatch | undefined
  /** Rows of the batch that DuckDB has. */
  position: number
}

/** Makes `fn` callable from SQL on every connection of the database. */
export function registerTableFunction(connection: Connection, fn: TableFunction, scans: ScanClient): void {
  const handle = duckdb.create_table_function()
  duckdb.table_function_set_name(handle, fn.name)
  for (let i = 0; i < fn.positional; i++) {
    duckdb.table_function_add_parameter(
      handle,
      duckdb.create_logical_type(fn.lists ? Type.ANY : Type.VARCHAR),
    )
  }
  for (const [name, type] of Object.entries(fn.named)) {
    duckdb.table_function_add_named_parameter(handle, name, duckdb.create_logical_type(PARAMETER_TYPES[type]))
  }
  duckdb.table_function_add_named_parameter(handle, HIDDEN, duckdb.create_logical_type(Type.VARCHAR))
  duckdb.table_function_supports_projection_pushdown(handle, true)
  duckdb.table_function_set_bind(handle, (info) =>
    guard(
      () => bind(info, fn, scans),
      (error) => duckdb.bind_set_error(info, scans.fail(error)),
    ),
  )
  duckdb.table_function_set_init(handle, (info) =>
    guard(
      () => init(info, scans),
      (error) => duckdb.init_set_error(info, scans.fail(error)),
    ),
  )
  duckdb.table_function_set_function(handle, (info, output) =>
    guard(
      () => produce(info, output),
      (error) => duckdb.function_set_error(info, scans.fail(error)),
      () => duckdb.data_chunk_set_size(output, 0),
    ),
  )
  duckdb.register_table_function(connection, handle)
}

/**
 * Runs a callback; what it throws goes to `fail`, an `Enough` ends early.
 *
 * A promise is refused: DuckDB would take it for an answer of zero rows, without an error.
 */
export function guard(
  callback: () => unknown,
  fail: (error: unknown) => void,
  enough: () => void = () => fail(new VarveError('aborted', 'the statement was closed')),
): void {
  try {
    const answer = callback()
    if (answer instanceof Promise) {
      answer.catch(() => undefined)
      throw new VarveError(
        'internal',
        'a table function answered with a promise, expected a synchronous callback',
      )
    }
  } catch (error) {
    if (error instanceof Enough) enough()
    else fail(error)
  }
}

function bind(info: TableFunctionBindInfo, fn: TableFunction, scans: ScanClient): void {
  const args = Array.from({ length: duckdb.bind_get_parameter_count(info) }, (_, i) =>
    fromValue(duckdb.bind_get_parameter(info, i)),
  )
  const named: Record<string, Argument> = {}
  for (const name of Object.keys(fn.named)) {
    const value = duckdb.bind_get_named_parameter(info, name)
    if (value) named[name] = fromValue(value)
  }
  const hiddenValue = duckdb.bind_get_named_parameter(info, HIDDEN)
  const hidden = hiddenValue ? duckdb.get_varchar(hiddenValue) : undefined
  const call: BindCall = { name: fn.name, args, named }
  const bound = scans.bind(call, hidden)
  for (const { name, type } of fieldsOf(bound, hidden))
    duckdb.bind_add_result_column(info, name, toLogicalType(type))
  const cardinality = explainedAs(hidden) ?? bound.cardinality
  if (cardinality !== undefined) {
    const rows = Math.max(0, Math.round(cardinality.rows))
    duckdb.bind_set_cardinality(info, rows, cardinality.exact)
  }
  const data: BindData = {
    call,
    hidden,
    bound,
    statement: scans.statement,
  }
  duckdb.bind_set_bind_data(info, data)
}

/** The plan of a statement that is only explained tells its scans apart by their cardinalities. */
function explainedAs(hidden: string | undefined): BoundColumns['cardinality'] {
  const { scan, explain } = parseHidden(hidden)
  return explain === true && scan !== undefined ? { rows: EXPLAINED_ROWS + scan, exact: true } : undefined
}

function init(info: TableFunctionInitInfo, scans: ScanClient): void {
  const data = duckdb.init_get_bind_data(info) as BindData
  // A plan kept by PREPARE outlives the statement that bound it; what it bound then is closed.
  const bound = data.statement === scans.statement ? data.bound : rebind(data, scans)
  const asked = Array.from({ length: duckdb.init_get_column_count(info) }, (_, i) =>
    duckdb.init_get_column_index(info, i),
  )
  const writer = writerOf(bound.columns, asked, data.hidden)
  const reader = scans.scan(bound.id, writer.columns, data.hidden)
  const state: ScanState = { reader, writer, batch: undefined, position: 0 }
  duckdb.init_set_init_data(info, state)
  // One thread keeps the rows in file order; decoding has its own workers.
  duckdb.init_set_max_threads(info, 1)
}

function writerOf(
  fields: BoundColumns['columns'],
  asked: readonly number[],
  hidden: string | undefined,
): BatchWriter {
  const { counted, inLists: nested } = parseHidden(hidden)
  if (nested === true) return counted === true ? countedListWriter() : listWriter(fields, asked)
  return counted === true ? countWriter(fields, asked) : rowWriter(fields, asked)
}

/** The columns as DuckDB sees them. */
function fieldsOf({ columns }: BoundColumns, hidden: string | undefined): readonly Field[] {
  const { counted, inLists: nested } = parseHidden(hidden)
  if (nested !== true) return columns
  return counted === true ? [COUNTED] : columns.map(inLists)
}

function rebind(data: BindData, scans: ScanClient): BoundColumns {
  const bound = scans.bind(data.call, data.hidden)
  if (JSON.stringify(bound.columns) === JSON.stringify(data.bound.columns)) return bound
  throw new VarveError(
    'stale',
    `${data.call.name}: the columns of ${JSON.stringify(data.call.args)} are no longer those it was prepared with`,
  )
}

function produce(info: TableFunctionInfo, output: DataChunk): void {
  const state = duckdb.function_get_init_data(info) as ScanState
  if (state.batch === undefined || state.position === state.batch.rows) {
    state.batch = state.reader.next()
    state.position = 0
  }
  const { batch } = state
  if (batch === undefined) {
    duckdb.data_chunk_set_size(output, 0)
    return
  }
  state.position += state.writer.write(output, batch, state.position)
}
