/** Arrow-layout columns into DuckDB's vectors, a run of rows at a time. */

import duckdb, { type Vector } from '@duckdb/node-bindings'
import type { ColumnVector, DataType } from '../../formats/batch.ts'
import { bitsToBytes, sliceBits } from './bits.ts'
import { writeStrings } from './write-strings.ts'

const WIDTHS = {
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  float32: 4,
  float64: 8,
  date: 4,
  time: 8,
  timestamp: 8,
} as const

/** Writes the values [start, start + count) of `column` to the first `count` rows of `vector`. */
export function writeColumn(
  vector: Vector,
  type: DataType,
  column: ColumnVector,
  start: number,
  count: number,
): void {
  if (count === 0) return
  switch (type.kind) {
    case 'utf8':
    case 'binary':
      writeStrings(vector, column, start, count, type.kind === 'utf8')
      break
    case 'bool':
      duckdb.copy_data_to_vector(
        vector,
        0,
        bitsToBytes(column.values as Uint8Array, start, count).buffer,
        0,
        count,
      )
      break
    case 'decimal':
      writeDecimals(vector, type.precision, column.values as Uint8Array, start, count)
      break
    case 'list':
      writeLists(vector, type.item, column, start, count)
      break
    case 'struct':
      type.fields.forEach((field, i) => {
        const child = duckdb.struct_vector_get_child(vector, i)
        writeColumn(child, field.type, column.children![i]!, start, count)
      })
      break
    default: {
      const width = WIDTHS[type.kind]
      const values = column.values!
      const from = values.byteOffset + start * width
      duckdb.copy_data_to_vector(vector, 0, values.buffer as ArrayBuffer, from, count * width)
    }
  }
  writeValidity(vector, column, start, count)
}

/** After the values: text writes to row 0 whether it is null or not. */
function writeValidity(vector: Vector, column: ColumnVector, start: number, count: number): void {
  if (column.validity === undefined) return
  duckdb.vector_ensure_validity_writable(vector)
  const bits = sliceBits(column.validity, start, count)
  duckdb.copy_data_to_vector_validity(vector, 0, bits.buffer, 0, bits.byteLength)
}

/** DuckDB keeps decimals in the narrowest integer that holds the precision. */
function writeDecimals(
  vector: Vector,
  precision: number,
  values: Uint8Array,
  start: number,
  count: number,
): void {
  const width = precision <= 4 ? 2 : precision <= 9 ? 4 : precision <= 18 ? 8 : 16
  if (width === 16) {
    const from = values.byteOffset + start * 16
    duckdb.copy_data_to_vector(vector, 0, values.buffer as ArrayBuffer, from, count * 16)
    return
  }
  const out = new Uint8Array(count * width)
  for (let row = 0; row < count; row++) {
    const from = (start + row) * 16
    for (let i = 0; i < width; i++) out[row * width + i] = values[from + i]!
  }
  duckdb.copy_data_to_vector(vector, 0, out.buffer, 0, out.byteLength)
}

function writeLists(
  vector: Vector,
  item: DataType,
  column: ColumnVector,
  start: number,
  count: number,
): void {
  const offsets = column.offsets!
  const first = offsets[start]!
  const items = offsets[start + count]! - first
  // Two numbers of 64 bits, whose upper halves stay 0: BigInts cost ten times as much.
  const entries = new Uint32Array(count * 4)
  for (let row = 0; row < count; row++) {
    const from = offsets[start + row]!
    entries[row * 4] = from - first
    entries[row * 4 + 2] = offsets[start + row + 1]! - from
  }
  duckdb.list_vector_reserve(vector, items)
  duckdb.list_vector_set_size(vector, items)
  writeColumn(duckdb.list_vector_get_child(vector), item, column.children![0]!, first, items)
  duckdb.copy_data_to_vector(vector, 0, entries.buffer, 0, entries.byteLength)
}
