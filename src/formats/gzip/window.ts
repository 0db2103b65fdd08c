/** The bytes that back-references may reach: at most 32 KiB before the current one (RFC 1951, 3.2.5). */

import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { VarveError } from '../../errors.ts'

export const WINDOW_SIZE = 32 * 1024

/** A window as it is kept in an access point: raw deflate; an empty one stays empty. */
export function deflateWindow(window: Uint8Array): Uint8Array {
  // Level 6 would take ten times as long (1.4 ms) to save a seventh; the points then stand that much closer.
  return window.length === 0 ? new Uint8Array(0) : new Uint8Array(deflateRawSync(window, { level: 1 }))
}

/** The window of an access point, at most 32,768 bytes; `invalid-data` when it does not inflate to that. */
export function inflateWindow(deflated: Uint8Array): Uint8Array {
  if (deflated.length === 0) return new Uint8Array(0)
  try {
    return inflateRawSync(deflated, { maxOutputLength: WINDOW_SIZE })
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new VarveError('invalid-data', `access point: its window does not inflate: ${why}`, {}, cause)
  }
}

/** Remembers the last 32 KiB of what is pushed. */
export class History {
  readonly #bytes = new Uint8Array(4 * WINDOW_SIZE)
  #end = 0

  clear(): void {
    this.#end = 0
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    const from = Math.max(start, end - WINDOW_SIZE)
    const more = end - from
    if (this.#end + more > this.#bytes.length) {
      const kept = this.last()
      this.#bytes.copyWithin(0, this.#end - kept.length, this.#end)
      this.#end = kept.length
    }
    this.#bytes.set(bytes.subarray(from, end), this.#end)
    this.#end += more
  }

  /** The last bytes, valid until the next push. */
  last(): Uint8Array {
    return this.#bytes.subarray(Math.max(0, this.#end - WINDOW_SIZE), this.#end)
  }
}
