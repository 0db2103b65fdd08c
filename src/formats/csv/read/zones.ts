/** Smallest and largest values of columns, gathered from the columns themselves. */

import type { Zone, ZoneValue } from '../../text/types.ts'
import { INTEGER_RANGES } from '../types.ts'
import { BoolColumn, type FixedColumn, TextColumn } from './column.ts'
import type { Wanted } from './plan.ts'

/** Bounds of texts are cut to this many bytes: enough to tell segments apart. */
const TEXT_BYTES = 64
/** Above all texts in byte order of UTF-8. */
const LAST_TEXT = '\u{10ffff}'.repeat(8)
const TWO32 = 4294967296

abstract class Gatherer {
  protected nulls = false
  /** Some value is not known. */
  protected wide = false

  constructor(readonly wanted: Wanted) {}

  widen(): void {
    this.wide = true
  }

  take(): Zone {
    const zone = this.wide ? { ...this.widest(), nulls: true } : { ...this.bounds(), nulls: this.nulls }
    this.nulls = false
    this.wide = false
    this.reset()
    return zone
  }

  abstract fold(from: number, to: number): void
  protected abstract bounds(): { min: ZoneValue; max: ZoneValue }
  protected abstract widest(): { min: ZoneValue; max: ZoneValue }
  protected abstract reset(): void
}

/** 64-bit integers, by their words. */
class Int64Gatherer extends Gatherer {
  #low = Number.POSITIVE_INFINITY
  #high = Number.NEGATIVE_INFINITY
  /** Beyond 2^53 doubles do not tell neighbours apart: then the values are compared themselves. */
  #min: bigint | undefined
  #max: bigint | undefined

  fold(from: number, to: number): void {
    const column = this.wanted.column as FixedColumn
    const { words, hasNulls } = column
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    for (let row = from; row < to; row++) {
      if (hasNulls && column.isNull(row)) {
        this.nulls = true
        continue
      }
      const value = words[row * 2 + 1]! * TWO32 + (words[row * 2]! >>> 0)
      if (value < low) low = value
      if (value > high) high = value
    }
    if (low > high) return
    if (low >= Number.MIN_SAFE_INTEGER && high <= Number.MAX_SAFE_INTEGER) {
      this.#low = Math.min(this.#low, low)
      this.#high = Math.max(this.#high, high)
      return
    }
    const values = column.values(to) as BigInt64Array
    for (let row = from; row < to; row++) {
      if (hasNulls && column.isNull(row)) continue
      const value = values[row]!
      if (this.#min === undefined || value < this.#min) this.#min = value
      if (this.#max === undefined || value > this.#max) this.#max = value
    }
  }

  protected bounds(): { min: ZoneValue; max: ZoneValue } {
    let [min, max] = [this.#min, this.#max]
    if (this.#low <= this.#high) {
      const [low, high] = [BigInt(this.#low), BigInt(this.#high)]
      if (min === undefined || low < min) min = low
      if (max === undefined || high > max) max = high
    }
    return { min: min ?? null, max: max ?? null }
  }

  protected widest(): { min: ZoneValue; max: ZoneValue } {
    const [min, max] = INTEGER_RANGES.int64!
    return { min, max }
  }

  protected reset(): void {
    this.#low = Number.POSITIVE_INFINITY
    this.#high = Number.NEGATIVE_INFINITY
    this.#min = undefined
    this.#max = undefined
  }
}

/** All other numbers, and days. */
class NumberGatherer extends Gatherer {
  #low: number | bigint | undefined
  #high: number | bigint | undefined

  fold(from: number, to: number): void {
    const column = this.wanted.column as FixedColumn
    const { hasNulls } = column
    const values = column.values(to)
    if (values instanceof Float64Array) {
      this.#foldDoubles(column, values, from, to)
      return
    }
    for (let row = from; row < to; row++) {
      if (hasNulls && column.isNull(row)) {
        this.nulls = true
        continue
      }
      const value = values[row]!
      // Not a number is the largest number in SQL's order.
      this.#meet(Number.isNaN(value) ? Number.POSITIVE_INFINITY : value)
    }
  }

  #foldDoubles(column: FixedColumn, values: Float64Array, from: number, to: number): void {
    const { hasNulls } = column
    let low = Number.POSITIVE_INFINITY
    let high = Number.NEGATIVE_INFINITY
    let seen = false
    for (let row = from; row < to; row++) {
      if (hasNulls && column.isNull(row)) {
        this.nulls = true
        continue
      }
      seen = true
      const value = values[row]!
      if (value < low) low = value
      if (!(value <= high)) high = Number.isNaN(value) ? Number.POSITIVE_INFINITY : value
    }
    if (!seen) return
    this.#meet(low)
    this.#meet(Math.max(low, high))
  }

  #meet(value: number | bigint): void {
    if (this.#low === undefined || value < this.#low) this.#low = value
    if (this.#high === undefined || value > this.#high) this.#high = value
  }

  protected bounds(): { min: ZoneValue; max: ZoneValue } {
    return { min: this.#low ?? null, max: this.#high ?? null }
  }

  protected widest(): { min: ZoneValue; max: ZoneValue } {
    const { kind } = this.wanted.type
    const range = INTEGER_RANGES[kind === 'date' ? 'int32' : kind]
    if (range === undefined) return { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY }
    return kind === 'uint64'
      ? { min: range[0], max: range[1] }
      : { min: Number(range[0]), max: Number(range[1]) }
  }

  protected reset(): void {
    this.#low = undefined
    this.#high = undefined
  }
}

class BoolGatherer extends Gatherer {
  #values = 0

  fold(from: number, to: number): void {
    const column = this.wanted.column as BoolColumn
    for (let row = from; row < to; row++) {
      if (column.isNull(row)) this.nulls = true
      else this.#values |= (column.bits[row >> 3]! & (1 << (row & 7))) === 0 ? 1 : 2
    }
  }

  protected bounds(): { min: ZoneValue; max: ZoneValue } {
    if (this.#values === 0) return { min: null, max: null }
    return { min: this.#values === 2, max: this.#values !== 1 }
  }

  protected widest(): { min: ZoneValue; max: ZoneValue } {
    return { min: false, max: true }
  }

  protected reset(): void {
    this.#values = 0
  }
}

/** Texts in byte order of UTF-8. */
class TextGatherer extends Gatherer {
  #min: Uint8Array | undefined
  #max: Uint8Array | undefined

  fold(from: number, to: number): void {
    const column = this.wanted.column as TextColumn
    const { offsets, data, hasNulls } = column
    let min = -1
    let max = -1
    for (let row = from; row < to; row++) {
      if (hasNulls && column.isNull(row)) {
        this.nulls = true
      } else if (min < 0) {
        min = row
        max = row
      } else if (
        compare(data, offsets[row]!, offsets[row + 1]!, data, offsets[min]!, offsets[min + 1]!) < 0
      ) {
        min = row
      } else if (
        compare(data, offsets[row]!, offsets[row + 1]!, data, offsets[max]!, offsets[max + 1]!) > 0
      ) {
        max = row
      }
    }
    if (min < 0) return
    const low = column.value(min)
    const high = column.value(max)
    if (this.#min === undefined || Buffer.compare(low, this.#min) < 0) this.#min = low.slice()
    if (this.#max === undefined || Buffer.compare(high, this.#max) > 0) this.#max = high.slice()
  }

  protected bounds(): { min: ZoneValue; max: ZoneValue } {
    if (this.#min === undefined || this.#max === undefined) return { min: null, max: null }
    return { min: decode(cut(this.#min)), max: upperBound(this.#max) }
  }

  protected widest(): { min: ZoneValue; max: ZoneValue } {
    return { min: '', max: LAST_TEXT }
  }

  protected reset(): void {
    this.#min = undefined
    this.#max = undefined
  }
}

function compare(a: Uint8Array, from: number, to: number, b: Uint8Array, start: number, end: number): number {
  const length = Math.min(to - from, end - start)
  for (let i = 0; i < length; i++) {
    const difference = a[from + i]! - b[start + i]!
    if (difference !== 0) return difference
  }
  return to - from - (end - start)
}

/** The longest beginning of whole characters within the limit: a lower bound of the text. */
function cut(text: Uint8Array): Uint8Array {
  if (text.length <= TEXT_BYTES) return text
  let end = TEXT_BYTES
  while ((text[end]! & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}

const decode = (text: Uint8Array): string =>
  Buffer.from(text.buffer, text.byteOffset, text.length).toString('utf8')

/** A short text not below `text`: its beginning, with the last character that can grow grown. */
function upperBound(text: Uint8Array): string {
  const short = cut(text)
  if (short.length === text.length) return decode(text)
  const characters = [...decode(short)]
  while (characters.length > 0) {
    const code = characters.pop()!.codePointAt(0)!
    if (code >= 0x10ffff) continue
    // The code points of surrogates are no characters.
    return characters.join('') + String.fromCodePoint(code === 0xd7ff ? 0xe000 : code + 1)
  }
  return decode(text)
}

function gathererOf(wanted: Wanted): Gatherer {
  if (wanted.column instanceof TextColumn) return new TextGatherer(wanted)
  if (wanted.column instanceof BoolColumn) return new BoolGatherer(wanted)
  const wide = ['int64', 'time', 'timestamp'].includes(wanted.type.kind)
  return wide ? new Int64Gatherer(wanted) : new NumberGatherer(wanted)
}

/** Zones of all zone columns, in their order. */
export class ZoneGatherer {
  readonly #gatherers: readonly Gatherer[]
  /** Rows of the columns that are in the zones already. */
  #folded = 0

  constructor(wanted: readonly Wanted[]) {
    this.#gatherers = wanted.map(gathererOf)
  }

  /** A value of the column is not known: its zone holds everything. */
  widen(wanted: Wanted): void {
    this.#gatherers.find((gatherer) => gatherer.wanted === wanted)?.widen()
  }

  /** Takes rows up to `rows` in. */
  fold(rows: number): void {
    if (rows <= this.#folded) return
    for (const gatherer of this.#gatherers) gatherer.fold(this.#folded, rows)
    this.#folded = rows
  }

  /** The columns begin anew. */
  restart(): void {
    this.#folded = 0
  }

  take(): Zone[] {
    return this.#gatherers.map((gatherer) => gatherer.take())
  }
}
