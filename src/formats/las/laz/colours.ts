/** Colours as LASzip codes them: which bytes changed, then each byte's difference, green and blue by red's. */

import type { Coder } from './coder.ts'

const clamp = (value: number): number => (value < 0 ? 0 : Math.min(value, 255))

/** The models of one context. Values are [red, green, blue] at some place of an array. */
export class Colours {
  readonly #coder: Coder
  #used = 0
  readonly #models = new Int32Array(6)

  constructor(coder: Coder) {
    this.#coder = coder
  }

  reset(): void {
    this.#used = 0
    this.#models.fill(0)
  }

  #byte(which: number): number {
    return this.#coder.symbolOf(this.#models, which, 256)
  }

  /** Replaces the last colour at `at` by the next one. */
  read(last: Uint16Array, at: number): void {
    if (this.#used === 0) this.#used = this.#coder.model(128)
    const changed = this.#coder.symbol(this.#used)
    const [r, g, b] = [last[at]!, last[at + 1]!, last[at + 2]!]
    const redLow = (changed & 1) !== 0 ? (this.#byte(0) + r) & 255 : r & 255
    const redHigh = (changed & 2) !== 0 ? (this.#byte(1) + (r >> 8)) & 255 : r >> 8
    const red = redLow | (redHigh << 8)
    last[at] = red
    if ((changed & 64) === 0) {
      last[at + 1] = red
      last[at + 2] = red
      return
    }
    let shift = redLow - (r & 255)
    let greenLow = g & 255
    if ((changed & 4) !== 0) greenLow = (this.#byte(2) + clamp(shift + (g & 255))) & 255
    let blueLow = b & 255
    if ((changed & 16) !== 0) {
      const code = this.#byte(4)
      shift = ((shift + greenLow - (g & 255)) / 2) | 0
      blueLow = (code + clamp(shift + (b & 255))) & 255
    }
    shift = redHigh - (r >> 8)
    let greenHigh = g >> 8
    if ((changed & 8) !== 0) greenHigh = (this.#byte(3) + clamp(shift + (g >> 8))) & 255
    let blueHigh = b >> 8
    if ((changed & 32) !== 0) {
      const code = this.#byte(5)
      shift = ((shift + greenHigh - (g >> 8)) / 2) | 0
      blueHigh = (code + clamp(shift + (b >> 8))) & 255
    }
    last[at + 1] = greenLow | (greenHigh << 8)
    last[at + 2] = blueLow | (blueHigh << 8)
  }
}
