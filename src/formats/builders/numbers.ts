/** Columns of numbers and flags under construction. Values are set in order; those passed over are null. */

import type { ColumnValues, ColumnVector } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { Validity } from './validity.ts'

const FIRST = 1024

/** What all fixed-width columns have in common: growing, nulls, giving their buffers away. */
abstract class FixedBuilder {
  /** Values so far, nulls included. */
  length = 0
  protected capacity = 0
  #hint = FIRST
  readonly #allocate: Allocate
  readonly #validity: Validity

  constructor(
    allocate: Allocate,
    readonly width: number,
  ) {
    this.#allocate = allocate
    this.#validity = new Validity(allocate)
  }

  /** The old values moved to a new buffer. */
  protected abstract move(buffer: ArrayBuffer): void
  protected abstract view(length: number): ColumnValues

  get bytes(): number {
    return this.length * this.width
  }

  /** Nulls up to value `length`. */
  padTo(length: number): void {
    if (length <= this.length) return
    this.#validity.setNulls(this.length, length)
    this.#reserve(length)
    this.length = length
  }

  /** Room for value `index`, and nulls before it. */
  protected advance(index: number): void {
    if (index > this.length) this.padTo(index)
    if (index >= this.capacity) this.#reserve(index + 1)
    this.length = index + 1
  }

  #reserve(length: number): void {
    if (length <= this.capacity) return
    const capacity = Math.max(this.#hint, this.capacity * 2, length)
    this.move(this.#allocate(capacity * this.width))
    this.capacity = capacity
  }

  /** The first `length` values, which are all there are; the next batch begins. */
  take(length: number): ColumnVector {
    this.padTo(length)
    if (this.capacity === 0) this.move(this.#allocate(this.width))
    const vector = { length, validity: this.#validity.take(length), values: this.view(length) }
    this.#hint = Math.max(FIRST, length)
    this.length = 0
    this.capacity = 0
    return vector
  }
}

// One class for each kind of array, written out: code that one class had for all of them would see arrays of several
// kinds in the same place, and V8 then no longer writes into them directly.

export class Uint8Builder extends FixedBuilder {
  #values = new Uint8Array(0)

  constructor(allocate: Allocate) {
    super(allocate, 1)
  }

  set(index: number, value: number): void {
    this.advance(index)
    this.#values[index] = value
  }

  protected move(buffer: ArrayBuffer): void {
    const larger = new Uint8Array(buffer)
    larger.set(this.#values.subarray(0, this.length))
    this.#values = larger
  }

  protected view(length: number): Uint8Array {
    const values = this.#values.subarray(0, length)
    this.#values = new Uint8Array(0)
    return values
  }
}

export class Uint16Builder extends FixedBuilder {
  #values = new Uint16Array(0)

  constructor(allocate: Allocate) {
    super(allocate, 2)
  }

  set(index: number, value: number): void {
    this.advance(index)
    this.#values[index] = value
  }

  protected move(buffer: ArrayBuffer): void {
    const larger = new Uint16Array(buffer, 0, buffer.byteLength >> 1)
    larger.set(this.#values.subarray(0, this.length))
    this.#values = larger
  }

  protected view(length: number): Uint16Array {
    const values = this.#values.subarray(0, length)
    this.#values = new Uint16Array(0)
    return values
  }
}

export class Int32Builder extends FixedBuilder {
  #values = new Int32Array(0)

  constructor(allocate: Allocate) {
    super(allocate, 4)
  }

  set(index: number, value: number): void {
    this.advance(index)
    this.#values[index] = value
  }

  protected move(buffer: ArrayBuffer): void {
    const larger = new Int32Array(buffer, 0, buffer.byteLength >> 2)
    larger.set(this.#values.subarray(0, this.length))
    this.#values = larger
  }

  protected view(length: number): Int32Array {
    const values = this.#values.subarray(0, length)
    this.#values = new Int32Array(0)
    return values
  }
}

export class Float32Builder extends FixedBuilder {
  #values = new Float32Array(0)

  constructor(allocate: Allocate) {
    super(allocate, 4)
  }

  set(index: number, value: number): void {
    this.advance(index)
    this.#values[index] = value
  }

  protected move(buffer: ArrayBuffer): void {
    const larger = new Float32Array(buffer, 0, buffer.byteLength >> 2)
    larger.set(this.#values.subarray(0, this.length))
    this.#values = larger
  }

  protected view(length: number): Float32Array {
    const values = this.#values.subarray(0, length)
    this.#values = new Float32Array(0)
    return values
  }
}

export class Float64Builder extends FixedBuilder {
  #values = new Float64Array(0)

  constructor(allocate: Allocate) {
    super(allocate, 8)
  }

  set(index: number, value: number): void {
    this.advance(index)
    this.#values[index] = value
  }

  protected move(buffer: ArrayBuffer): void {
    const larger = new Float64Array(buffer, 0, buffer.byteLength >> 3)
    larger.set(this.#values.subarray(0, this.length))
    this.#values = larger
  }

  protected view(length: number): Float64Array {
    const values = this.#values.subarray(0, length)
    this.#values = new Float64Array(0)
    return values
  }
}

const TWO32 = 0x1_0000_0000

/** Whole numbers below 2^53, written as two halves: BigInts cost ten times as much. */
export class Int64Builder extends FixedBuilder {
  #words = new Int32Array(0)

  constructor(allocate: Allocate) {
    super(allocate, 8)
  }

  set(index: number, value: number): void {
    this.advance(index)
    this.#words[2 * index] = value | 0
    this.#words[2 * index + 1] = Math.floor(value / TWO32)
  }

  protected move(buffer: ArrayBuffer): void {
    const larger = new Int32Array(buffer, 0, (buffer.byteLength >> 3) * 2)
    larger.set(this.#words.subarray(0, this.length * 2))
    this.#words = larger
  }

  protected view(length: number): BigInt64Array {
    const values = new BigInt64Array(this.#words.buffer, 0, length)
    this.#words = new Int32Array(0)
    return values
  }
}

/** Flags: those passed over are false, not null. */
export class FlagBuilder {
  length = 0
  #bits = new Uint8Array(0)
  readonly #allocate: Allocate

  constructor(allocate: Allocate) {
    this.#allocate = allocate
  }

  get bytes(): number {
    return (this.length + 7) >> 3
  }

  padTo(length: number): void {
    if (length <= this.length) return
    this.#reserve(length)
    this.length = length
  }

  /** Makes value `index` true. */
  set(index: number): void {
    this.padTo(index + 1)
    this.#bits[index >> 3]! |= 1 << (index & 7)
  }

  #reserve(length: number): void {
    const need = (length + 7) >> 3
    if (need <= this.#bits.length) return
    const larger = new Uint8Array(this.#allocate(Math.max(FIRST / 8, this.#bits.length * 2, need)))
    larger.fill(0)
    larger.set(this.#bits)
    this.#bits = larger
  }

  take(length: number): ColumnVector {
    this.#reserve(Math.max(1, length))
    const values = this.#bits.subarray(0, (length + 7) >> 3)
    this.#bits = new Uint8Array(0)
    this.length = 0
    return { length, values }
  }
}
