/** What the readers of single fields share. */

import type { BoolColumn, FixedColumn } from './column.ts'

export const MINUS = 45
export const TWO32 = 4294967296

/** 10 ** i is exact up to 22. */
export const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)

/** Signs of a dialect, as the functions need them. */
export interface Signs {
  /** 1 for the bytes that end an unquoted field, or make it special. */
  readonly stops: Uint8Array
  /** -1 for none. */
  readonly quote: number
  /** Two quotes stand for one. */
  readonly doubled: boolean
  readonly escape: number
  /** The byte of the decimal sign. */
  readonly decimal: number
  /** An empty field is null. */
  readonly emptyIsNull: boolean
  readonly quotedNulls: boolean
}

/** A field that is empty, where no text can be: null, unless an empty field is not. */
export function emptyField(column: FixedColumn | BoolColumn, at: number, row: number, signs: Signs): number {
  if (!signs.emptyIsNull) return -1
  column.setNull(row)
  return at
}
