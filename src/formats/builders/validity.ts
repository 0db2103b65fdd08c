/** Which values are null, made only when the first null comes: most columns never pay for it. */

import type { Allocate } from '../builders.ts'

const FIRST_BYTES = 256

/** One bit per value, 1 = not null. */
export class Validity {
  #bits: Uint8Array | undefined
  readonly #allocate: Allocate

  constructor(allocate: Allocate) {
    this.#allocate = allocate
  }

  /** Marks values [from, to) null; all values not spoken of are not null. */
  setNulls(from: number, to: number): void {
    if (to <= from) return
    const bits = this.#reserve((to + 7) >> 3)
    let at = from
    while (at < to && (at & 7) !== 0) {
      bits[at >> 3]! &= ~(1 << (at & 7))
      at++
    }
    const whole = (to - at) >> 3
    if (whole > 0) bits.fill(0, at >> 3, (at >> 3) + whole)
    for (at += whole * 8; at < to; at++) bits[at >> 3]! &= ~(1 << (at & 7))
  }

  setNull(index: number): void {
    const bits = this.#reserve((index >> 3) + 1)
    bits[index >> 3]! &= ~(1 << (index & 7))
  }

  /** Forgets nulls from value `length` on. */
  truncate(length: number): void {
    const bits = this.#bits
    if (bits === undefined) return
    for (let i = length; i < bits.length * 8; i++) bits[i >> 3]! |= 1 << (i & 7)
  }

  /** The bits of `length` values, undefined when none of them is null. */
  take(length: number): Uint8Array | undefined {
    if (this.#bits === undefined) return undefined
    const bits = this.#reserve((length + 7) >> 3)
    this.#bits = undefined
    return bits
  }

  #reserve(need: number): Uint8Array {
    const bits = this.#bits
    if (bits !== undefined && bits.length >= need) return bits
    const larger = new Uint8Array(this.#allocate(Math.max(FIRST_BYTES, need * 2)))
    larger.fill(255)
    if (bits !== undefined) larger.set(bits)
    this.#bits = larger
    return larger
  }
}
