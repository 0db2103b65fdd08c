/** Columns under construction, in Arrow's layout; rows are written in order, and may be written again. */

import type { ColumnValues, ColumnVector, DataType } from '../../batch.ts'
import type { Allocate } from '../../builders.ts'

const FIRST_ROWS = 4096

/** What all columns share: room for rows, and which of them are null. */
export abstract class Column {
  /** Rows there is room for. */
  room = 0
  /** A null was among the rows. */
  hasNulls = false
  validity: Uint8Array = new Uint8Array(0)

  constructor(
    readonly type: DataType,
    readonly allocate: Allocate,
  ) {}

  /** Makes room for `rows` rows, of which `used` are written. */
  reserve(rows: number, used: number): void {
    if (rows <= this.room) return
    this.room = Math.max(FIRST_ROWS, rows, this.room * 2)
    this.resize(this.room, used)
    if (this.hasNulls) this.#growValidity(this.room)
  }

  setNull(row: number): void {
    if (!this.hasNulls || this.validity.length * 8 <= row) this.#growValidity(Math.max(this.room, row + 1))
    this.hasNulls = true
    this.validity[row >> 3]! &= ~(1 << (row & 7))
  }

  isNull(row: number): boolean {
    return this.hasNulls && (this.validity[row >> 3]! & (1 << (row & 7))) === 0
  }

  /** Forgets the nulls of rows [from, to), which will be written again. */
  forget(from: number, to: number): void {
    if (!this.hasNulls) return
    for (let row = from; row < to; row++) this.validity[row >> 3]! |= 1 << (row & 7)
  }

  take(rows: number): ColumnVector {
    const vector: ColumnVector = {
      length: rows,
      validity: this.hasNulls ? this.validity.subarray(0, (rows + 7) >> 3) : undefined,
      ...this.release(rows),
    }
    this.room = 0
    this.hasNulls = false
    this.validity = new Uint8Array(0)
    return vector
  }

  /** Bytes that `rows` rows hold. */
  abstract bytes(rows: number): number
  protected abstract resize(rows: number, used: number): void
  protected abstract release(rows: number): { offsets?: Int32Array; values: ColumnValues }

  #growValidity(rows: number): void {
    const old = this.hasNulls ? this.validity : new Uint8Array(0)
    const larger = new Uint8Array(this.allocate((rows + 7) >> 3), 0, (rows + 7) >> 3)
    larger.set(old)
    larger.fill(255, old.length)
    this.validity = larger
  }
}

/** Before there is room for rows. It never leaves a column: a batch's buffers are moved to another thread. */
const NOTHING = new ArrayBuffer(0)

function own(bytes: Uint8Array): Uint8Array {
  return bytes.buffer === NOTHING ? new Uint8Array(0) : bytes
}

/** Numbers of all kinds, dates and times. */
export class FixedColumn extends Column {
  /** The same memory, by word: 64-bit integers are written as two words, since BigInts cost ten times as much. */
  words = new Int32Array(NOTHING)
  bytes8 = new Uint8Array(NOTHING)
  doubles = new Float64Array(NOTHING)
  /** The same, as the type's own array. */
  array: ColumnValues = new Uint8Array(NOTHING)
  #buffer = NOTHING

  constructor(
    type: DataType,
    allocate: Allocate,
    /** Bytes of a value. */
    readonly width: number,
    readonly make: (buffer: ArrayBuffer, rows: number) => ColumnValues,
  ) {
    super(type, allocate)
  }

  bytes(rows: number): number {
    return rows * this.width
  }

  /** The rows as the type's own array. */
  values(rows: number): ColumnValues {
    return this.make(this.#buffer, rows)
  }

  protected resize(rows: number, used: number): void {
    // A multiple of eight bytes, so that every view fits.
    const size = (rows * this.width + 7) & ~7
    const buffer = this.allocate(size)
    new Uint8Array(buffer).set(this.bytes8.subarray(0, used * this.width))
    this.#buffer = buffer
    this.words = new Int32Array(buffer, 0, size >> 2)
    this.bytes8 = new Uint8Array(buffer, 0, size)
    this.doubles = new Float64Array(buffer, 0, size >> 3)
    this.array = this.make(buffer, rows)
  }

  protected release(rows: number): { values: ColumnValues } {
    const values = rows === 0 && this.#buffer === NOTHING ? this.make(this.allocate(8), 0) : this.values(rows)
    this.#buffer = NOTHING
    this.words = new Int32Array(NOTHING)
    this.bytes8 = new Uint8Array(NOTHING)
    this.doubles = new Float64Array(NOTHING)
    this.array = new Uint8Array(NOTHING)
    return { values }
  }
}

/** Booleans, one bit each. */
export class BoolColumn extends Column {
  bits = new Uint8Array(NOTHING)

  bytes(rows: number): number {
    return (rows + 7) >> 3
  }

  set(row: number, value: boolean): void {
    const bit = 1 << (row & 7)
    if (value) this.bits[row >> 3]! |= bit
    else this.bits[row >> 3]! &= ~bit
  }

  protected resize(rows: number, used: number): void {
    const bits = new Uint8Array(this.allocate((rows + 7) >> 3), 0, (rows + 7) >> 3)
    bits.set(this.bits.subarray(0, (used + 7) >> 3))
    this.bits = bits
  }

  protected release(rows: number): { values: ColumnValues } {
    const values = own(this.bits.subarray(0, (rows + 7) >> 3))
    this.bits = new Uint8Array(NOTHING)
    return { values }
  }
}

/** Below this many bytes a loop is quicker than making the view that `set` wants. */
const LOOP = 48

export function copyBytes(from: Uint8Array, start: number, end: number, to: Uint8Array, at: number): void {
  const length = end - start
  if (length < LOOP) for (let i = 0; i < length; i++) to[at + i] = from[start + i]!
  else to.set(from.subarray(start, end), at)
}

/** Texts: the offset behind row i is offsets[i + 1]. */
export class TextColumn extends Column {
  offsets = new Int32Array(1)
  data = new Uint8Array(NOTHING)

  bytes(rows: number): number {
    return this.offsets[rows]! + rows * 4
  }

  /** Makes room for `more` bytes behind row `row - 1`. */
  makeRoom(row: number, more: number): void {
    const used = this.offsets[row]!
    if (used + more <= this.data.length) return
    const data = new Uint8Array(this.allocate(Math.max(65536, this.data.length * 2, used + more)))
    data.set(this.data.subarray(0, used))
    this.data = data
  }

  /** Writes bytes[start, end) as row `row`. */
  write(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.makeRoom(row, end - start)
    const from = this.offsets[row]!
    copyBytes(bytes, start, end, this.data, from)
    this.offsets[row + 1] = from + end - start
  }

  override setNull(row: number): void {
    super.setNull(row)
    this.offsets[row + 1] = this.offsets[row]!
  }

  /** The bytes of row `row`. */
  value(row: number): Uint8Array {
    return this.data.subarray(this.offsets[row]!, this.offsets[row + 1]!)
  }

  protected resize(rows: number, used: number): void {
    const buffer = this.allocate((rows + 1) * 4)
    const offsets = new Int32Array(buffer, 0, rows + 1)
    offsets.set(this.offsets.subarray(0, used + 1))
    this.offsets = offsets
  }

  protected release(rows: number): { offsets: Int32Array; values: ColumnValues } {
    const used = this.offsets[rows]!
    const values = own(this.data.subarray(0, used))
    const released = { offsets: this.offsets.subarray(0, rows + 1), values }
    this.offsets = new Int32Array(1)
    this.data = new Uint8Array(NOTHING)
    return released
  }
}

const FIXED: Readonly<
  Record<string, readonly [width: number, make: (b: ArrayBuffer, n: number) => ColumnValues]>
> = {
  int8: [1, (b, n) => new Int8Array(b, 0, n)],
  int16: [2, (b, n) => new Int16Array(b, 0, n)],
  int32: [4, (b, n) => new Int32Array(b, 0, n)],
  date: [4, (b, n) => new Int32Array(b, 0, n)],
  uint8: [1, (b, n) => new Uint8Array(b, 0, n)],
  uint16: [2, (b, n) => new Uint16Array(b, 0, n)],
  uint32: [4, (b, n) => new Uint32Array(b, 0, n)],
  int64: [8, (b, n) => new BigInt64Array(b, 0, n)],
  time: [8, (b, n) => new BigInt64Array(b, 0, n)],
  timestamp: [8, (b, n) => new BigInt64Array(b, 0, n)],
  uint64: [8, (b, n) => new BigUint64Array(b, 0, n)],
  float32: [4, (b, n) => new Float32Array(b, 0, n)],
  float64: [8, (b, n) => new Float64Array(b, 0, n)],
}

export function makeColumn(type: DataType, allocate: Allocate): Column {
  if (type.kind === 'utf8') return new TextColumn(type, allocate)
  if (type.kind === 'bool') return new BoolColumn(type, allocate)
  const [width, make] = FIXED[type.kind]!
  return new FixedColumn(type, allocate, width, make)
}

/** Writes a value that a cast made. */
export function writeValue(column: Column, row: number, value: boolean | number | bigint): void {
  if (column instanceof BoolColumn) {
    column.set(row, value === true)
    return
  }
  const { array } = column as FixedColumn
  if (array instanceof BigInt64Array || array instanceof BigUint64Array) array[row] = BigInt(value)
  else array[row] = Number(value)
}
