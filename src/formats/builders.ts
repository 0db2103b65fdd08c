/** Columns under construction: they grow, and give their buffers away when the batch is full. */

import type { ColumnVector } from './batch.ts'

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

/** One bit per value, made only when the first null comes: most columns never pay for it. */
class Validity {
  #bits: Uint8Array | undefined

  constructor(readonly allocate: Allocate) {}

  /** Marks value `index` null; all values before it not seen yet are not null. */
  setNull(index: number): void {
    let bits = this.#bits
    const need = (index >> 3) + 1
    if (bits === undefined || bits.length < need) {
      const seen = bits?.length ?? 0
      bits = new Uint8Array(
        grown(this.allocate, bits ?? new Uint8Array(0), Math.max(FIRST_ROWS / 8, need * 2)),
      )
      bits.fill(255, seen)
      this.#bits = bits
    }
    bits[index >> 3]! &= ~(1 << (index & 7))
  }

  /** Forgets nulls from value `length` on. */
  truncate(length: number): void {
    const bits = this.#bits
    if (bits === undefined) return
    for (let i = length; i < bits.length * 8; i++) bits[i >> 3]! |= 1 << (i & 7)
  }

  take(length: number): Uint8Array | undefined {
    let bits = this.#bits
    this.#bits = undefined
    if (bits === undefined) return undefined
    const need = (length + 7) >> 3
    if (bits.length < need) {
      const seen = bits.length
      bits = new Uint8Array(grown(this.allocate, bits, need))
      bits.fill(255, seen)
    }
    return bits
  }
}

/** Text or binary values: offsets and one run of bytes. */
export class Utf8Builder {
  #offsets: Int32Array
  #values: Uint8Array
  #length = 0
  #used = 0
  #hint = typicalBytes
  #rowsHint = FIRST_ROWS + 1
  readonly #validity: Validity

  constructor(readonly allocate: Allocate) {
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
    this.#hint = Math.max(FIRST_BYTES, this.#used)
    typicalBytes = this.#hint
    this.#rowsHint = this.#length + 2
    this.#offsets = new Int32Array(0)
    this.#values = new Uint8Array(0)
    this.#length = 0
    this.#used = 0
    return vector
  }

  #reserve(bytes: number): void {
    if (this.#length + 2 > this.#offsets.length) {
      const rows = Math.max(this.#rowsHint, this.#offsets.length * 2)
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
