/** Where BGZF blocks begin (SAM spec, 4.1), in bytes that were cut out of a file anywhere. */

import { isVarveError } from '../../errors.ts'
import { type MemberHeader, readMemberHeader } from './member-header.ts'

/** An empty deflate stream is 2 bytes long, CRC and length are 8. */
const LEAST_BODY = 2 + 8

/** So many blocks must follow one another, as far as the bytes show them. */
const CHAIN = 4

/**
 * The offset of the first BGZF block header at or after `from`, or -1 when the bytes show none. The blocks
 * behind it must follow as its length says, as far as they are within the bytes. Still a guess: blocks may be
 * stored inside blocks, so whoever decodes up to it has to arrive exactly there.
 */
export function findBgzfBlock(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(0x1f, from); at >= 0; at = bytes.indexOf(0x1f, at + 1)) {
    if (bytes[at + 1] === 0x8b && bytes[at + 2] === 8 && leadsOn(bytes, at)) return at
  }
  return -1
}

/** Bytes of the BGZF block whose header begins at bytes[at]; `undefined` when none does, or not all of it is there. */
export function bgzfBlockSize(bytes: Uint8Array, at: number): number | undefined {
  const header = headerAt(bytes, at)
  return typeof header === 'string' ? undefined : header.blockSize
}

function leadsOn(bytes: Uint8Array, start: number): boolean {
  let at = start
  for (let blocks = 0; blocks < CHAIN; blocks++) {
    const header = headerAt(bytes, at)
    if (header === 'cut') return blocks > 0
    if (header === 'none') return false
    if (header.blockSize === undefined) return blocks > 0
    if (header.blockSize < header.length + LEAST_BODY) return false
    at += header.blockSize
    // The end of the file, or the padding that may stand there.
    if (at >= bytes.length || bytes[at] === 0) return true
  }
  return true
}

function headerAt(bytes: Uint8Array, at: number): MemberHeader | 'cut' | 'none' {
  try {
    return readMemberHeader('bgzf', bytes, at, bytes.length, at) ?? 'cut'
  } catch (error) {
    if (isVarveError(error, 'invalid-data')) return 'none'
    throw error
  }
}
