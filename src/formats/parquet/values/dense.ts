/** The values of a column that are there, one behind the other, as they are stored. */

import type { Allocate } from '../../builders.ts'
import { badParquet } from '../error.ts'

/** What a batch's texts may have in all: offsets are 32 bits wide. */
const MOST_BYTES = 2 ** 31 - 65536

/** What a first guess of how much texts will need may come to. */
const MOST_GUESSED = 8 << 20

/** Bytes that may be written behind the last value, and read behind a dictionary's: texts are copied by words. */
export const SLACK = 16

/** Where memory comes from, and may go when it has become too small. */
export interface Memory {
  readonly allocate: Allocate
  readonly recycle?: ((buffer: ArrayBuffer) => void) | undefined
}

/** Values of `width` bytes each, or with lengths of their own where that is 0. */
export class Dense {
  count = 0
  /** Of values with lengths of their own: where each one ends, behind a 0. */
  offsets = new Int32Array(0)
  data = new Uint8Array(0)
  /** Bytes of `data` that are values. */
  used = 0
  readonly width: number
  readonly #memory: Memory
  readonly #expected: number

  /** `expected`: how many values there will be; it is no promise. */
  constructor(width: number, expected: number, memory: Memory) {
    const { allocate } = memory
    this.width = width
    this.#memory = memory
    this.#expected = expected
    if (width === 0) {
      this.offsets = int32(allocate((expected + 1) * 4))
      this.offsets[0] = 0
    } else this.data = new Uint8Array(allocate(Math.max(8, expected * width)))
  }

  /** Room for `count` more values, which have `bytes` bytes where lengths differ, and for the slack behind those. */
  reserve(count: number, bytes = count * this.width): void {
    const { allocate } = this.#memory
    const values = this.count + count
    if (this.width === 0 && values + 1 > this.offsets.length) {
      const larger = int32(allocate(Math.max(this.offsets.length * 2, values + 1) * 4))
      larger.set(this.offsets.subarray(0, this.count + 1))
      this.#leave(this.offsets.buffer)
      this.offsets = larger
    }
    const slack = this.width === 0 ? SLACK : 0
    const need = this.used + bytes + slack
    if (need <= this.data.length) return
    if (need > MOST_BYTES) throw badParquet(`the values of one batch have ${need} bytes, expected below 2^31`)
    // Memory that is outgrown was written in vain: as many more as are expected will be like those known.
    const guess = values > 0 ? Math.ceil((need / values) * this.#expected * 1.05) : 0
    const size = Math.max(need, Math.min(MOST_GUESSED, guess), Math.min(MOST_BYTES, this.data.length * 2))
    const larger = new Uint8Array(allocate(size))
    larger.set(this.data.subarray(0, this.used))
    this.#leave(this.data.buffer)
    this.data = larger
  }

  #leave(buffer: ArrayBuffer): void {
    if (buffer.byteLength > 0) this.#memory.recycle?.(buffer)
  }

  /** Values as they stand in bytes[from, to), all of one width. */
  appendFixed(bytes: Uint8Array, from: number, to: number): void {
    this.reserve((to - from) / this.width)
    this.data.set(bytes.subarray(from, to), this.used)
    this.used += to - from
    this.count += (to - from) / this.width
  }
}

/** Memory that is left to the garbage collector. */
export const FRESH: Memory = { allocate: (bytes) => new ArrayBuffer(bytes) }

function int32(buffer: ArrayBuffer): Int32Array<ArrayBuffer> {
  return new Int32Array(buffer, 0, buffer.byteLength >> 2)
}
