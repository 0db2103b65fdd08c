/** Where the parts of an alignment record stand: SAMv1.pdf, 4.2. */

import { int32, uint16 } from './bytes.ts'

/** Bytes before the read's name, block_size included. */
export const FIXED = 36
/** block_size counts neither itself, nor less than the fixed fields. */
export const LEAST_SIZE = FIXED - 4
/** Of a read with millions of bases and tags to each of them; more is taken for damage. */
export const MOST_SIZE = 256 << 20

export const UNMAPPED = 4

export const sizeOf = (bytes: Uint8Array, at: number): number => int32(bytes, at)
export const referenceOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 4)
/** 0-based; -1: none. */
export const positionOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 8)
/** The NUL behind the name counts. */
export const nameLengthOf = (bytes: Uint8Array, at: number): number => bytes[at + 12]!
export const qualityOf = (bytes: Uint8Array, at: number): number => bytes[at + 13]!
export const operationsOf = (bytes: Uint8Array, at: number): number => uint16(bytes, at + 16)
export const flagOf = (bytes: Uint8Array, at: number): number => uint16(bytes, at + 18)
export const basesOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 20)
export const nextReferenceOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 24)
export const nextPositionOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 28)
export const templateLengthOf = (bytes: Uint8Array, at: number): number => int32(bytes, at + 32)

/** Bytes of a record without tags, as its fixed fields have them, block_size itself not counted. */
export function leastSizeOf(bytes: Uint8Array, at: number): number {
  const bases = basesOf(bytes, at)
  return LEAST_SIZE + nameLengthOf(bytes, at) + 4 * operationsOf(bytes, at) + Math.ceil(bases / 2) + bases
}

/** What is wrong with the fixed fields, which are there; undefined: they may be those of a record. */
export function wrongFields(bytes: Uint8Array, at: number, references: number): string | undefined {
  const within = (reference: number): boolean => reference >= -1 && reference < references
  const expected = `expected -1 to ${references - 1}`
  const size = sizeOf(bytes, at)
  if (size < LEAST_SIZE || size > MOST_SIZE)
    return `has block_size ${size}, expected ${LEAST_SIZE} to ${MOST_SIZE}`
  const bases = basesOf(bytes, at)
  if (bases < 0) return `has l_seq ${bases}, expected 0 or more`
  const least = leastSizeOf(bytes, at)
  if (least > size) return `has block_size ${size}, expected at least ${least} for its name, CIGAR and bases`
  if (nameLengthOf(bytes, at) === 0) return 'has l_read_name 0, expected at least 1'
  const reference = referenceOf(bytes, at)
  if (!within(reference)) return `has refID ${reference}, ${expected}`
  const next = nextReferenceOf(bytes, at)
  if (!within(next)) return `has next_refID ${next}, ${expected}`
  const position = positionOf(bytes, at)
  if (position < -1) return `has pos ${position}, expected -1 or more`
  const nextPosition = nextPositionOf(bytes, at)
  if (nextPosition < -1) return `has next_pos ${nextPosition}, expected -1 or more`
  return undefined
}

const SOFT_CLIP = 4
/** Operations that consume bases of the reference: M, D, N, = and X of MIDNSHP=X. */
const ON_REFERENCE = 0b1_1000_1101

/** Bases of the reference that the CIGAR's operations cover. */
export function referenceLength(bytes: Uint8Array, at: number, operations: number): number {
  let length = 0
  for (let i = 0; i < operations; i++) {
    const value = int32(bytes, at + 4 * i)
    if ((ON_REFERENCE >> (value & 15)) & 1) length += value >>> 4
  }
  return length
}

/** Whether the CIGAR says that the real one, of more than 65,535 operations, stands in the tag CG (4.2.2). */
export function isPlaceholder(bytes: Uint8Array, at: number, operations: number, bases: number): boolean {
  if (operations === 0) return false
  const first = int32(bytes, at)
  return (first & 15) === SOFT_CLIP && first >>> 4 === bases
}
