/** A sliding window over the decompressed file: where readers look for records. */

import { VarveError } from '../../errors.ts'
import type { AccessPoint } from '../gzip/types.ts'
import type { ReadHooks } from '../types.ts'

/** Decoded bytes are parsed while they are still in the processor's cache. */
const STEP = 256 * 1024
/** The largest record: a JavaScript typed array's text cannot be much longer. */
const LARGEST = 1 << 30

/** Decompressed bytes, pulled; decoded here, or in another thread. */
export interface RawSupply {
  /** Writes into out[start, end); 0: `more` is needed, or everything is given and `done` is true. */
  read(out: Uint8Array, start: number, end: number): number
  /** Waits for more input. */
  more(): Promise<void>
  /** Everything up to the file's end was given. */
  readonly done: boolean
  /** What `more` would bring lies behind the piece of work. */
  readonly exhausted: boolean
  /** Decompressed offset of the end of the piece of work; known once `more` brought something behind it. */
  readonly pieceEnd: number | undefined
  /** Decompressed offset of the next byte that `read` gives. */
  readonly rawOffset: number
  /** Source bytes needed for everything given so far. */
  readonly sourceOffset: number
  takePoints(): AccessPoint[]
  /** Frees what it holds; reading on is an error. */
  close(): void
}

export class RawWindow {
  bytes: Uint8Array
  /** Where the next record begins, and where the decoded bytes end, in `bytes`. */
  at = 0
  fill = 0
  /** Decompressed offset of bytes[0]. */
  base: number
  readonly supply: RawSupply
  readonly #hooks: ReadHooks

  constructor(supply: RawSupply, hooks: ReadHooks) {
    this.supply = supply
    this.#hooks = hooks
    this.bytes = new Uint8Array(hooks.allocate(4 * STEP))
    this.base = supply.rawOffset
  }

  /** Gives its memory back, and closes the supply. */
  close(): void {
    this.supply.close()
    this.#hooks.recycle?.(this.bytes.buffer as ArrayBuffer)
    this.bytes = new Uint8Array(0)
  }

  /** The file ends with the bytes in the window. */
  get final(): boolean {
    return this.supply.done
  }

  /** Decompressed offset of the next record. */
  get raw(): number {
    return this.base + this.at
  }

  /** Decodes some more bytes, but none beyond the decompressed offset `limit`; false when there is no input. */
  decode(limit = Number.POSITIVE_INFINITY): boolean {
    this.#makeRoom()
    const end = Math.min(this.fill + STEP, limit - this.base)
    if (end <= this.fill) return false
    const wrote = this.supply.read(this.bytes, this.fill, end)
    this.fill += wrote
    return wrote > 0
  }

  /** Puts the next record at the front, and doubles the window for a record that fills it. */
  #makeRoom(): void {
    if (this.bytes.length - this.fill >= STEP) return
    const held = this.fill - this.at
    if (held + STEP <= this.bytes.length) {
      this.bytes.copyWithin(0, this.at, this.fill)
    } else {
      if (held > LARGEST) {
        const message = `a record at byte ${this.raw} is longer than ${LARGEST} bytes`
        throw new VarveError('invalid-data', message, { byte: this.raw })
      }
      const larger = new Uint8Array(this.#hooks.allocate(Math.max(this.bytes.length * 2, held + STEP)))
      larger.set(this.bytes.subarray(this.at, this.fill))
      this.#hooks.recycle?.(this.bytes.buffer as ArrayBuffer)
      this.bytes = larger
    }
    this.base += this.at
    this.fill = held
    this.at = 0
  }
}

/** Brings more bytes into the window, up to the raw offset `limit`; false when there are none. */
export async function grow(window: RawWindow, limit: number): Promise<boolean> {
  for (;;) {
    if (window.base + window.fill >= limit) return false
    if (window.decode(limit)) return true
    if (window.final) return false
    await window.supply.more()
  }
}
