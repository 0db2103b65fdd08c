/** Bases, qualities and CIGARs as SAM's text has them: SAMv1.pdf, 4.2. */

import { int32 } from './bytes.ts'
import type { Scratch } from './scratch.ts'

const BASES = Buffer.from('=ACMGRSVTWYHKDBN')

/** The two bases of a byte, the first one in the byte that comes first in memory. */
const PAIRS = Uint16Array.from({ length: 256 }, (_, byte) => {
  const pair = new Uint8Array([BASES[byte >> 4]!, BASES[byte & 15]!])
  return new Uint16Array(pair.buffer)[0]!
})

/** `count` bases, two in each byte from `at` on. */
export function putBases(to: Scratch, bytes: Uint8Array, at: number, count: number): void {
  to.begin(count + 1)
  const { words } = to
  const pairs = (count + 1) >> 1
  for (let i = 0; i < pairs; i++) words[i] = PAIRS[bytes[at + i]!]!
  to.length = count
}

/** The highest that SAM's text can show. */
const MOST_QUALITY = 93
const OFFSET = 33

/** Whether there are qualities: without them all bytes are 255. */
export function hasQualities(bytes: Uint8Array, at: number, count: number): boolean {
  return count > 0 && bytes[at] !== 255
}

export function wrongQualities(bytes: Uint8Array, at: number, count: number): string | undefined {
  if (!hasQualities(bytes, at, count)) return undefined
  // Nearly all are fine: one that is not makes the sign of all of them together negative.
  let signs = 0
  for (let i = at, end = at + count; i < end; i++) signs |= MOST_QUALITY - bytes[i]!
  if (signs >= 0) return undefined
  for (let i = at; i < at + count; i++) {
    if (bytes[i]! > MOST_QUALITY) {
      return `has the quality ${bytes[i]} for base ${i - at}, expected 0 to ${MOST_QUALITY}`
    }
  }
  return undefined
}

export function putQualities(to: Scratch, bytes: Uint8Array, at: number, count: number): void {
  to.begin(count)
  const out = to.bytes
  for (let i = 0; i < count; i++) out[i] = bytes[at + i]! + OFFSET
  to.length = count
}

/** As htslib writes operations, those that do not exist too. */
const OPERATIONS = Buffer.from('MIDNSHP=XB??????')

export function putCigar(to: Scratch, bytes: Uint8Array, at: number, operations: number): void {
  to.begin(operations * 10)
  for (let i = 0; i < operations; i++) {
    const value = int32(bytes, at + 4 * i)
    to.integer(value >>> 4)
    to.byte(OPERATIONS[value & 15]!)
  }
}
