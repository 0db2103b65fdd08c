/** The INFO column (VCFv4.5, 1.6.1): key=value pairs into a struct. */

import type { ColumnVector } from '../batch.ts'
import { Validity } from '../builders/validity.ts'
import type { Allocate } from '../builders.ts'
import { columnFor, type ValueColumn } from './columns.ts'
import type { VcfField } from './fields.ts'
import { KeyTable } from './keys.ts'

const SEMICOLON = 59
const EQUALS = 61
const DOT = 46

export class InfoColumn implements ValueColumn {
  readonly #columns: readonly ValueColumn[]
  readonly #keys: KeyTable
  readonly #validity: Validity

  constructor(fields: readonly VcfField[], allocate: Allocate) {
    this.#columns = fields.map((field) => columnFor(field, allocate))
    this.#keys = new KeyTable(fields.map(({ id }, i) => [id, this.#columns[i]!]))
    this.#validity = new Validity(allocate)
  }

  get bytes(): number {
    let bytes = 0
    for (const column of this.#columns) bytes += column.bytes
    return bytes
  }

  set(row: number, bytes: Uint8Array, start: number, end: number): void {
    if (end === start || (end === start + 1 && bytes[start] === DOT)) {
      this.#validity.setNull(row)
      return
    }
    let at = start
    for (let n = 0; at < end; n++) {
      let stop = at
      let byte = bytes[stop]
      while (stop < end && byte !== EQUALS && byte !== SEMICOLON) byte = bytes[++stop]
      const key = this.#keys.find(n, bytes, at, stop)
      let value = stop
      if (stop < end && byte === EQUALS) {
        value = ++stop
        while (stop < end && bytes[stop] !== SEMICOLON) stop++
      }
      if (key.column !== undefined && key.seen !== row) {
        key.seen = row
        key.column.set(row, bytes, value, stop)
      }
      at = stop + 1
    }
  }

  take(length: number): ColumnVector {
    const validity = this.#validity.take(length)
    this.#keys.forget()
    return { length, validity, children: this.#columns.map((column) => column.take(length)) }
  }
}

/** Where the value of `END` stands in an INFO column, -1 when there is none. */
export function findEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at + 4 < end; at++) {
    // E N D =
    if (bytes[at] === 69 && bytes[at + 1] === 78 && bytes[at + 2] === 68 && bytes[at + 3] === EQUALS)
      return at + 4
    while (at < end && bytes[at] !== SEMICOLON) at++
  }
  return -1
}
