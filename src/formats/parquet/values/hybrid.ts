/**
 * Small numbers in runs and bit-packed groups
 * (https://github.com/apache/parquet-format/blob/master/Encodings.md#run-length-encoding--bit-packing-hybrid-rle--3):
 * levels, indexes into dictionaries, flags.
 */

import { badParquet } from '../error.ts'

export interface NumberStream {
  /** The next `count` numbers to out[from, …). */
  read(out: Uint8Array | Int32Array, from: number, count: number): void
  /** Passes the next `count` numbers if they are one run of `value`; false leaves them. */
  takeRun(count: number, value: number): boolean
}

export class HybridDecoder implements NumberStream {
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #width: number
  #at: number
  /** What is left of the run. */
  #left = 0
  #packed = false
  #value = 0
  /** Bits of the byte at `#at` that were taken already. */
  #bit = 0
  readonly #words: DataView

  constructor(bytes: Uint8Array, at: number, end: number, width: number) {
    if (width > 32) throw badParquet(`packed numbers have ${width} bits, expected at most 32`)
    this.#bytes = bytes
    this.#at = at
    this.#end = end
    this.#width = width
    this.#words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  read(out: Uint8Array | Int32Array, from: number, count: number): void {
    for (let at = from, end = from + count; at < end; ) {
      if (this.#left === 0) this.#nextRun()
      const some = Math.min(this.#left, end - at)
      if (this.#packed) this.#unpack(out, at, some)
      else out.fill(this.#value, at, at + some)
      this.#left -= some
      at += some
    }
  }

  takeRun(count: number, value: number): boolean {
    if (this.#left === 0 && this.#at < this.#end) this.#nextRun()
    if (this.#packed || this.#value !== value || this.#left < count) return false
    this.#left -= count
    return true
  }

  #nextRun(): void {
    // What the last packed group was filled up with.
    if (this.#bit > 0) {
      this.#at++
      this.#bit = 0
    }
    const header = this.#varint()
    this.#packed = header % 2 === 1
    this.#left = Math.floor(header / 2)
    if (this.#packed) {
      this.#left *= 8
      // Some writers leave out the bytes that fill up the last group.
      const room = Math.floor(((this.#end - this.#at) * 8) / Math.max(1, this.#width))
      if (this.#width > 0) this.#left = Math.min(this.#left, room)
    } else {
      const bytes = (this.#width + 7) >> 3
      if (this.#at + bytes > this.#end) throw missing()
      this.#value = 0
      for (let i = 0; i < bytes; i++) this.#value |= this.#bytes[this.#at++]! << (8 * i)
    }
    if (this.#left === 0 && this.#at >= this.#end) throw missing()
  }

  #varint(): number {
    let value = 0
    for (let scale = 1; scale < 2 ** 35; scale *= 128) {
      if (this.#at >= this.#end) throw missing()
      const byte = this.#bytes[this.#at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    throw badParquet('a run has a length of more than 32 bits')
  }

  #unpack(out: Uint8Array | Int32Array, from: number, count: number): void {
    const bytes = this.#bytes
    const width = this.#width
    const end = from + count
    if (width === 0) {
      out.fill(0, from, end)
      return
    }
    let at = this.#at
    let bit = this.#bit
    if (width > 24) {
      for (let i = from; i < end; i++) {
        let value = 0
        for (let have = 0; have < width; ) {
          const some = Math.min(8 - bit, width - have)
          value |= ((bytes[at]! >> bit) & ((1 << some) - 1)) << have
          have += some
          bit += some
          if (bit === 8) {
            bit = 0
            at++
          }
        }
        out[i] = value
      }
      this.#at = at
      this.#bit = bit
      return
    }
    const mask = (1 << width) - 1
    const words = this.#words
    // A word from the number's first byte on holds all of it, 24 + 7 bits at most; near the end there is none.
    const whole = words.byteLength - 4
    let i = from
    for (; i < end && at <= whole; i++) {
      out[i] = (words.getInt32(at, true) >>> bit) & mask
      bit += width
      at += bit >> 3
      bit &= 7
    }
    for (; i < end; i++) {
      let held = 0
      for (let k = 0; k * 8 < bit + width; k++) held |= bytes[at + k]! << (8 * k)
      out[i] = (held >>> bit) & mask
      bit += width
      at += bit >> 3
      bit &= 7
    }
    this.#at = at
    this.#bit = bit
  }
}

const missing = () => badParquet('packed numbers end before their page does, expected more of them')

/** The levels of old files: packed from the highest bit on, without runs (encoding BIT_PACKED). */
export class BitPackedDecoder implements NumberStream {
  #bit: number
  readonly #bytes: Uint8Array
  readonly #end: number
  readonly #width: number

  constructor(bytes: Uint8Array, at: number, end: number, width: number) {
    this.#bytes = bytes
    this.#bit = at * 8
    this.#end = end * 8
    this.#width = width
  }

  takeRun(): boolean {
    return false
  }

  read(out: Uint8Array | Int32Array, from: number, count: number): void {
    if (this.#bit + count * this.#width > this.#end) throw missing()
    for (let i = from; i < from + count; i++) {
      let value = 0
      for (let k = 0; k < this.#width; k++, this.#bit++)
        value = (value << 1) | ((this.#bytes[this.#bit >> 3]! >> (7 - (this.#bit & 7))) & 1)
      out[i] = value
    }
  }
}
