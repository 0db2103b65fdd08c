/** Ranges of one file in memory or on their way; none overlaps another. */

export interface Piece {
  readonly start: number
  readonly end: number
  /** Who asked for it ahead; undefined: a read that waited for it. */
  readonly owner: object | undefined
  readonly abort: AbortController
  /** Settles when the bytes are there. */
  readonly arrival: Promise<Uint8Array>
  bytes: Uint8Array | undefined
  /** Reads that wait for it or copy from it. */
  waiting: number
  /** Bytes that readers got of it: at its length, the kernel keeps them all. */
  delivered: number
  /** When it was last of use, in ms. */
  used: number
  gone: boolean
}

export class Pieces {
  /** By start. */
  #sorted: Piece[] = [];

  [Symbol.iterator](): Iterator<Piece> {
    return this.#sorted[Symbol.iterator]()
  }

  add(piece: Piece): void {
    this.#sorted.splice(this.#after(piece.start), 0, piece)
  }

  remove(piece: Piece): void {
    const at = this.#sorted.indexOf(piece)
    if (at >= 0) this.#sorted.splice(at, 1)
  }

  /** The piece that holds a byte. */
  at(offset: number): Piece | undefined {
    const before = this.#sorted[this.#after(offset) - 1]
    return before !== undefined && offset < before.end ? before : undefined
  }

  /** Where the next piece behind an offset starts. */
  nextStart(offset: number): number {
    return this.#sorted[this.#after(offset)]?.start ?? Number.POSITIVE_INFINITY
  }

  /** Where the last piece before an offset ends. */
  lastEnd(offset: number): number {
    return this.#sorted[this.#after(offset) - 1]?.end ?? 0
  }

  /** Index of the first piece that starts behind an offset. */
  #after(offset: number): number {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#sorted[middle]!.start <= offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
