/** The header of a gzip member (RFC 1952, 2.3), with the BC field that makes it a BGZF block (SAM spec, 4.1). */

import { crc32 } from 'node:zlib'
import { VarveError } from '../../errors.ts'
import type { Container } from './types.ts'

const ID1 = 0x1f
const ID2 = 0x8b
const DEFLATE = 8
const FHCRC = 2
const FEXTRA = 4
const FNAME = 8
const FCOMMENT = 16
const RESERVED = 0xe0

/** No tool writes longer ones; without a limit a damaged file would be gathered whole as its own name. */
const LONGEST = 1024 * 1024

export interface MemberHeader {
  /** Bytes before the deflate stream. */
  readonly length: number
  /** BGZF: bytes of the whole block, header and trailer included. */
  readonly blockSize?: number
}

/** The one way in which these decoders complain: what is wrong, and the offset in the file where. */
export function invalid(container: Container, message: string, offset: number): VarveError {
  return new VarveError('invalid-data', `${container}: ${message} (byte ${offset})`, { container, offset })
}

/**
 * The header that begins at bytes[at], or `undefined` when it does not end before `end`.
 * `offset` is the place of bytes[at] in the file, for errors.
 */
export function readMemberHeader(
  container: Container,
  bytes: Uint8Array,
  at: number,
  end: number,
  offset: number,
): MemberHeader | undefined {
  const fixed = [ID1, ID2, DEFLATE]
  for (let i = 0; i < fixed.length && at + i < end; i++) {
    if (bytes[at + i] === fixed[i]) continue
    const found = [...bytes.subarray(at, Math.min(at + 3, end))].map((b) => b.toString(16).padStart(2, '0'))
    throw invalid(container, `found ${found.join(' ')}, expected a member's header 1f 8b 08`, offset)
  }
  if (end - at < 10) return undefined
  const flags = bytes[at + 3]!
  if ((flags & RESERVED) !== 0) {
    throw invalid(container, `member header has reserved flags set (${flags}), expected none`, offset + 3)
  }
  const tooLong = end - at > LONGEST
  const missing = (): undefined => {
    if (tooLong) throw invalid(container, `member header is longer than ${LONGEST} bytes`, offset)
    return undefined
  }
  let next = at + 10
  let blockSize: number | undefined
  if (flags & FEXTRA) {
    if (next + 2 > end) return undefined
    const from = next + 2
    next = from + readUint16(bytes, next)
    if (next > end) return undefined
    blockSize = readBlockSize(bytes, from, next)
  }
  for (const flag of [FNAME, FCOMMENT]) {
    if ((flags & flag) === 0) continue
    const zero = bytes.subarray(0, end).indexOf(0, next)
    if (zero < 0) return missing()
    next = zero + 1
  }
  if (flags & FHCRC) {
    if (next + 2 > end) return undefined
    const actual = crc32(bytes.subarray(at, next)) & 0xffff
    const expected = readUint16(bytes, next)
    if (actual !== expected) {
      throw invalid(container, `member header has CRC16 ${actual}, expected ${expected}`, offset + next - at)
    }
    next += 2
  }
  const length = next - at
  return blockSize === undefined ? { length } : { length, blockSize }
}

/** BSIZE + 1 from the subfield BC with two bytes, wherever it stands among the others. */
function readBlockSize(bytes: Uint8Array, start: number, end: number): number | undefined {
  for (let at = start; at + 4 <= end; at += 4 + readUint16(bytes, at + 2)) {
    const isBc = bytes[at] === 0x42 && bytes[at + 1] === 0x43 && readUint16(bytes, at + 2) === 2
    if (isBc && at + 6 <= end) return readUint16(bytes, at + 4) + 1
  }
  return undefined
}

function readUint16(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8)
}

export function readUint32(bytes: Uint8Array, at: number): number {
  return (readUint16(bytes, at) | (readUint16(bytes, at + 2) << 16)) >>> 0
}
