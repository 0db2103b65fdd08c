/**
 * Texts, and fields that nobody wants, of ordinary form, from bytes straight into columns. Every function reads the field that begins at `start`,
 * writes row `row`, and returns where the field ended, or -1 for anything out of the ordinary, which is then read
 * again in the slow way. They do not look for the end of the bytes: a line end stops them, and the caller has
 * made sure that there is one.
 */

import { copyBytes, type TextColumn } from './column.ts'
import type { Signs } from './signs.ts'

/** Text, quoted or not; `limit` is where bytes end for a quoted one, which may hold line ends. */
export function readText(
  column: TextColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
  limit: number,
): number {
  const { stops } = signs
  const byte = bytes[start]!
  if (byte === signs.quote) return readQuoted(column, bytes, start + 1, row, signs, limit)
  // A space may be followed by a quote.
  if (byte === 32 && bytes[start + 1] === signs.quote) return -1
  let at = start
  while (stops[bytes[at]!] === 0) at++
  const length = at - start
  if (length === 0 && signs.emptyIsNull) {
    column.setNull(row)
    return at
  }
  const from = column.offsets[row]!
  if (from + length > column.data.length) column.makeRoom(row, length)
  copyBytes(bytes, start, at, column.data, from)
  column.offsets[row + 1] = from + length
  return at
}

function readQuoted(
  column: TextColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
  limit: number,
): number {
  const { stops, quote } = signs
  const sign = signs.doubled ? quote : signs.escape
  const from = column.offsets[row]!
  let to = from
  let at = start
  let run = start
  for (;;) {
    while (at < limit && bytes[at] !== quote && bytes[at] !== sign) at++
    if (at >= limit || bytes[at] !== quote) return -1
    const doubled = signs.doubled && at + 1 < limit && bytes[at + 1] === quote
    const length = at - run + (doubled ? 1 : 0)
    if (to + length > column.data.length) {
      column.offsets[row + 1] = to
      column.makeRoom(row + 1, length)
    }
    copyBytes(bytes, run, run + length, column.data, to)
    to += length
    if (!doubled) break
    at += 2
    run = at
  }
  at++
  if (at >= limit || stops[bytes[at]!] !== 1) return -1
  column.offsets[row + 1] = to
  if (to === from && signs.emptyIsNull && signs.quotedNulls) column.setNull(row)
  return at
}

/** Over a field that nobody wants. */
export function skipField(bytes: Uint8Array, start: number, signs: Signs, limit: number): number {
  const { stops, quote } = signs
  let at = start
  const byte = bytes[at]!
  if (byte === quote) {
    if (!signs.doubled && signs.escape >= 0) return -1
    for (;;) {
      at++
      while (at < limit && bytes[at] !== quote) at++
      if (at >= limit) return -1
      at++
      if (at >= limit) return -1
      if (bytes[at] !== quote) return stops[bytes[at]!] === 1 ? at : -1
      if (!signs.doubled) return -1
    }
  }
  if (byte === 32 && bytes[at + 1] === quote) return -1
  while (stops[bytes[at]!] === 0) at++
  return at
}
