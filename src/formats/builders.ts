/** Columns under construction: they grow, and give their buffers away when the batch is full. */

import type { ColumnVector } from './batch.ts'
import { Validity } from './builders/validity.ts'

export type Allocate = (bytes: number) => ArrayBuffer

const FIRST_ROWS = 2048
const FIRST_BYTES = 65536
/** What a column's batch took last in this thread: tasks of one scan are alike. */
let typicalBytes = FIRST_BYTES

/** A new buffer of at least `bytes` that begins with the content of `old`. */
function grown(allocate: Allocate, old: Uint8Array, bytes: number): ArrayBuffer {
  const buffer = allocate(bytes)
  new Uint8Array(buffer).set(old)
  return buffer
}

/** Text or binary values: offsets and one run of bytes. */
export class Utf8Builder {
  #offsets: Int32Array
  #values: Uint8Array
  #length = 0
  #used = 0
  #hint: number
  #rowsHint = FIRST_ROWS + 1
  readonly #validity: Validity

  /** `firstBytes`: room for the first values, where a column is known to be small. */
  constructor(
    readonly allocate: Allocate,
    readonly firstBytes?: number,
  ) {
    this.#hint = firstBytes ?? typicalBytes
    this.#offsets = new Int32Array(0)
    this.#values = new Uint8Array(0)
    this.#validity = new Validity(allocate)
  }

  get length(): number {
    return this.#length
  }

  get bytes(): number {
    return this.#used
  }

  /** Appends bytes[start, end). */
  append(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    let to = this.#used
    // Below some 40 bytes a loop is cheaper than making the view that `set` wants.
    if (end - start <= 40) {
      const values = this.#values
      for (let i = start; i < end; i++) values[to++] = bytes[i]!
    } else {
      this.#values.set(bytes.subarray(start, end), to)
      to += end - start
    }
    this.#used = to
    this.#offsets[++this.#length] = to
  }

  /** Appends bytes[start, end) to the last value: for values that stand in several pieces. */
  extend(bytes: Uint8Array, start: number, end: number): void {
    this.#reserve(end - start)
    this.#values.set(bytes.subarray(start, end), this.#used)
    this.#used += end - start
    this.#offsets[this.#length] = this.#used
  }

  appendNull(): void {
    this.#reserve(0)
    this.#validity.setNull(this.#length)
    this.#offsets[++this.#length] = this.#used
  }

  /** Nulls up to value `length`. */
  padTo(length: number): void {
    if (length <= this.#length) return
    this.#reserve(0, length - this.#length)
    this.#validity.setNulls(this.#length, length)
    this.#offsets.fill(this.#used, this.#length + 1, length + 1)
    this.#length = length
  }

  /** The bytes of the values from `row` on, and of value `index`: for checks before `take`. */
  view(row = 0): Uint8Array {
    return this.#values.subarray(row === 0 ? 0 : this.#offsets[row], this.#used)
  }

  value(index: number): Uint8Array {
    return this.#values.subarray(this.#offsets[index]!, this.#offsets[index + 1]!)
  }

  /** Forgets the values from `length` on. */
  truncate(length: number): void {
    if (length >= this.#length) return
    this.#length = length
    this.#used = this.#offsets[length]!
    this.#validity.truncate(length)
  }

  take(): ColumnVector {
    this.#reserve(0)
    const vector: ColumnVector = {
      length: this.#length,
      validity: this.#validity.take(this.#length),
      offsets: this.#offsets.subarray(0, this.#length + 1),
      values: this.#values.subarray(0, this.#used),
    }
    // The next batch will be about as large: growing step by step would copy it twice.
    this.#hint = Math.max(this.firstBytes ?? FIRST_BYTES, this.#used)
    if (this.firstBytes === undefined) typicalBytes = this.#hint
    this.#rowsHint = this.#length + 2
    this.#offsets = new Int32Array(0)
    this.#values = new Uint8Array(0)
    this.#length = 0
    this.#used = 0
    return vector
  }

  #reserve(bytes: number, values = 1): void {
    if (this.#length + 1 + values > this.#offsets.length) {
      const rows = Math.max(this.#rowsHint, this.#offsets.length * 2, this.#length + 1 + values)
      const old = new Uint8Array(this.#offsets.buffer, 0, this.#length === 0 ? 0 : (this.#length + 1) * 4)
      const buffer = grown(this.allocate, old, rows * 4)
      this.#offsets = new Int32Array(buffer, 0, buffer.byteLength >> 2)
      this.#offsets[0] = 0
    }
    if (this.#used + bytes > this.#values.length) {
      const size = Math.max(this.#hint, this.#values.length * 2, this.#used + bytes)
      this.#values = new Uint8Array(grown(this.allocate, this.view(), size))
    }
  }
}

/** The ordinals first, first + 1, … as int64. */
export function ordinals(allocate: Allocate, first: number, length: number): ColumnVector {
  const buffer = allocate(Math.max(8, length * 8))
  // Written as two halves: BigInts cost ten times as much. Ordinals stay below 2^53.
  const words = new Uint32Array(buffer, 0, length * 2)
  for (let i = 0; i < length; i++) {
    const value = first + i
    words[2 * i] = value >>> 0
    words[2 * i + 1] = Math.floor(value / 0x1_0000_0000)
  }
  return { length, values: new BigInt64Array(buffer, 0, length) }
}

/** Adds `by` to every ordinal, in place: a piece counts its rows before anyone knows how many came before it. */
export function shiftOrdinals(vector: ColumnVector, by: number): void {
  if (by === 0 || vector.length === 0) return
  const values = vector.values as BigInt64Array
  const words = new Uint32Array(values.buffer, values.byteOffset, vector.length * 2)
  for (let i = 0; i < words.length; i += 2) {
    const value = words[i]! + words[i + 1]! * 0x1_0000_0000 + by
    words[i] = value >>> 0
    words[i + 1] = Math.floor(value / 0x1_0000_0000)
  }
}
