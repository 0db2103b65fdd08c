/** The decoder of files that are not compressed: hands the fed bytes on. */

import { FedBytes } from './fed-bytes.ts'
import type { AccessPoint, RawDecoder } from './types.ts'

export class PlainDecoder implements RawDecoder {
  readonly #fed: FedBytes
  #raw: number

  constructor(from?: AccessPoint) {
    this.#fed = new FedBytes(from?.source ?? 0)
    this.#raw = from?.raw ?? 0
  }

  get done(): boolean {
    return this.#fed.final && this.#fed.available === 0
  }

  get rawOffset(): number {
    return this.#raw
  }

  get sourceOffset(): number {
    return this.#fed.offset
  }

  feed(input: Uint8Array, final: boolean): void {
    this.#fed.feed(input, final)
  }

  takePoints(): AccessPoint[] {
    return []
  }

  read(out: Uint8Array, start: number, end: number): number {
    const length = Math.min(end - start, this.#fed.available)
    out.set(this.#fed.bytes.subarray(this.#fed.at, this.#fed.at + length), start)
    this.#fed.at += length
    this.#raw += length
    return length
  }

  takeTrailers(): [] {
    return []
  }

  close(): void {}
}
