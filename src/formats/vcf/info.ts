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
  /** Columns that are wanted: when each has its value, the rest of a record's keys says nothing more. */
  readonly #count: number
  /** Whether any value that is wanted is text. */
  readonly hasText: boolean

  /** `wanted`: names of the fields that are read, the others stay empty; default all. */
  constructor(fields: readonly VcfField[], allocate: Allocate, wanted?: readonly string[]) {
    const isWanted = ({ name }: VcfField): boolean => wanted === undefined || wanted.includes(name)
    this.#columns = fields.map((field) => columnFor(field, allocate))
    const keys = fields.flatMap((field, i) =>
      isWanted(field) ? [[field.id, this.#columns[i]!] as const] : [],
    )
    this.#keys = new KeyTable(keys)
    this.#validity = new Validity(allocate)
    this.#count = keys.length
    this.hasText = fields.some((field) => isWanted(field) && field.kind === 'text')
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
    let left = this.#count
    for (let n = 0; at < end && left > 0; n++) {
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
        left--
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
