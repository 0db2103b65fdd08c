/** Values one behind the other (encoding PLAIN), and split into their bytes (BYTE_STREAM_SPLIT). */

import { badParquet } from '../error.ts'
import type { Dense } from './dense.ts'
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
  readonly #page: ValueBytes

  constructor(page: ValueBytes) {
    this.#page = page
    this.#at = page.at
  }

  read(count: number, out: Dense): void {
    const { bytes, end } = this.#page
    let at = this.#at
    // They cannot be more than the page has.
    out.reserve(count, Math.min(end - at, Math.max(count * 16, 1024)))
    for (let i = 0; i < count; i++) {
      if (at + 4 > end) throw short('texts')
      const length = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
      at += 4
      if (length < 0 || length > end - at)
        throw badParquet(
          `a text has ${length >>> 0} bytes, expected at most the ${end - at} that its page has left`,
        )
      if (out.used + length > out.data.length) out.reserve(count - i, length)
      copy(bytes, at, at + length, out.data, out.used)
      at += length
      out.used += length
      out.offsets[++out.count] = out.used
    }
    this.#at = at
  }
}

/** bytes[from, to) to out[at, …). Below some 40 bytes a loop is cheaper than making the view that `set` wants. */
export function copy(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): void {
  if (to - from <= 40) for (let i = from, j = at; i < to; ) out[j++] = bytes[i++]!
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
