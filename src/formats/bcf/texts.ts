/** ID, REF, ALT and FILTER: the texts of a record outside of INFO and the samples. */

import type { ColumnVector } from '../batch.ts'
import { ListBuilder } from '../builders/lists.ts'
import { type Allocate, Utf8Builder } from '../builders.ts'
import { ALT, FILTER, ID, REF } from '../vcf/layout.ts'
import type { Keys } from './info.ts'
import { isText, type Parts } from './parts.ts'
import { END_INTEGER, integerAt, textEnd, WIDTHS } from './typed.ts'

const DOT = 46

/** A list of texts. */
class Texts {
  readonly lists: ListBuilder
  readonly items: Utf8Builder

  constructor(allocate: Allocate) {
    this.lists = new ListBuilder(allocate)
    this.items = new Utf8Builder(allocate)
  }

  take(rows: number): ColumnVector {
    return this.lists.take(rows, () => this.items.take())
  }
}

export class FixedTexts {
  readonly #id: Utf8Builder | undefined
  readonly #ref: Utf8Builder | undefined
  readonly #alt: Texts | undefined
  readonly #filter: Texts | undefined
  readonly #keys: Keys
  /** Names of filters as bytes. */
  readonly #filters = new Map<number, Uint8Array>()

  constructor(wants: (column: number) => boolean, allocate: Allocate, keys: Keys) {
    this.#id = wants(ID) ? new Utf8Builder(allocate) : undefined
    this.#ref = wants(REF) ? new Utf8Builder(allocate) : undefined
    this.#alt = wants(ALT) ? new Texts(allocate) : undefined
    this.#filter = wants(FILTER) ? new Texts(allocate) : undefined
    this.#keys = keys
  }

  get bytes(): number {
    const lists = [this.#alt, this.#filter]
    const bytes = (this.#id?.bytes ?? 0) + (this.#ref?.bytes ?? 0)
    return lists.reduce((sum, list) => sum + (list?.items.bytes ?? 0), bytes)
  }

  /** Whether what is wanted of the record is UTF-8. */
  areTexts(bytes: Uint8Array, { id, alleles }: Parts): boolean {
    if (this.#id !== undefined && !isText(bytes, id.at, textEnd(bytes, id.at, id.count))) return false
    for (let i = this.#ref === undefined ? 2 : 0; i < (this.#alt === undefined ? 2 : alleles.length); i += 2)
      if (alleles[i] !== undefined && !isText(bytes, alleles[i]!, alleles[i + 1]!)) return false
    return true
  }

  /** What is wrong with the record's filters. */
  wrongFilter(bytes: Uint8Array, { filters: { type, count, at } }: Parts): string | undefined {
    for (let i = 0; i < count; i++) {
      const number = integerAt(bytes, at + i * WIDTHS[type]!, type)
      // Missing, or the vector's end.
      if (number > END_INTEGER && this.#keys(number) === undefined)
        return `has FILTER ${number}, expected one of the header's`
    }
    return undefined
  }

  set(row: number, bytes: Uint8Array, { id, alleles, filters }: Parts): void {
    if (this.#id !== undefined) append(this.#id, bytes, id.at, textEnd(bytes, id.at, id.count))
    if (this.#ref !== undefined) append(this.#ref, bytes, alleles[0] ?? 0, alleles[1] ?? 0)
    const alt = this.#alt
    if (alt !== undefined && alleles.length > 2) {
      for (let i = 2; i < alleles.length; i += 2) append(alt.items, bytes, alleles[i]!, alleles[i + 1]!)
      alt.lists.end(row, alt.lists.items + alleles.length / 2 - 1)
    }
    const filter = this.#filter
    if (filter === undefined) return
    for (let i = 0; i < filters.count; i++) {
      const number = integerAt(bytes, filters.at + i * WIDTHS[filters.type]!, filters.type)
      if (number <= END_INTEGER) continue
      const name = this.#nameOf(number)
      filter.items.append(name, 0, name.length)
    }
    if (filter.items.length > filter.lists.items) filter.lists.end(row, filter.items.length)
  }

  #nameOf(number: number): Uint8Array {
    const known = this.#filters.get(number)
    if (known !== undefined) return known
    const name = Buffer.from(this.#keys(number) ?? '')
    this.#filters.set(number, name)
    return name
  }

  take(column: number, rows: number): ColumnVector {
    const list = column === ALT ? this.#alt : column === FILTER ? this.#filter : undefined
    return list?.take(rows) ?? (column === ID ? this.#id! : this.#ref!).take()
  }
}

/** `.`, and nothing at all, is NULL. */
function append(to: Utf8Builder, bytes: Uint8Array, start: number, end: number): void {
  if (end <= start || (end === start + 1 && bytes[start] === DOT)) to.appendNull()
  else to.append(bytes, start, end)
}
