/** Fields of any form into their columns, by the casts of their types. */

import { type TextColumn, writeValue } from './column.ts'
import type { Plan, Wanted } from './plan.ts'

const BLANK = 32

export class FieldStore {
  constructor(
    readonly plan: Plan,
    readonly quotedNulls: boolean,
  ) {}

  /** Reads the field without escapes that begins at `start`; -1 when it has some, or is no value of its type. */
  readField(
    wanted: Wanted | undefined,
    bytes: Uint8Array,
    start: number,
    row: number,
    limit: number,
  ): number {
    if (wanted === undefined) return -1
    const { stops, quote, escape: sign } = this.plan.signs
    const byte = bytes[start]!
    let at = start
    if (byte === quote) {
      at++
      while (at < limit && bytes[at] !== quote && bytes[at] !== sign) at++
      if (at + 1 >= limit || bytes[at] !== quote || stops[bytes[at + 1]!] !== 1) return -1
      return this.write(wanted, row, bytes, start + 1, at, true) ? at + 1 : -1
    }
    // A space may be followed by a quote.
    if (byte === BLANK && bytes[start + 1] === quote) return -1
    while (stops[bytes[at]!] === 0) at++
    return this.write(wanted, row, bytes, start, at, false) ? at : -1
  }

  /** Writes bytes[start, end) as row `row`; false when that is no value of the column's type. */
  write(
    wanted: Wanted,
    row: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    quoted: boolean,
  ): boolean {
    const { column, cast } = wanted
    if ((!quoted || this.quotedNulls) && this.#isNull(bytes, start, end)) {
      column.setNull(row)
      return true
    }
    if (cast === undefined) {
      ;(column as TextColumn).write(row, bytes, start, end)
      return true
    }
    const value = cast(bytes, start, end)
    if (value === undefined) return false
    writeValue(column, row, value)
    return true
  }

  #isNull(bytes: Uint8Array, start: number, end: number): boolean {
    for (const text of this.plan.nulls) {
      if (text.length === end - start && (text.length === 0 || text.equals(bytes.subarray(start, end))))
        return true
    }
    return false
  }
}

const SHOWN = 60

/** A value for a message, cut when it is long. */
export function shown(bytes: Uint8Array, start: number, end: number): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, Math.min(SHOWN, end - start)).toString(
    'utf8',
  )
  return JSON.stringify(end - start > SHOWN ? `${text}…` : text)
}
