/** Values one behind the other (encoding PLAIN), and split into their bytes (BYTE_STREAM_SPLIT). */

import { badParquet } from '../error.ts'
import { type Dense, SLACK } from './dense.ts'
import { HybridDecoder } from './hybrid.ts'
import type { ValueBytes, ValueDecoder } from './types.ts'

const short = (what: string) => badParquet(`${what} end before their page does, expected more of them`)

/** Numbers, and bytes of a fixed length. */
export class PlainFixed implements ValueDecoder {
  #at: number
  readonly #page: ValueBytes

  constructor(page: ValueBytes) {
    this.#page = page
    this.#at = page.at
  }

  read(count: number, out: Dense): void {
    const to = this.#at + count * out.width
    if (to > this.#page.end) throw short('values')
    out.appendFixed(this.#page.bytes, this.#at, to)
    this.#at = to
  }
}

/** Each behind its length in four bytes. */
export class PlainBytes implements ValueDecoder {
  #at: number
  #left: number
  readonly #page: ValueBytes
  readonly #words: DataView

  constructor(page: ValueBytes) {
    const { bytes, at, values } = page
    this.#page = page
    this.#at = at
    this.#left = values
    this.#words = wordsOf(bytes)
  }

  read(count: number, out: Dense): void {
    const { bytes, end } = this.#page
    let at = this.#at
    // Their share of what the page has left.
    out.reserve(count, Math.ceil(((end - at) * count) / Math.max(count, this.#left)))
    this.#left -= count
    let to = wordsOf(out.data)
    for (let i = 0; i < count; i++) {
      if (at + 4 > end) throw short('texts')
      const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      at += 4
      if (length < 0 || length > end - at)
        throw badParquet(
          `a text has ${length >>> 0} bytes, expected at most the ${end - at} that its page has left`,
        )
      if (out.used + length + SLACK > out.data.length) {
        out.reserve(count - i, length)
        to = wordsOf(out.data)
      }
      if (length <= FEW && at + length + 3 <= end)
        for (let k = 0; k < length; k += 4)
          to.setInt32(out.used + k, this.#words.getInt32(at + k, true), true)
      else copy(bytes, at, at + length, out.data, out.used)
      at += length
      out.used += length
      out.offsets[++out.count] = out.used
    }
    this.#at = at
  }
}

/** Bytes up to which a loop is cheaper than making the view that `set` wants. */
export const FEW = 40

/** The bytes for reading and writing words anywhere. */
export function wordsOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}

/** bytes[from, to) to out[at, …). */
export function copy(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): void {
  if (to - from <= FEW) for (let i = from, j = at; i < to; ) out[j++] = bytes[i++]!
  else out.set(bytes.subarray(from, to), at)
}

/** Flags as bits, lowest first; a byte each when read. */
export class PlainFlags implements ValueDecoder {
  #bit: number
  readonly #page: ValueBytes

  constructor(page: ValueBytes) {
    this.#page = page
    this.#bit = page.at * 8
  }

  read(count: number, out: Dense): void {
    const { bytes, end } = this.#page
    if (this.#bit + count > end * 8) throw short('flags')
    out.reserve(count)
    for (let i = 0; i < count; i++, this.#bit++)
      out.data[out.used++] = (bytes[this.#bit >> 3]! >> (this.#bit & 7)) & 1
    out.count += count
  }
}

/** Flags as runs, behind their length in four bytes (encoding RLE). */
export class RunFlags implements ValueDecoder {
  readonly #flags: HybridDecoder

  constructor({ bytes, at, end }: ValueBytes) {
    if (at + 4 > end) throw short('flags')
    this.#flags = new HybridDecoder(bytes, at + 4, end, 1)
  }

  read(count: number, out: Dense): void {
    out.reserve(count)
    this.#flags.read(out.data, out.used, count)
    out.used += count
    out.count += count
  }
}

/** First the first bytes of all values, then the second ones, and so on. */
export class SplitFixed implements ValueDecoder {
  #next = 0
  readonly #page: ValueBytes
  readonly #values: number

  constructor(page: ValueBytes, width: number) {
    this.#page = page
    this.#values = Math.floor((page.end - page.at) / width)
  }

  read(count: number, out: Dense): void {
    const { bytes, at } = this.#page
    const { width } = out
    if (this.#next + count > this.#values) throw short('values')
    out.reserve(count)
    for (let k = 0; k < width; k++) {
      const from = at + k * this.#values + this.#next
      for (let i = 0, to = out.used + k; i < count; i++, to += width) out.data[to] = bytes[from + i]!
    }
    this.#next += count
    out.used += count * width
    out.count += count
  }
}
