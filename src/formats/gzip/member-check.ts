/** CRC and length of a member's decompressed bytes against its trailer (RFC 1952, 2.3.1). */

import { crc32 } from 'node:zlib'
import { readUint32 } from './member-header.ts'

/** CRC32 and ISIZE. */
export const TRAILER_SIZE = 8

/** What a member's trailer says, for someone else to compare. */
export interface Trailer {
  /** Decompressed offset where the member ends. */
  readonly raw: number
  readonly crc: number
  /** Modulo 2^32. */
  readonly length: number
  /** The member's name in a complaint, and where its trailer stands in the file. */
  readonly member: string
  readonly offset: number
}

export class MemberCheck {
  #crc = 0
  #length = 0
  #whole = true

  begin(): void {
    this.#crc = this.#length = 0
    this.#whole = true
  }

  /** For a member that is not decoded from its beginning: the trailer speaks of all of it. */
  skip(): void {
    this.#whole = false
  }

  push(bytes: Uint8Array, start: number, end: number): void {
    if (!this.#whole) return
    this.#crc = crc32(bytes.subarray(start, end), this.#crc)
    this.#length += end - start
  }

  /** What is wrong with the trailer at bytes[at], or `undefined`. */
  complaint(bytes: Uint8Array, at: number): string | undefined {
    return this.complaintOf(readUint32(bytes, at), readUint32(bytes, at + 4))
  }

  /** The same for what the trailer says. */
  complaintOf(crc: number, length: number): string | undefined {
    if (!this.#whole) return undefined
    if (crc !== this.#crc) return `decompressed bytes have CRC32 ${hex(this.#crc)}, expected ${hex(crc)}`
    const actual = this.#length % 2 ** 32
    if (length !== actual) return `decompressed length is ${actual} (mod 2^32), expected ${length}`
    return undefined
  }
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0')
}
