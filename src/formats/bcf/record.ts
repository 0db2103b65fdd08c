/** The fixed fields of a BCF record: VCFv4.5, 6.3. */

import { int32, uint16 } from '../bam/bytes.ts'
import type { Dictionary } from './layout.ts'

/** Bytes before the ID, l_shared and l_indiv included. */
export const FIXED = 32
/** l_shared and l_indiv, which count neither themselves. */
const LENGTHS = 8
/** Of half a million samples with long lists; more is taken for damage. */
export const MOST_SIZE = 256 << 20

const MISSING_FLOAT = 0x7f80_0001

export const sharedOf = (bytes: Uint8Array, at: number): number => int32(bytes, at) >>> 0
export const individualOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 4) >>> 0
/** Bytes of the record, all told. */
export const sizeOf = (bytes: Uint8Array, at: number): number =>
  LENGTHS + sharedOf(bytes, at) + individualOf(bytes, at)
export const sharedEndOf = (bytes: Uint8Array, at: number): number => at + LENGTHS + sharedOf(bytes, at)

/** The contig's number. */
export const chromOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 8)
/** 0-based; -1 for VCF's 0. */
export const positionOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 12)
/** Bases of the reference that the record covers. */
export const referenceLengthOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 16)
export const hasQuality = (bytes: Uint8Array, at: number): boolean => int32(bytes, at + 20) !== MISSING_FLOAT
export const QUALITY = 20
export const infosOf = (bytes: Uint8Array, at: number): number => uint16(bytes, at + 24)
export const allelesOf = (bytes: Uint8Array, at: number): number => uint16(bytes, at + 26)
export const samplesOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 28) & 0xff_ffff
export const formatsOf = (bytes: Uint8Array, at: number): number => bytes[at + 31]!

/** Whether the lengths say where the record ends. */
export function hasSize(bytes: Uint8Array, at: number): boolean {
  return sharedOf(bytes, at) >= FIXED - LENGTHS && sizeOf(bytes, at) <= MOST_SIZE
}

/** The last base, 1-based: what an index counts by, whatever INFO says. */
export function endPositionOf(bytes: Uint8Array, at: number): number {
  return positionOf(bytes, at) + Math.max(1, referenceLengthOf(bytes, at))
}

/** What is wrong with the fixed fields, which are there; undefined: they may be those of a record. */
export function wrongFields(
  bytes: Uint8Array,
  at: number,
  contigs: Dictionary,
  samples: number,
): string | undefined {
  const shared = sharedOf(bytes, at)
  const individual = individualOf(bytes, at)
  if (!hasSize(bytes, at))
    return `has l_shared ${shared} and l_indiv ${individual}, expected at least ${FIXED - LENGTHS} and at most ${MOST_SIZE} together`
  const chrom = chromOf(bytes, at)
  if (contigs.placeOf(chrom) < 0) return `has CHROM ${chrom}, expected one of the header's contigs`
  const position = positionOf(bytes, at)
  if (position < -1) return `has POS ${position}, expected -1 or more`
  const length = referenceLengthOf(bytes, at)
  if (length < 0) return `has rlen ${length}, expected 0 or more`
  const formats = formatsOf(bytes, at)
  const there = samplesOf(bytes, at)
  if (there !== samples && (there !== 0 || formats !== 0))
    return `has n_sample ${there}, expected ${samples}, as the header has samples`
  // ID and FILTER have a byte at least, an allele too, a key with its value three.
  const least = FIXED - LENGTHS + 2 + allelesOf(bytes, at) + 3 * infosOf(bytes, at)
  if (shared < least) return `has l_shared ${shared}, expected at least ${least} for its alleles and INFO`
  if (individual < 3 * formats)
    return `has l_indiv ${individual}, expected at least ${3 * formats} for its ${formats} FORMAT keys`
  return undefined
}
