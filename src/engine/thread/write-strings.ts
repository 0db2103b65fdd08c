/**
 * Hands a run of strings to a DuckDB vector with two calls instead of one per value.
 *
 * The bytes of all the values are assigned once, as the text of row 0, which copies them to the vector's
 * string heap; the heap's address is read back from that row, and then every row's `duckdb_string_t` (16
 * bytes: length, then the text itself when it is at most 12 bytes long, else its first 4 bytes and its address;
 * duckdb.h of DuckDB 1.5) is built here and written with one copy. Measured in DESIGN §4: 4.5 times as fast
 * as `vector_assign_string_element_len` for each value.
 */

import duckdb, { type Vector } from '@duckdb/node-bindings'
import { VarveError } from '../../errors.ts'
import type { ColumnVector } from '../../formats/batch.ts'

const STRING_BYTES = 16
const INLINE_BYTES = 12

let entries = new Uint32Array(2048 * 4)
let entryBytes = new Uint8Array(entries.buffer)

function reserve(count: number): void {
  if (entries.length >= count * 4) return
  entries = new Uint32Array(count * 4)
  entryBytes = new Uint8Array(entries.buffer)
}

/**
 * Writes the values [start, start + count) of a utf8 or binary column to the first rows of `vector`.
 *
 * The validity is not touched: row 0 may be written though it is null. Text that is not UTF-8 is `invalid-data`.
 */
export function writeStrings(
  vector: Vector,
  column: ColumnVector,
  start: number,
  count: number,
  text: boolean,
): void {
  const values = column.values as Uint8Array
  const offsets = column.offsets!
  const first = offsets[start]!
  const end = offsets[start + count]!
  reserve(count)
  let low = 0
  let high = 0
  if (end - first > INLINE_BYTES) {
    const slab = values.subarray(first, end)
    duckdb.vector_assign_string_element_len(vector, 0, slab)
    if (text && isNull(vector)) throw notUtf8(column, start, count)
    const head = duckdb.vector_get_data(vector, STRING_BYTES)
    low = (head[8]! | (head[9]! << 8) | (head[10]! << 16) | (head[11]! << 24)) >>> 0
    high = (head[12]! | (head[13]! << 8) | (head[14]! << 16) | (head[15]! << 24)) >>> 0
  } else if (text && end > first) {
    checkSmall(values, first, end, column, start, count)
  }
  let from = first
  for (let row = 0; row < count; row++) {
    const to = offsets[start + row + 1]!
    const length = to - from
    const at = row * 4
    entries[at] = length
    if (length > INLINE_BYTES) {
      entries[at + 1] =
        values[from]! | (values[from + 1]! << 8) | (values[from + 2]! << 16) | (values[from + 3]! << 24)
      const address = low + (from - first)
      entries[at + 2] = address
      entries[at + 3] = address > 0xffffffff ? high + 1 : high
    } else {
      entries[at + 1] = 0
      entries[at + 2] = 0
      entries[at + 3] = 0
      const target = row * STRING_BYTES + 4
      for (let i = 0; i < length; i++) entryBytes[target + i] = values[from + i]!
    }
    from = to
  }
  duckdb.copy_data_to_vector(vector, 0, entries.buffer as ArrayBuffer, 0, count * STRING_BYTES)
}

/** DuckDB refuses text that is not UTF-8 by making the row null, without a word. */
function isNull(vector: Vector): boolean {
  const validity: Uint8Array | null = duckdb.vector_get_validity(vector, 8)
  return validity !== null && (validity[0]! & 1) === 0
}

/** Short text is never shown to DuckDB's own check. */
function checkSmall(
  values: Uint8Array,
  first: number,
  end: number,
  column: ColumnVector,
  start: number,
  count: number,
): void {
  for (let i = first; i < end; i++) {
    if (values[i]! < 0x80) continue
    if (!isUtf8(values.subarray(first, end))) throw notUtf8(column, start, count)
    return
  }
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

function notUtf8(column: ColumnVector, start: number, count: number): VarveError {
  const values = column.values as Uint8Array
  const offsets = column.offsets!
  for (let row = start; row < start + count; row++) {
    const value = values.subarray(offsets[row]!, offsets[row + 1]!)
    if (isUtf8(value)) continue
    const shown = new TextDecoder().decode(value.subarray(0, 60))
    return new VarveError('invalid-data', `text ${JSON.stringify(shown)} is not UTF-8`, { row })
  }
  return new VarveError('invalid-data', 'text is not UTF-8')
}
