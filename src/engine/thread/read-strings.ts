/** DuckDB's string vectors as Arrow offsets and bytes. */

import duckdb from '@duckdb/node-bindings'
import type { ColumnVector } from '../../formats/batch.ts'
import { getBit } from './bits.ts'

const STRING_BYTES = 16
const INLINE_BYTES = 12

/**
 * Strings at most this far apart are fetched by one call. Less than a page (4096 bytes), so that every byte
 * in between lies on a page that one of the two strings lies on, too, and can be read.
 */
const GAP = 1024

/** The most bytes fetched by one call. */
const RUN = 1 << 20

/**
 * The values of a VARCHAR or BLOB vector.
 *
 * `entries` is the vector's data, 16 bytes per row; null rows may hold anything and become empty.
 */
export function readStrings(
  entries: Uint8Array,
  rows: number,
  validity: Uint8Array | undefined,
): ColumnVector {
  const buffer = entries.buffer as ArrayBuffer
  const base = entries.byteOffset
  const words = new Uint32Array(buffer, base, rows * 4)
  const offsets = new Int32Array(rows + 1)
  let total = 0
  for (let row = 0; row < rows; row++) {
    const length = validity !== undefined && !getBit(validity, row) ? 0 : words[row * 4]!
    total += length
    if (total > 0x7fffffff) throw new Error(`text of ${total} bytes in one chunk, at most 2 GiB can be read`)
    offsets[row + 1] = total
  }
  if (isOneRun(words, offsets, rows)) {
    // The usual case for long texts: they lie in memory as Arrow wants them.
    return { length: rows, validity, offsets, values: duckdb.get_data_from_pointer(buffer, base + 8, total) }
  }
  const values = new Uint8Array(total)
  let row = 0
  while (row < rows) {
    const at = offsets[row]!
    const length = offsets[row + 1]! - at
    if (length <= INLINE_BYTES) {
      const from = row * STRING_BYTES + 4
      for (let i = 0; i < length; i++) values[at + i] = entries[from + i]!
      row++
    } else {
      row = readRun(row)
    }
  }
  return { length: rows, validity, offsets, values }

  /** Fetches the long string of `first` and those after it that lie near in memory; returns the next row. */
  function readRun(first: number): number {
    const low = words[first * 4 + 2]!
    const high = words[first * 4 + 3]!
    const starts = [0]
    const members = [first]
    let end = offsets[first + 1]! - offsets[first]!
    let next = first + 1
    for (; next < rows && end < RUN; next++) {
      const length = offsets[next + 1]! - offsets[next]!
      if (length <= INLINE_BYTES) {
        const at = offsets[next]!
        const from = next * STRING_BYTES + 4
        for (let i = 0; i < length; i++) values[at + i] = entries[from + i]!
        continue
      }
      const start = words[next * 4 + 2]! - low + (words[next * 4 + 3]! - high) * 0x100000000
      if (start < end || start - end > GAP) break
      starts.push(start)
      members.push(next)
      end = start + length
    }
    const bytes = duckdb.get_data_from_pointer(buffer, base + first * STRING_BYTES + 8, end)
    if (end === offsets[next]! - offsets[first]!) {
      values.set(bytes, offsets[first]!)
      return next
    }
    members.forEach((member, i) => {
      const at = offsets[member]!
      const start = starts[i]!
      values.set(bytes.subarray(start, start + offsets[member + 1]! - at), at)
    })
    return next
  }
}

/** Whether the texts are all long and follow each other in memory without a gap. */
function isOneRun(words: Uint32Array, offsets: Int32Array, rows: number): boolean {
  if (rows === 0 || offsets[rows]! > RUN) return false
  const low = words[2]!
  const high = words[3]!
  for (let row = 0; row < rows; row++) {
    const at = offsets[row]!
    if (offsets[row + 1]! - at <= INLINE_BYTES) return false
    const address = low + at
    if (words[row * 4 + 2] !== address >>> 0) return false
    if (words[row * 4 + 3] !== (address > 0xffffffff ? high + 1 : high)) return false
  }
  return true
}

/** Texts, null where undefined, as a utf8 column. */
export function textColumn(texts: readonly (string | undefined)[]): ColumnVector {
  const offsets = new Int32Array(texts.length + 1)
  const whole = Buffer.from(texts.map((text) => text ?? '').join(''))
  const validity = new Uint8Array((texts.length + 7) >> 3)
  let nulls = 0
  texts.forEach((text, i) => {
    offsets[i + 1] = offsets[i]! + (text === undefined ? 0 : Buffer.byteLength(text))
    if (text === undefined) nulls++
    else validity[i >> 3]! |= 1 << (i & 7)
  })
  // A copy: a Buffer may share its memory with others, and a batch is moved whole.
  return {
    length: texts.length,
    validity: nulls > 0 ? validity : undefined,
    offsets,
    values: new Uint8Array(whole),
  }
}
