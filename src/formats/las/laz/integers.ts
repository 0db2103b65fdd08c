/** Integers as LASzip codes them: how many bits the difference from a prediction has, then the difference. */

import type { Coder } from './coder.ts'

/** Up to so many bits of a difference are modelled, the lower ones are raw. */
const MODELLED_BITS = 8

export class Integers {
  /** Bits of the last difference: other fields take it as their context. */
  bits = 0
  readonly #coder: Coder
  readonly #width: number
  /** 2^width, or 0 for 32 bits, which wrap by themselves. */
  readonly #range: number
  /** Models by context, and by the bits of the difference; 0 where there is none yet. */
  readonly #lengths: Int32Array
  readonly #differences: Int32Array

  constructor(coder: Coder, width: 16 | 32, contexts = 1) {
    this.#coder = coder
    this.#width = width
    this.#range = width === 32 ? 0 : 1 << width
    this.#lengths = new Int32Array(contexts)
    this.#differences = new Int32Array(width + 1)
  }

  /** The coder was reset. */
  reset(): void {
    this.bits = 0
    this.#lengths.fill(0)
    this.#differences.fill(0)
  }

  /** The next value, predicted as `prediction`: an int32, or of 16 bits in [0, 65536). */
  read(prediction: number, context: number): number {
    const coder = this.#coder
    let lengths = this.#lengths[context]!
    if (lengths === 0) {
      lengths = coder.model(this.#width + 1)
      this.#lengths[context] = lengths
    }
    const bits = coder.symbol(lengths)
    this.bits = bits
    let difference: number
    if (bits === 0) {
      let model = this.#differences[0]!
      if (model === 0) {
        model = coder.bitModel()
        this.#differences[0] = model
      }
      difference = coder.bit(model)
    } else if (bits < 32) {
      let model = this.#differences[bits]!
      if (model === 0) {
        model = coder.model(1 << Math.min(bits, MODELLED_BITS))
        this.#differences[bits] = model
      }
      difference = coder.symbol(model)
      if (bits > MODELLED_BITS) {
        const raw = bits - MODELLED_BITS
        difference = (difference << raw) | coder.bits(raw)
      }
      // The upper half are the positive ones, from 2^(bits-1) + 1; 0 and 1 have no bits.
      if (difference >= 1 << (bits - 1)) difference = (difference + 1) | 0
      else difference = (difference - ((1 << bits) - 1)) | 0
    } else difference = -0x80000000
    const value = (prediction + difference) | 0
    const range = this.#range
    if (range === 0) return value
    return value < 0 ? value + range : value >= range ? value - range : value
  }
}
