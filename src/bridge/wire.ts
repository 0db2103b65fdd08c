/**
 * Frames between the engine process and its clients: `u32 length` of what follows, `u8 kind`, body. All numbers are
 * little-endian. Clients write JSON bodies, which C prints easily; the engine answers in flat binary, which C reads
 * without a parser. The kinds and bodies stand in README.md beside this file.
 */

import { VarveError } from '../errors.ts'

/** What both sides must have in common; a handshake compares it. */
export const PROTOCOL = 1

/** Bytes of one request: long lists of values fit, a runaway client does not. */
export const LONGEST_REQUEST = 16 * 1024 * 1024

export const ASK = {
  hello: 1,
  bind: 2,
  scan: 3,
  opened: 4,
  release: 5,
  close: 6,
  unbind: 7,
  look: 8,
  list: 9,
  read: 10,
} as const
export const ANSWER = {
  welcome: 128,
  bound: 129,
  batch: 130,
  end: 131,
  error: 132,
  found: 133,
  listed: 134,
  bytes: 135,
} as const

export interface Frame {
  readonly kind: number
  readonly body: Buffer
}

/** Cuts a stream of bytes into frames. */
export class FrameReader {
  #held: Buffer = Buffer.alloc(0)

  /** The frames that end in `bytes`; `invalid-data` on one that is empty or too long. */
  push(bytes: Buffer): Frame[] {
    this.#held = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes])
    const frames: Frame[] = []
    let at = 0
    while (this.#held.length - at >= 4) {
      const length = this.#held.readUInt32LE(at)
      if (length === 0 || length > LONGEST_REQUEST) {
        const expected = `expected 1 to ${LONGEST_REQUEST}`
        throw new VarveError('invalid-data', `bridge: a frame has ${length} bytes, ${expected}`)
      }
      if (this.#held.length - at < 4 + length) break
      frames.push({ kind: this.#held[at + 4]!, body: this.#held.subarray(at + 5, at + 4 + length) })
      at += 4 + length
    }
    this.#held = this.#held.subarray(at)
    return frames
  }
}

/** A frame under construction. */
export class FrameWriter {
  readonly #parts: Buffer[] = []
  #length = 0

  constructor(readonly kind: number) {}

  #add(part: Buffer): this {
    this.#parts.push(part)
    this.#length += part.length
    return this
  }

  u8(value: number): this {
    return this.#add(Buffer.of(value))
  }

  u32(value: number): this {
    const part = Buffer.allocUnsafe(4)
    part.writeUInt32LE(value)
    return this.#add(part)
  }

  /** A whole number below 2^53, or −1: all bits set. */
  u64(value: number): this {
    const part = Buffer.allocUnsafe(8)
    part.writeBigInt64LE(BigInt(value))
    return this.#add(part)
  }

  f64(value: number): this {
    const part = Buffer.allocUnsafe(8)
    part.writeDoubleLE(value)
    return this.#add(part)
  }

  /** `u32` bytes, then the UTF-8. */
  text(value: string): this {
    return this.blob(Buffer.from(value))
  }

  /** `u32` bytes, then these. */
  blob(bytes: Uint8Array): this {
    return this.u32(bytes.length).#add(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  }

  finish(): Buffer {
    const head = Buffer.allocUnsafe(5)
    head.writeUInt32LE(this.#length + 1)
    head[4] = this.kind
    return Buffer.concat([head, ...this.#parts])
  }
}
