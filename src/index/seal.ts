/**
 * A checksum over all of an index file but its windows, which have their own. It is checked before a Parquet reader
 * looks at the file: that one takes a flipped bit in a page header for a count of billions, and counts.
 *
 * The seal stands between the last column and the footer, where Parquet looks at nothing: `VSL1`, the offset of the
 * first byte that it covers (6 bytes, little-endian), two zeros, CRC-32 of everything from there on but itself.
 */

import { crc32 } from 'node:zlib'

const MAGIC = Buffer.from('VSL1')
const SIZE = 16
/** The footer's length and `PAR1`. */
const TRAILER = 8

/** The file with a seal over [from, its end). */
export function withSeal(file: Uint8Array, from: number): Uint8Array {
  const footer = footerStart(file, file.length)
  const mark = Buffer.alloc(SIZE)
  MAGIC.copy(mark)
  mark.writeUIntLE(from, 4, 6)
  mark.writeUInt32LE(sum(file.subarray(from, footer), mark, file.subarray(footer)), 12)
  return Buffer.concat([file.subarray(0, footer), mark, file.subarray(footer)])
}

/**
 * How much of a file must be at hand to check its seal: the offset of the first byte. `tail` is the end of a file of
 * `size` bytes; it may have to be asked again with what it says. Throws when there is no seal.
 */
export function sealedFrom(tail: Uint8Array, size: number): number {
  const at = footerStart(tail, size) - SIZE
  const from = size - tail.length
  if (at < 0) throw new Error('no seal')
  if (at < from) return at
  const mark = markAt(tail, at - from)
  const covered = mark.readUIntLE(4, 6)
  if (covered > at) throw new Error('no seal')
  return covered
}

/** Throws when `sealed`, the file from what `sealedFrom` said to its end, is not what was sealed. */
export function checkSeal(sealed: Uint8Array): void {
  const footer = footerStart(sealed, sealed.length)
  const mark = markAt(sealed, footer - SIZE)
  const found = sum(sealed.subarray(0, footer - SIZE), mark, sealed.subarray(footer))
  if (found !== mark.readUInt32LE(12)) throw new Error('its checksum is wrong')
}

function sum(before: Uint8Array, mark: Uint8Array, behind: Uint8Array): number {
  return crc32(behind, crc32(mark.subarray(0, 12), crc32(before)))
}

/** Where the footer begins in a file of `size` bytes that ends with `tail`; below 0 when its length cannot be. */
function footerStart(tail: Uint8Array, size: number): number {
  if (tail.length < TRAILER) throw new Error(`it has ${tail.length} bytes`)
  const length = Buffer.from(tail.buffer, tail.byteOffset, tail.length).readUInt32LE(tail.length - TRAILER)
  return size - TRAILER - length
}

function markAt(bytes: Uint8Array, at: number): Buffer {
  const mark = Buffer.from(bytes.buffer, bytes.byteOffset + Math.max(0, at), at < 0 ? 0 : SIZE)
  if (!mark.subarray(0, 4).equals(MAGIC)) throw new Error('no seal')
  return mark
}
