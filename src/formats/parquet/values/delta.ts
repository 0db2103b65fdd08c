/** Numbers and texts by what they differ from the one before (encodings DELTA_*). */

import { badParquet, unsupportedParquet } from '../error.ts'
import type { Dense } from './dense.ts'
import { copy } from './plain.ts'
import type { ValueBytes, ValueDecoder } from './types.ts'

const missing = () => badParquet('numbers end before their page does, expected more of them')

/** Values whose lengths are kept for a page: 256 MiB of them. */
const MOST_LENGTHS = 1 << 26

/**
 * DELTA_BINARY_PACKED: blocks of a least difference and packed remainders. Numbers wrap around at their width, so they
 * are added as they are: 32 bits as numbers, 64 bits as BigInts.
 */
export class DeltaNumbers {
  /** Numbers in all. */
  readonly count: number
  #at: number
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #perMini: number
  readonly #minis: number
  #left: number
  #value: bigint
  #least = 0n
  #widths: Uint8Array = new Uint8Array(0)
  #mini: number
  #miniLeft = 0
  #first = true

  constructor({ bytes, at, end }: ValueBytes) {
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    const block = Number(this.#varint())
    this.#minis = Number(this.#varint())
    this.count = Number(this.#varint())
    this.#value = this.#zigzag()
    this.#perMini = block / this.#minis
    this.#mini = this.#minis
    this.#left = this.count
    if (!(this.#minis > 0) || this.#minis > block || this.#perMini % 8 !== 0 || block > 1 << 20)
      throw badParquet(
        `a block of ${block} numbers has ${this.#minis} parts, expected parts of a multiple of 8`,
      )
  }

  /** Where the bytes behind all numbers begin; known when all were read. */
  get at(): number {
    return this.#at
  }

  read(out: Int32Array | BigInt64Array, from: number, count: number): void {
    if (count > this.#left) throw missing()
    this.#left -= count
    const narrow = out instanceof Int32Array
    for (let i = from, end = from + count; i < end; ) {
      if (this.#first) {
        this.#first = false
        this.#put(out, i++)
        continue
      }
      if (this.#miniLeft === 0) this.#nextMini()
      const some = Math.min(this.#miniLeft, end - i)
      const width = this.#widths[this.#mini]!
      if (narrow && width <= 32) this.#narrow(out, i, some, width)
      else this.#wide(out, i, some, width)
      i += some
      this.#miniLeft -= some
      // What fills up the last part is not in the way of what follows.
      if (this.#miniLeft > 0 && this.#left === 0 && i === end) this.#skipRest(width)
    }
  }

  #put(out: Int32Array | BigInt64Array, i: number): void {
    if (out instanceof Int32Array) out[i] = Number(BigInt.asIntN(32, this.#value))
    else out[i] = this.#value
  }

  #bit = 0

  #nextMini(): void {
    if (this.#bit > 0) {
      this.#at++
      this.#bit = 0
    }
    if (++this.#mini >= this.#minis) {
      this.#least = this.#zigzag()
      if (this.#at + this.#minis > this.#end) throw missing()
      this.#widths = this.#bytes.subarray(this.#at, (this.#at += this.#minis))
      this.#mini = 0
    }
    const width = this.#widths[this.#mini]!
    if (width > 64) throw badParquet(`packed numbers have ${width} bits, expected at most 64`)
    this.#miniLeft = this.#perMini
  }

  #skipRest(width: number): void {
    const bits = this.#at * 8 + this.#bit + this.#miniLeft * width
    this.#at = Math.min(this.#end, Math.ceil(bits / 8))
    this.#bit = 0
    this.#miniLeft = 0
  }

  #narrow(out: Int32Array, from: number, count: number, width: number): void {
    let value = Number(BigInt.asIntN(32, this.#value))
    const least = Number(BigInt.asIntN(32, this.#least))
    this.#checkBits(count * width)
    for (let i = from; i < from + count; i++) {
      value = (value + least + this.#bits(width)) | 0
      out[i] = value
    }
    this.#value = BigInt(value)
  }

  #wide(out: Int32Array | BigInt64Array, from: number, count: number, width: number): void {
    this.#checkBits(count * width)
    for (let i = from; i < from + count; i++) {
      const low = this.#bits(Math.min(32, width)) >>> 0
      const high = width > 32 ? this.#bits(width - 32) >>> 0 : 0
      const more = high === 0 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low)
      this.#value = BigInt.asIntN(64, this.#value + this.#least + more)
      this.#put(out, i)
    }
  }

  #checkBits(bits: number): void {
    if (this.#at * 8 + this.#bit + bits > this.#end * 8) throw missing()
  }

  /** The next bits, lowest first, as 32 bits. */
  #bits(width: number): number {
    let value = 0
    for (let have = 0; have < width; ) {
      const some = Math.min(8 - this.#bit, width - have)
      value |= ((this.#bytes[this.#at]! >> this.#bit) & ((1 << some) - 1)) << have
      have += some
      this.#bit += some
      if (this.#bit === 8) {
        this.#bit = 0
        this.#at++
      }
    }
    return value
  }

  #varint(): bigint {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.#at >= this.#end) throw missing()
      const byte = this.#bytes[this.#at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return BigInt.asUintN(64, value)
    }
    throw badParquet('a number has more than 10 bytes, expected 64 bits')
  }

  #zigzag(): bigint {
    const value = this.#varint()
    return (value >> 1n) ^ -(value & 1n)
  }
}

/** Numbers of 32 or 64 bits. */
export class DeltaFixed implements ValueDecoder {
  readonly #numbers: DeltaNumbers

  constructor(page: ValueBytes) {
    this.#numbers = new DeltaNumbers(page)
  }

  read(count: number, out: Dense): void {
    out.reserve(count)
    const { buffer } = out.data
    const to =
      out.width === 4
        ? new Int32Array(buffer, 0, buffer.byteLength >> 2)
        : new BigInt64Array(buffer, 0, buffer.byteLength >> 3)
    this.#numbers.read(to, out.count, count)
    out.used += count * out.width
    out.count += count
  }
}

/** All numbers of a page, and where the bytes behind them begin. */
function allNumbers(page: ValueBytes): { readonly numbers: Int32Array; readonly at: number } {
  const delta = new DeltaNumbers(page)
  if (delta.count > page.values)
    throw badParquet(
      `a page has ${delta.count} lengths, expected at most one for each of its ${page.values} values`,
    )
  if (delta.count > MOST_LENGTHS)
    throw unsupportedParquet(`a page has ${delta.count} texts, more than ${MOST_LENGTHS} are not read`)
  const numbers = new Int32Array(delta.count)
  delta.read(numbers, 0, delta.count)
  return { numbers, at: delta.at }
}

/** DELTA_LENGTH_BYTE_ARRAY: all lengths, then all texts. */
export class DeltaLengthBytes implements ValueDecoder {
  readonly #page: ValueBytes
  readonly #lengths: Int32Array
  #next = 0
  #at: number

  constructor(page: ValueBytes) {
    const { numbers, at } = allNumbers(page)
    this.#page = page
    this.#lengths = numbers
    this.#at = at
  }

  read(count: number, out: Dense): void {
    for (let i = 0; i < count; i++) {
      const length = this.length
      appendOne(out, this.#page.bytes, this.#at, this.#at + length)
      this.#at += length
    }
  }

  /** The next text's; the text is passed. */
  take(): Uint8Array {
    const { length } = this
    return this.#page.bytes.subarray(this.#at, (this.#at += length))
  }

  private get length(): number {
    const length = this.#lengths[this.#next++]
    if (length === undefined) throw missing()
    const room = this.#page.end - this.#at
    if (length < 0 || length > room)
      throw badParquet(`a text has ${length} bytes, expected at most the ${room} that its page has left`)
    return length
  }
}

function appendOne(out: Dense, bytes: Uint8Array, from: number, to: number): void {
  out.reserve(1, to - from)
  copy(bytes, from, to, out.data, out.used)
  out.used += to - from
  out.count++
  if (out.width === 0) out.offsets[out.count] = out.used
}

/** DELTA_BYTE_ARRAY: each text as the length of what it shares with the one before, and the rest. */
export class DeltaBytes implements ValueDecoder {
  readonly #shared: Int32Array
  readonly #rest: DeltaLengthBytes
  #next = 0
  #last = new Uint8Array(0)

  constructor(page: ValueBytes) {
    const { numbers, at } = allNumbers(page)
    this.#shared = numbers
    this.#rest = new DeltaLengthBytes({ ...page, at })
  }

  read(count: number, out: Dense): void {
    for (let i = 0; i < count; i++) {
      const shared = this.#shared[this.#next++]
      const rest = this.#rest.take()
      if (shared === undefined) throw missing()
      if (shared < 0 || shared > this.#last.length)
        throw badParquet(
          `a text shares ${shared} bytes with the one before, expected at most its ${this.#last.length}`,
        )
      const value = new Uint8Array(shared + rest.length)
      value.set(this.#last.subarray(0, shared))
      value.set(rest, shared)
      if (out.width > 0 && value.length !== out.width)
        throw badParquet(`a value has ${value.length} bytes, expected ${out.width}`)
      appendOne(out, value, 0, value.length)
      this.#last = value
    }
  }
}
