/** Small tables that varve itself makes: lists of slices, of segments, of versions. */

import type { ColumnBatch, ColumnVector, Field } from '../formats/batch.ts'
import { type Value, vectorFrom } from '../formats/values.ts'
import type { Progress, ScanStream } from './types.ts'

const BATCH = 2048
/** Rows of a batch that holds nothing but their number. */
const COUNTED = 1 << 20

/** The projected columns of these rows, as a stream. The rows are made when the first batch is asked for. */
export function rowStream(
  fields: readonly Field[],
  columns: readonly number[],
  make: (signal: AbortSignal) => Promise<readonly (readonly Value[])[]> | readonly (readonly Value[])[],
): ScanStream {
  const abort = new AbortController()
  let rows: readonly (readonly Value[])[] | undefined
  let at = 0
  return {
    async next(): Promise<ColumnBatch | undefined> {
      rows ??= await make(abort.signal)
      const part = rows.slice(at, at + BATCH)
      at += part.length
      if (part.length === 0) return undefined
      return { rows: part.length, columns: columns.map((column) => columnOf(fields[column]!, part, column)) }
    },
    release: () => undefined,
    get progress() {
      return { done: at, total: rows?.length ?? 0 }
    },
    close: () => abort.abort(),
  }
}

/** Rows of no columns, where only their number is wanted. */
export function countStream(rows: number, progress: Progress): ScanStream {
  let left = rows
  return {
    async next() {
      const some = Math.min(left, COUNTED)
      left -= some
      return some === 0 ? undefined : { rows: some, columns: [] }
    },
    release: () => undefined,
    progress,
    close: () => undefined,
  }
}

function columnOf({ type }: Field, rows: readonly (readonly Value[])[], column: number): ColumnVector {
  return vectorFrom(
    type,
    rows.map((row) => row[column]),
  )
}
