/** Where a record may begin in bytes from anywhere in a BAM file, by what fits together: as hadoop-bam guesses it. */

import { FIXED, nameLengthOf, referenceOf, sizeOf, wrongFields } from './record.ts'

/** So many records, each behind the one before, are no accident. */
const CHAIN = 4

export function syncRecords(
  bytes: Uint8Array,
  from: number,
  end: number,
  final: boolean,
  references: number,
): number {
  for (let start = from; start + FIXED <= end; start++) {
    let at = start
    let seen = 0
    let fits = true
    while (seen < CHAIN && at + FIXED <= end && fits) {
      fits = mayBegin(bytes, at, end, references)
      if (!fits) break
      at += 4 + sizeOf(bytes, at)
      seen++
      if (at > end) break
    }
    if (!fits || seen === 0) continue
    if (seen === CHAIN || (final && at === end)) return start
    // The rest of the chain does not show yet; at the file's end it never will, but a record may be cut there.
    return final ? start : -1
  }
  return -1
}

function mayBegin(bytes: Uint8Array, at: number, end: number, references: number): boolean {
  // Most places are none by their first two numbers.
  const size = sizeOf(bytes, at)
  const reference = referenceOf(bytes, at)
  if (size < FIXED - 4 || reference < -1 || reference >= references) return false
  if (wrongFields(bytes, at, references) !== undefined) return false
  const name = at + FIXED
  const last = name + nameLengthOf(bytes, at) - 1
  for (let i = name; i < last && i < end; i++) {
    const byte = bytes[i]!
    if (byte < 32 || byte === 127) return false
  }
  return last >= end || bytes[last] === 0
}
