/** Lists under construction: their offsets and nulls. Their items are a column of their own. */

import type { ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { Validity } from './validity.ts'

const FIRST = 1024

export class ListBuilder {
  /** Lists so far, nulls included. */
  length = 0
  /** Items of all of them. */
  items = 0
  #offsets = new Int32Array(0)
  #hint = FIRST
  readonly #allocate: Allocate
  readonly #validity: Validity

  constructor(allocate: Allocate) {
    this.#allocate = allocate
    this.#validity = new Validity(allocate)
  }

  get bytes(): number {
    return this.length * 4
  }

  /** Null lists up to list `length`. */
  padTo(length: number): void {
    if (length <= this.length) return
    this.#validity.setNulls(this.length, length)
    this.#reserve(length)
    this.#offsets.fill(this.items, this.length + 1, length + 1)
    this.length = length
  }

  /** List `index`, which ends behind item `items`; lists passed over are null. */
  end(index: number, items: number): void {
    this.padTo(index)
    this.#reserve(index + 1)
    this.items = items
    this.#offsets[index + 1] = items
    this.length = index + 1
  }

  #reserve(lists: number): void {
    if (lists + 1 <= this.#offsets.length) return
    const size = Math.max(this.#hint + 1, this.#offsets.length * 2, lists + 1)
    const buffer = this.#allocate(size * 4)
    const larger = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    larger.set(this.#offsets)
    larger[0] = 0
    this.#offsets = larger
  }

  /** The first `length` lists over these items. */
  take(length: number, items: (length: number) => ColumnVector): ColumnVector {
    this.padTo(length)
    this.#reserve(length)
    const vector = {
      length,
      validity: this.#validity.take(length),
      offsets: this.#offsets.subarray(0, length + 1),
      children: [items(this.items)],
    }
    this.#hint = Math.max(FIRST, length)
    this.#offsets = new Int32Array(0)
    this.length = 0
    this.items = 0
    return vector
  }
}
