/** Writes batches to DuckDB's chunks: as rows, as rows that are only counted, or as one row of lists. */

import duckdb, { type DataChunk } from '@duckdb/node-bindings'
import { VarveError } from '../../errors.ts'
import type { ColumnBatch, ColumnVector, DataType, Field } from '../../formats/batch.ts'
import { vectorFrom } from '../../formats/values.ts'
import { writeColumn } from './write-column.ts'

const VECTOR_SIZE = duckdb.vector_size()

/** Rows of a list: many for a callback, and few enough that a column of them stays in a core's cache. */
const LIST_ROWS = 65_536

export interface BatchWriter {
  /** Which of the bound columns batches must have, in this order. */
  readonly columns: readonly number[]
  /** Writes rows of the batch from `position` on, and says how many. */
  write(output: DataChunk, batch: ColumnBatch, position: number): number
}

/** `asked` are the columns that DuckDB wants, in its order. */
export function rowWriter(fields: readonly Field[], asked: readonly number[]): BatchWriter {
  return {
    columns: asked,
    write(output, batch, position) {
      const count = Math.min(VECTOR_SIZE, batch.rows - position)
      duckdb.data_chunk_set_size(output, count)
      for (let i = 0; i < asked.length; i++)
        writeField(output, i, fields[asked[i]!]!, batch.columns[i]!, position, count)
      return count
    },
  }
}

/** For rows that are only counted: what DuckDB asks for is null. */
export function countWriter(fields: readonly Field[], asked: readonly number[]): BatchWriter {
  const nulls = asked.map((column) => nullsOf(fields[column]!.type))
  return {
    columns: [],
    write(output, batch, position) {
      const count = Math.min(VECTOR_SIZE, batch.rows - position)
      duckdb.data_chunk_set_size(output, count)
      for (const [i, column] of asked.entries()) writeField(output, i, fields[column]!, nulls[i]!, 0, count)
      return count
    },
  }
}

/** A row of lists, for as many rows as are there. */
export function listWriter(fields: readonly Field[], asked: readonly number[]): BatchWriter {
  const lists = asked.map((column) => inLists(fields[column]!))
  return {
    columns: asked,
    write(output, batch, position) {
      const count = Math.min(LIST_ROWS, batch.rows - position)
      const offsets = Int32Array.of(position, position + count)
      duckdb.data_chunk_set_size(output, 1)
      for (const [i, field] of lists.entries()) {
        const children = [batch.columns[i]!]
        writeField(output, i, field, { length: 1, offsets, children }, 0, 1)
      }
      return count
    },
  }
}

/** The same column of a scan that gives its batches as lists. */
export const inLists = ({ name, type }: Field): Field => ({ name, type: { kind: 'list', item: type } })

/** What a scan has for columns that gives nothing but lists as long as its batches. */
export const COUNTED: Field = inLists({ name: 'row', type: { kind: 'uint8' } })

export function countedListWriter(): BatchWriter {
  const children: ColumnVector[] = [{ length: LIST_ROWS, values: new Uint8Array(LIST_ROWS) }]
  return {
    columns: [],
    write(output, batch, position) {
      const count = Math.min(LIST_ROWS, batch.rows - position)
      duckdb.data_chunk_set_size(output, 1)
      writeField(output, 0, COUNTED, { length: 1, offsets: Int32Array.of(0, count), children }, 0, 1)
      return count
    },
  }
}

function nullsOf(type: DataType): ColumnVector {
  return vectorFrom(type, new Array<null>(VECTOR_SIZE).fill(null))
}

function writeField(
  output: DataChunk,
  at: number,
  { name, type }: Field,
  column: ColumnVector,
  position: number,
  count: number,
): void {
  try {
    writeColumn(duckdb.data_chunk_get_vector(output, at), type, column, position, count)
  } catch (error) {
    throw error instanceof VarveError
      ? new VarveError(error.code, `column "${name}": ${error.message}`, { ...error.details, column: name })
      : error
  }
}
