/** The values of a column that are there, one behind the other, as they are stored. */

import type { Allocate } from '../../builders.ts'
import { badParquet } from '../error.ts'

/** What a batch's texts may have in all: offsets are 32 bits wide. */
const MOST_BYTES = 2 ** 31 - 65536

/** Values of `width` bytes each, or with lengths of their own where that is 0. */
export class Dense {
  count = 0
  /** Of values with lengths of their own: where each one ends, behind a 0. */
  offsets = new Int32Array(0)
  data = new Uint8Array(0)
  /** Bytes of `data` that are values. */
  used = 0
  readonly width: number
  readonly #allocate: Allocate

  /** `expected`: how many values there will be; it is no promise. */
  constructor(width: number, expected: number, allocate: Allocate) {
    this.width = width
    this.#allocate = allocate
    if (width === 0) {
      this.offsets = int32(allocate((expected + 1) * 4))
      this.offsets[0] = 0
    } else this.data = new Uint8Array(allocate(Math.max(8, expected * width)))
  }

  /** Room for `count` more values, which have `bytes` bytes where lengths differ. */
  reserve(count: number, bytes = count * this.width): void {
    if (this.width === 0 && this.count + count + 1 > this.offsets.length) {
      const larger = int32(this.#allocate(Math.max(this.offsets.length * 2, this.count + count + 1) * 4))
      larger.set(this.offsets.subarray(0, this.count + 1))
      this.offsets = larger
    }
    const need = this.used + bytes
    if (need <= this.data.length) return
    if (need > MOST_BYTES) throw badParquet(`the values of one batch have ${need} bytes, expected below 2^31`)
    const larger = new Uint8Array(this.#allocate(Math.max(need, Math.min(MOST_BYTES, this.data.length * 2))))
    larger.set(this.data.subarray(0, this.used))
    this.data = larger
  }

  /** Values as they stand in bytes[from, to), all of one width. */
  appendFixed(bytes: Uint8Array, from: number, to: number): void {
    this.reserve((to - from) / this.width)
    this.data.set(bytes.subarray(from, to), this.used)
    this.used += to - from
    this.count += (to - from) / this.width
  }
}

function int32(buffer: ArrayBuffer): Int32Array<ArrayBuffer> {
  return new Int32Array(buffer, 0, buffer.byteLength >> 2)
}
