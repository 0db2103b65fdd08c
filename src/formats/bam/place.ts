/** A record's CIGAR, wherever it stands, and the last base that it covers. */

import { int32 } from './bytes.ts'
import {
  basesOf,
  FIXED,
  flagOf,
  isPlaceholder,
  nameLengthOf,
  operationsOf,
  positionOf,
  referenceLength,
  referenceOf,
  UNMAPPED,
} from './record.ts'
import { ARRAY, findTag, keyOf } from './tags.ts'

const CG = keyOf('CG')
const UINT32 = 73
const INT32 = 105
/** htslib takes no longer ones. */
const MOST_OPERATIONS = 1 << 29

export class Place {
  /** 1-based; 0: none. */
  pos = 0
  /** 1-based, the last base; that of an unmapped read is its first one, as samtools has it. */
  endPos = 0
  cigar = 0
  operations = 0
  bases = 0
  sequence = 0
  qualities = 0
  tags = 0
  /** Where the tag stands that is shown as the CIGAR instead; -1: there is none. */
  moved = -1

  /** Reads the record at `at`, which ends at `end` and whose fixed fields fit. */
  read(bytes: Uint8Array, at: number, end: number): void {
    this.cigar = at + FIXED + nameLengthOf(bytes, at)
    this.operations = operationsOf(bytes, at)
    this.bases = basesOf(bytes, at)
    this.sequence = this.cigar + 4 * this.operations
    this.qualities = this.sequence + ((this.bases + 1) >> 1)
    this.tags = this.qualities + this.bases
    this.moved = -1
    this.pos = positionOf(bytes, at) + 1
    const placed = this.pos > 0 && referenceOf(bytes, at) >= 0
    if (placed && isPlaceholder(bytes, this.cigar, this.operations, this.bases)) this.#move(bytes, end)
  }

  /** The last base, which counts the CIGAR. */
  findEnd(bytes: Uint8Array, at: number): void {
    const unmapped = (flagOf(bytes, at) & UNMAPPED) !== 0
    const length = unmapped ? 0 : referenceLength(bytes, this.cigar, this.operations)
    this.endPos = this.pos === 0 ? 0 : this.pos + Math.max(1, length) - 1
  }

  /** The real CIGAR stands in the tag CG (4.2.2), under the conditions that htslib has. */
  #move(bytes: Uint8Array, end: number): void {
    const tag = findTag(bytes, this.tags, end, CG)
    if (tag < 0 || bytes[tag + 2] !== ARRAY) return
    const type = bytes[tag + 3]
    const count = int32(bytes, tag + 4)
    if ((type !== UINT32 && type !== INT32) || count < this.operations || count >= MOST_OPERATIONS) return
    this.moved = tag
    this.cigar = tag + 8
    this.operations = count
  }
}
