/** Small tables that varve itself makes: lists of slices, of segments, of rejects. */

import type { ColumnBatch, ColumnVector, Field } from '../formats/batch.ts'
import { Utf8Builder } from '../formats/builders.ts'
import type { ScanStream } from './types.ts'

export type Cell = string | number | boolean | null

const BATCH = 2048

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes)

/** A column of text or whole numbers. */
function vectorOf(field: Field, rows: readonly (readonly Cell[])[], column: number): ColumnVector {
  if (field.type.kind === 'utf8') {
    const builder = new Utf8Builder(allocate)
    for (const row of rows) {
      const value = row[column]!
      if (value === null) builder.appendNull()
      else {
        const bytes = Buffer.from(String(value))
        builder.append(bytes, 0, bytes.length)
      }
    }
    return builder.take()
  }
  const validity = new Uint8Array((rows.length + 7) >> 3)
  const set = (i: number): void => {
    validity[i >> 3]! |= 1 << (i & 7)
  }
  rows.forEach((row, i) => {
    if (row[column] !== null) set(i)
  })
  if (field.type.kind === 'bool') {
    const values = new Uint8Array((rows.length + 7) >> 3)
    rows.forEach((row, i) => {
      if (row[column] === true) values[i >> 3]! |= 1 << (i & 7)
    })
    return { length: rows.length, validity, values }
  }
  const values = BigInt64Array.from(rows, (row) => BigInt(Number(row[column] ?? 0)))
  return { length: rows.length, validity, values }
}

/** The projected columns of these rows, as a stream. The rows are made when the first batch is asked for. */
export function rowStream(
  fields: readonly Field[],
  columns: readonly number[],
  make: (signal: AbortSignal) => Promise<readonly (readonly Cell[])[]> | readonly (readonly Cell[])[],
): ScanStream {
  const abort = new AbortController()
  let rows: readonly (readonly Cell[])[] | undefined
  let at = 0
  return {
    async next(): Promise<ColumnBatch | undefined> {
      rows ??= await make(abort.signal)
      const part = rows.slice(at, at + BATCH)
      at += part.length
      if (part.length === 0) return undefined
      return { rows: part.length, columns: columns.map((column) => vectorOf(fields[column]!, part, column)) }
    },
    release: () => undefined,
    get progress() {
      return { done: at, total: rows?.length ?? 0 }
    },
    close: () => abort.abort(),
  }
}
