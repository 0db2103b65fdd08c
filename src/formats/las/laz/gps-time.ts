/**
 * GPS times as LASzip codes them: the bits of a DOUBLE as an integer, in up to four sequences at once, each by
 * multiples of its last difference.
 */

import type { Coder } from './coder.ts'
import { Integers } from './integers.ts'

const MULTIPLE = 500
const LEAST_MULTIPLE = -10
/** Symbols above it: unchanged (only pointwise), a new sequence, another sequence. */
const EXTREME = MULTIPLE - LEAST_MULTIPLE

export class GpsTimes {
  readonly #coder: Coder
  /** Pointwise streams (version 2) also code times that did not change. */
  readonly #pointwise: boolean
  readonly #integers: Integers
  #zeroModel = 0
  #multipleModel = 0
  /** The last time of each sequence, in two words. */
  readonly #low = new Int32Array(4)
  readonly #high = new Int32Array(4)
  readonly #difference = new Int32Array(4)
  readonly #extremes = new Int32Array(4)
  #last = 0
  #next = 0

  constructor(coder: Coder, pointwise: boolean) {
    this.#coder = coder
    this.#pointwise = pointwise
    this.#integers = new Integers(coder, 32, 9)
  }

  /** The words of the last time. */
  get low(): number {
    return this.#low[this.#last]!
  }

  get high(): number {
    return this.#high[this.#last]!
  }

  /** The coder was reset; the first time is this one. */
  reset(low: number, high: number): void {
    this.#integers.reset()
    this.#zeroModel = 0
    this.#multipleModel = 0
    for (const words of [this.#low, this.#high, this.#difference, this.#extremes]) words.fill(0)
    this.#low[0] = low
    this.#high[0] = high
    this.#last = 0
    this.#next = 0
  }

  /** Goes on to the next time. */
  advance(): void {
    const coder = this.#coder
    for (;;) {
      const last = this.#last
      if (this.#difference[last] === 0) {
        if (this.#zeroModel === 0) this.#zeroModel = coder.model(this.#pointwise ? 6 : 5)
        const symbol = coder.symbol(this.#zeroModel) - (this.#pointwise ? 1 : 0)
        if (symbol < 0) return
        if (symbol === 0) {
          const difference = this.#integers.read(0, 0)
          this.#difference[last] = difference
          this.#extremes[last] = 0
          this.#add(last, difference)
          return
        }
        if (symbol === 1) {
          this.#begin()
          return
        }
        this.#last = (last + symbol - 1) & 3
        continue
      }
      if (this.#multipleModel === 0) this.#multipleModel = coder.model(EXTREME + (this.#pointwise ? 6 : 5))
      let symbol = coder.symbol(this.#multipleModel)
      if (symbol <= EXTREME) {
        this.#add(last, this.#multiple(last, symbol))
        return
      }
      symbol -= EXTREME + 1
      if (this.#pointwise && symbol-- === 0) return
      if (symbol === 0) {
        this.#begin()
        return
      }
      this.#last = (last + symbol) & 3
    }
  }

  /** The difference from the last time, which is about a multiple of the difference before. */
  #multiple(last: number, symbol: number): number {
    const integers = this.#integers
    const before = this.#difference[last]!
    if (symbol === 1) {
      this.#extremes[last] = 0
      return integers.read(before, 1)
    }
    if (symbol > 1 && symbol < MULTIPLE) return integers.read(Math.imul(symbol, before), symbol < 10 ? 2 : 3)
    let difference: number
    if (symbol === 0) difference = integers.read(0, 7)
    else if (symbol === MULTIPLE) difference = integers.read(Math.imul(MULTIPLE, before), 4)
    else {
      const multiple = MULTIPLE - symbol
      if (multiple > LEAST_MULTIPLE) return integers.read(Math.imul(multiple, before), 5)
      difference = integers.read(Math.imul(LEAST_MULTIPLE, before), 6)
    }
    // Four such in a row: this is the difference from now on.
    const extremes = this.#extremes[last]! + 1
    this.#extremes[last] = extremes
    if (extremes > 3) {
      this.#difference[last] = difference
      this.#extremes[last] = 0
    }
    return difference
  }

  /** A new sequence, whose first time is coded alone. */
  #begin(): void {
    const high = this.#integers.read(this.#high[this.#last]!, 8)
    const low = this.#coder.bits(32)
    const next = (this.#next + 1) & 3
    this.#next = next
    this.#last = next
    this.#low[next] = low
    this.#high[next] = high
    this.#difference[next] = 0
    this.#extremes[next] = 0
  }

  #add(last: number, difference: number): void {
    const sum = (this.#low[last]! >>> 0) + (difference >>> 0)
    this.#low[last] = sum
    this.#high[last] = this.#high[last]! + (difference >> 31) + (sum > 0xffffffff ? 1 : 0)
  }
}
