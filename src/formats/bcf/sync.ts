/** Where a record may begin in bytes from anywhere in a BCF file, by what fits together. */

import type { Dictionary } from './layout.ts'
import { chromOf, FIXED, positionOf, sharedOf, sizeOf, wrongFields } from './record.ts'
import { CHAR, MISSING } from './typed.ts'

/** So many records, each behind the one before, are no accident. */
const CHAIN = 4

/** The first place at or behind `from`; -1 when these bytes show none. */
export function syncRecords(
  bytes: Uint8Array,
  from: number,
  end: number,
  final: boolean,
  contigs: Dictionary,
  samples: number,
): number {
  for (let start = from; start + FIXED < end; start++) {
    let at = start
    let seen = 0
    let fits = true
    while (seen < CHAIN && at + FIXED < end) {
      fits = mayBegin(bytes, at, contigs, samples)
      if (!fits) break
      at += sizeOf(bytes, at)
      seen++
    }
    if (!fits) continue
    if (seen === CHAIN || (final && at === end)) return start
    // The rest of the chain does not show yet; at the file's end it never will, but a record may be cut there.
    return final ? start : -1
  }
  return -1
}

function mayBegin(bytes: Uint8Array, at: number, contigs: Dictionary, samples: number): boolean {
  // Most places are none by their first numbers.
  if (sharedOf(bytes, at) < FIXED - 8 || contigs.placeOf(chromOf(bytes, at)) < 0) return false
  if (positionOf(bytes, at) < -1 || wrongFields(bytes, at, contigs, samples) !== undefined) return false
  const type = bytes[at + FIXED]! & 15
  return type === CHAR || type === MISSING
}
