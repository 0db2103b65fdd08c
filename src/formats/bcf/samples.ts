/** The samples' values as a list of structs, as `vcf/samples.ts` makes it of text. */

import type { ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import type { VcfDialect } from '../vcf/layout.ts'
import { GenotypeColumn } from './genotypes.ts'
import type { Keys } from './info.ts'
import { areTexts, type Parts } from './parts.ts'
import { WIDTHS } from './typed.ts'
import { type BcfColumn, columnFor } from './values.ts'

export class SamplesColumn {
  /** Samples in a row. */
  readonly #count: number
  /** The file's number of each sample, unless all of them are wanted as they come. */
  readonly #chosen: readonly number[] | undefined
  /** The names one behind the other, and where each ends. */
  readonly #names: Buffer
  readonly #nameEnds: readonly number[]
  readonly #columns: readonly BcfColumn[]
  readonly #byId: ReadonlyMap<string, BcfColumn>
  readonly #allocate: Allocate

  constructor({ samples, chosen, format }: VcfDialect, allocate: Allocate) {
    this.#allocate = allocate
    this.#chosen = chosen
    const names = (chosen?.map((i) => samples[i]!) ?? samples).map((name) => Buffer.from(name))
    this.#count = names.length
    this.#names = Buffer.concat(names)
    let end = 0
    this.#nameEnds = names.map(({ length }) => {
      end += length
      return end
    })
    this.#columns = format.map((field) =>
      field.id === 'GT' ? new GenotypeColumn(allocate) : columnFor(field, allocate),
    )
    this.#byId = new Map(format.map(({ id }, i) => [id, this.#columns[i]!]))
  }

  bytes(rows: number): number {
    let bytes = rows * (this.#names.length + this.#count * 4)
    for (const column of this.#columns) bytes += column.bytes
    return bytes
  }

  /** Whether there is a column for the key. */
  has(id: string | undefined): boolean {
    return id !== undefined && this.#byId.has(id)
  }

  /** Whether all texts of the record that are wanted are UTF-8. */
  areTexts(bytes: Uint8Array, parts: Parts, keys: Keys): boolean {
    for (let i = 0; i < parts.formats; i++) {
      const one = parts.format[i]!
      if (this.has(keys(one.key)) && !areTexts(bytes, one, parts.samples)) return false
    }
    return true
  }

  /** The samples of row `row`. */
  set(row: number, bytes: Uint8Array, parts: Parts, keys: Keys): void {
    // A record without FORMAT may say that it has no samples.
    if (parts.samples === 0) return
    for (let i = 0; i < parts.formats; i++) {
      const { key, type, count, at } = parts.format[i]!
      // Of a key that comes twice the first place counts.
      let first = 0
      while (parts.format[first]!.key !== key) first++
      const column = first === i ? this.#byId.get(keys(key) ?? '') : undefined
      if (column !== undefined && count > 0) this.#fill(column, row, bytes, type, count, at)
    }
  }

  #fill(column: BcfColumn, row: number, bytes: Uint8Array, type: number, count: number, at: number): void {
    const size = count * WIDTHS[type]!
    const chosen = this.#chosen
    const first = row * this.#count
    for (let i = 0; i < this.#count; i++) {
      const sample = chosen === undefined ? i : chosen[i]!
      column.set(first + i, bytes, type, count, at + sample * size)
    }
  }

  take(rows: number): ColumnVector {
    const items = rows * this.#count
    const offsets = new Int32Array(this.#allocate((rows + 1) * 4), 0, rows + 1)
    for (let i = 0; i <= rows; i++) offsets[i] = i * this.#count
    const children = [this.#takeNames(rows), ...this.#columns.map((column) => column.take(items))]
    return { length: rows, offsets, children: [{ length: items, children }] }
  }

  /** The same names in each row. */
  #takeNames(rows: number): ColumnVector {
    const length = rows * this.#count
    const size = this.#names.length
    const values = new Uint8Array(this.#allocate(Math.max(1, rows * size)), 0, rows * size)
    const offsets = new Int32Array(this.#allocate((length + 1) * 4), 0, length + 1)
    offsets[0] = 0
    for (let row = 0, at = 1; row < rows; row++) {
      values.set(this.#names, row * size)
      for (const end of this.#nameEnds) offsets[at++] = row * size + end
    }
    return { length, offsets, values }
  }
}
