/** Points that stand as they are. */

import type { ChunkDecoder } from './laz/types.ts'
import type { Points, Wanted } from './points.ts'
import { type RecordShape, readRecords } from './record.ts'

export class PlainDecoder implements ChunkDecoder {
  readonly #shape: RecordShape
  readonly #length: number
  readonly #wanted: Wanted
  #bytes: Uint8Array = new Uint8Array(0)
  #at = 0

  constructor(shape: RecordShape, length: number, wanted: Wanted) {
    this.#shape = shape
    this.#length = length
    this.#wanted = wanted
  }

  open(bytes: Uint8Array, start: number): void {
    this.#bytes = bytes
    this.#at = start
  }

  get position(): number {
    return this.#at
  }

  get overrun(): boolean {
    return this.#at > this.#bytes.length
  }

  decode(points: Points, count: number, placed: () => number): void {
    const start = this.#at
    this.#at += count * this.#length
    if (!this.overrun) readRecords(this.#bytes, start, this.#length, this.#shape, count, this.#wanted, points)
    placed()
  }
}
