/** INFO values as a struct; where no key is a field, as the text that VCF has. */

import type { ColumnVector } from '../batch.ts'
import { Validity } from '../builders/validity.ts'
import { type Allocate, Utf8Builder } from '../builders.ts'
import type { VcfField } from '../vcf/fields.ts'
import { areTexts, type Parts } from './parts.ts'
import { MISSING } from './typed.ts'
import { type BcfColumn, columnFor, printed } from './values.ts'

/** Names of keys by their numbers. */
export type Keys = (number: number) => string | undefined

export interface InfoColumn {
  /** Bytes of memory held, about. */
  readonly bytes: number
  /** Whether all texts of the record that are wanted are UTF-8. */
  areTexts(bytes: Uint8Array, parts: Parts, keys: Keys): boolean
  /** The values of row `row`. */
  set(row: number, bytes: Uint8Array, parts: Parts, keys: Keys): void
  take(length: number): ColumnVector
}

interface KeyedColumn {
  readonly column: BcfColumn
  /** The last row that had it: of a key that comes twice the first value counts. */
  seen: number
}

export class InfoStruct implements InfoColumn {
  readonly #columns: readonly KeyedColumn[]
  readonly #byId: ReadonlyMap<string, KeyedColumn>
  readonly #validity: Validity

  constructor(fields: readonly VcfField[], allocate: Allocate) {
    this.#columns = fields.map((field) => ({ column: columnFor(field, allocate), seen: -1 }))
    this.#byId = new Map(fields.map(({ id }, i) => [id, this.#columns[i]!]))
    this.#validity = new Validity(allocate)
  }

  get bytes(): number {
    let bytes = 0
    for (const { column } of this.#columns) bytes += column.bytes
    return bytes
  }

  areTexts(bytes: Uint8Array, parts: Parts, keys: Keys): boolean {
    for (let i = 0; i < parts.infos; i++) {
      const one = parts.info[i]!
      if (this.#byId.has(keys(one.key) ?? '') && !areTexts(bytes, one, 1)) return false
    }
    return true
  }

  set(row: number, bytes: Uint8Array, parts: Parts, keys: Keys): void {
    if (parts.infos === 0) this.#validity.setNull(row)
    for (let i = 0; i < parts.infos; i++) {
      const { key, type, count, at } = parts.info[i]!
      const known = this.#byId.get(keys(key) ?? '')
      if (known === undefined || known.seen === row) continue
      known.seen = row
      known.column.set(row, bytes, type, count, at)
    }
  }

  take(length: number): ColumnVector {
    for (const known of this.#columns) known.seen = -1
    const validity = this.#validity.take(length)
    return { length, validity, children: this.#columns.map(({ column }) => column.take(length)) }
  }
}

export class InfoText implements InfoColumn {
  readonly #texts: Utf8Builder

  constructor(allocate: Allocate) {
    this.#texts = new Utf8Builder(allocate)
  }

  get bytes(): number {
    return this.#texts.bytes
  }

  areTexts(bytes: Uint8Array, parts: Parts): boolean {
    return parts.info.slice(0, parts.infos).every((one) => areTexts(bytes, one, 1))
  }

  set(_row: number, bytes: Uint8Array, parts: Parts, keys: Keys): void {
    const pairs = parts.info.slice(0, parts.infos).map(({ key, type, count, at }) => {
      const name = keys(key) ?? '.'
      return type === MISSING ? name : `${name}=${printed(bytes, type, count, at)}`
    })
    const text = Buffer.from(pairs.join(';'))
    if (text.length === 0) this.#texts.appendNull()
    else this.#texts.append(text, 0, text.length)
  }

  take(length: number): ColumnVector {
    this.#texts.padTo(length)
    return this.#texts.take()
  }
}
