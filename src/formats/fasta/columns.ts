/** The columns of FASTA, and the numbers that decide how it falls into segments. */

import type { Field } from '../batch.ts'

export const ID = 0
export const DESCRIPTION = 1
export const SEQUENCE = 2
export const LENGTH = 3
export const OFFSET = 4
export const RECORD = 5

export const COLUMNS: readonly Field[] = [
  { name: 'id', type: { kind: 'utf8' } },
  { name: 'description', type: { kind: 'utf8' } },
  { name: 'sequence', type: { kind: 'utf8' } },
  { name: 'length', type: { kind: 'int64' } },
  { name: 'offset', type: { kind: 'int64' } },
  { name: 'record', type: { kind: 'int64' } },
]

/**
 * `length` and `id` are what people ask for; `description` and `offset` tell slices that begin inside a long sequence
 * what its title is and how many residues came before.
 */
export const ZONES = ['id', 'length', 'description', 'offset'] as const

/** The numbers that decide how a file falls into segments; bytes, decompressed. */
export interface Sizes {
  /** From here on a record is passed in parts, and is a segment of its own: asking for it fetches nothing else. */
  readonly long: number
  /** Long records are cut into segments of so many bytes, from which slices inside of them may start. */
  readonly inside: number
  /** A segment of short records, in a file of this size. */
  readonly shared: (size: number) => number
}

/** Shorter records share a segment of about this size. */
const SHARED = 16 * 1024

/** Files that are small have room for a segment per record in their index. */
const SMALL_FILE = 1 << 20
const SMALL_FILE_SEGMENTS = 1024

export const SIZES: Sizes = {
  long: 16 * 1024,
  inside: 128 * 1024,
  shared: (size) => (size <= SMALL_FILE ? Math.ceil(size / SMALL_FILE_SEGMENTS) : SHARED),
}
