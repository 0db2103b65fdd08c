/** Zones of everything of fixed width. */

import type { ZoneValue } from '../../text/types.ts'
import { INTEGER_RANGES } from '../types.ts'
import type { BoolColumn, FixedColumn } from './column.ts'
import { Gatherer } from './gatherer.ts'

const TWO32 = 4294967296

/** 64-bit integers, by their words. */
export class Int64Gatherer extends Gatherer {
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
export class NumberGatherer extends Gatherer {
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

export class BoolGatherer extends Gatherer {
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
