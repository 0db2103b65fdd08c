/** SQL sessions as the command line, the library and later the server see them. */

import type { ColumnBatch, Field } from '../formats/batch.ts'
import type { Argument, Progress } from '../scan/types.ts'

export interface ResultColumn extends Field {
  /** The SQL type's own name, where Arrow's layout cannot say it: HUGEINT, UUID, ENUM('a'), INTERVAL, … */
  readonly sqlType: string
}

export interface RunOptions {
  /** Values for `$1`, `?` (a list) or `$name` (an object). */
  readonly params?: readonly Argument[] | Readonly<Record<string, Argument>> | undefined
  /** False leaves every WHERE to DuckDB alone. Default true. */
  readonly pushdown?: boolean | undefined
  readonly signal?: AbortSignal | undefined
  /** Called now and then while a statement runs. */
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

/** One statement's outcome. Its batches are read to the end, or `close`d, before the next statement starts. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[]
  /** 'rows' for what returns a table, 'changed' for INSERT, COPY, …, 'nothing' for DDL, SET, … */
  readonly returns: 'rows' | 'changed' | 'nothing'
  readonly changed?: number | undefined
  readonly batches: AsyncIterable<ColumnBatch>
  close(): Promise<void>
}

export interface Session {
  /** Runs the statements of a text one after the other. */
  run(sql: string, options?: RunOptions): AsyncIterable<QueryResult>
  /** Runs the statements and writes the last one's rows to a local file, whole or not at all. */
  write(sql: string, path: string, format: 'parquet', options?: RunOptions): Promise<{ rows: number }>
  /** What could stand at the end of this text: keywords, tables, columns, table functions, settings. */
  complete(text: string): Promise<{ text: string; start: number }[]>
  close(): Promise<void>
}
