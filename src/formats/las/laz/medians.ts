/** The running medians of five by which LASzip predicts how far the next point is from the last one. */

const WORDS = 6

export class Medians {
  /** Five values in order, then whether the next one pushes out the highest. */
  readonly #words: Int32Array

  constructor(count: number) {
    this.#words = new Int32Array(count * WORDS)
    this.reset()
  }

  reset(): void {
    const words = this.#words
    words.fill(0)
    for (let i = WORDS - 1; i < words.length; i += WORDS) words[i] = 1
  }

  get(which: number): number {
    return this.#words[which * WORDS + 2]!
  }

  add(which: number, value: number): void {
    const w = this.#words
    const a = which * WORDS
    if (w[a + 5] === 1) {
      if (value < w[a + 2]!) {
        w[a + 4] = w[a + 3]!
        w[a + 3] = w[a + 2]!
        if (value < w[a]!) {
          w[a + 2] = w[a + 1]!
          w[a + 1] = w[a]!
          w[a] = value
        } else if (value < w[a + 1]!) {
          w[a + 2] = w[a + 1]!
          w[a + 1] = value
        } else w[a + 2] = value
        return
      }
      if (value < w[a + 3]!) {
        w[a + 4] = w[a + 3]!
        w[a + 3] = value
      } else w[a + 4] = value
      w[a + 5] = 0
      return
    }
    if (w[a + 2]! < value) {
      w[a] = w[a + 1]!
      w[a + 1] = w[a + 2]!
      if (w[a + 4]! < value) {
        w[a + 2] = w[a + 3]!
        w[a + 3] = w[a + 4]!
        w[a + 4] = value
      } else if (w[a + 3]! < value) {
        w[a + 2] = w[a + 3]!
        w[a + 3] = value
      } else w[a + 2] = value
      return
    }
    if (w[a + 1]! < value) {
      w[a] = w[a + 1]!
      w[a + 1] = value
    } else w[a] = value
    w[a + 5] = 1
  }
}
