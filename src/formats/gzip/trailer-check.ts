/**
 * Compares decompressed bytes with the trailers of their members apart from the decoder: a pass over all bytes
 * that another thread than the one that inflates can make.
 */

import { MemberCheck, type Trailer } from './member-check.ts'
import { invalid } from './member-header.ts'

export class TrailerCheck {
  readonly #check = new MemberCheck()
  readonly #trailers: Trailer[] = []
  #raw = 0

  constructor() {
    this.#check.begin()
  }

  /** Trailers in order, each before any byte behind its member is pushed. Throws `invalid-data` for a wrong one. */
  add(trailers: readonly Trailer[]): void {
    this.#trailers.push(...trailers)
    this.#compare()
  }

  /** The next decompressed bytes, bytes[start, end). Throws `invalid-data` where a member does not fit its trailer. */
  push(bytes: Uint8Array, start: number, end: number): void {
    let at = start
    while (at < end) {
      const next = this.#trailers[0]
      const stop = next === undefined ? end : Math.min(end, at + next.raw - this.#raw)
      this.#check.push(bytes, at, stop)
      this.#raw += stop - at
      at = stop
      this.#compare()
    }
  }

  #compare(): void {
    while (this.#trailers[0]?.raw === this.#raw) {
      const { crc, length, member, offset } = this.#trailers.shift()!
      const complaint = this.#check.complaintOf(crc, length)
      if (complaint !== undefined) throw invalid('gzip', `${complaint} in ${member}`, offset)
      this.#check.begin()
    }
  }
}
