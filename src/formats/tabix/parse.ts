/** Tabix (.tbi), BAM (.bai) and coordinate-sorted (.csi) indexes: hts-specs tabix.pdf, SAMv1.pdf 5.2, CSIv1.pdf. */

import { IndexCursor, type VirtualOffset } from './bytes.ts'

/** Virtual offsets [from, to). */
export interface Chunk {
  readonly from: VirtualOffset
  readonly to: VirtualOffset
}

export interface Bin {
  readonly chunks: readonly Chunk[]
  /** No record that overlaps the bin begins before this. */
  readonly loffset: VirtualOffset | undefined
}

export interface Reference {
  readonly bins: ReadonlyMap<number, Bin>
  /** For each stretch of 16 KiB of positions the first record that overlaps it; only in .tbi and .bai. */
  readonly linear: readonly VirtualOffset[] | undefined
}

export interface CoordinateIndex {
  /** Positions of the smallest bin: 2^minShift. */
  readonly minShift: number
  /** Levels below the root. */
  readonly depth: number
  /** Names of the references where the index holds them, as that of a text file does. */
  readonly names: readonly string[] | undefined
  readonly references: readonly Reference[]
}

const TBI = Buffer.from('TBI\x01')
const BAI = Buffer.from('BAI\x01')
const CSI = Buffer.from('CSI\x01')

/** `invalid-data` for what is no such index, or one that contradicts itself. */
export function parseCoordinateIndex(bytes: Uint8Array, uri: string): CoordinateIndex {
  const cursor = new IndexCursor(bytes, uri)
  const magic = cursor.take(4, 'its magic')
  if (TBI.equals(magic)) return parseTbi(cursor)
  if (BAI.equals(magic)) return parseLinear(cursor, cursor.count(8, 'references'), undefined)
  if (CSI.equals(magic)) return parseCsi(cursor)
  throw cursor.wrong(`starts with the bytes ${Buffer.from(magic).toString('hex')}, expected TBI, BAI or CSI`)
}

function parseTbi(cursor: IndexCursor): CoordinateIndex {
  const count = cursor.count(8, 'references')
  return parseLinear(cursor, count, parseNames(cursor))
}

/** References with a linear index, as .tbi and .bai have them. */
function parseLinear(
  cursor: IndexCursor,
  count: number,
  names: readonly string[] | undefined,
): CoordinateIndex {
  const references = Array.from({ length: count }, (): Reference => {
    const bins = parseBins(cursor, false)
    const intervals = cursor.count(8, 'intervals')
    const linear = Array.from({ length: intervals }, () => cursor.offset('an interval'))
    return { bins, linear }
  })
  return { minShift: 14, depth: 5, names, references }
}

/** The tabix header: format, columns, meta, skip, then the names, each ended by NUL. */
function parseNames(cursor: IndexCursor): string[] {
  for (const what of ['format', 'col_seq', 'col_beg', 'col_end', 'meta', 'skip']) cursor.int32(what)
  const length = cursor.count(1, 'bytes of names')
  const names = Buffer.from(cursor.take(length, 'the names')).toString('utf8').split('\0')
  names.pop()
  return names
}

function parseCsi(cursor: IndexCursor): CoordinateIndex {
  const minShift = cursor.int32('min_shift')
  const depth = cursor.int32('depth')
  // Positions end at 2^(minShift + 3 depth), and bins are numbered in 32 bits.
  if (minShift < 0 || depth < 0 || depth > 10 || minShift + 3 * depth > 52) {
    throw cursor.wrong(`has min_shift ${minShift} and depth ${depth}, expected those of positions below 2^52`)
  }
  const aux = cursor.count(1, 'bytes of auxiliary data')
  const names =
    aux < 28 ? undefined : parseNames(new IndexCursor(cursor.take(aux, 'auxiliary data'), cursor.uri))
  if (names === undefined) cursor.take(aux, 'auxiliary data')
  const count = cursor.count(4, 'references')
  const references = Array.from({ length: count }, () => ({
    bins: parseBins(cursor, true),
    linear: undefined,
  }))
  return { minShift, depth, names, references }
}

function parseBins(cursor: IndexCursor, csi: boolean): Map<number, Bin> {
  const bins = new Map<number, Bin>()
  for (let left = cursor.count(csi ? 16 : 8, 'bins'); left > 0; left--) {
    const number = cursor.uint32('a bin')
    const loffset = csi ? cursor.offset('a bin') : undefined
    const count = cursor.count(16, 'chunks')
    const chunks = Array.from({ length: count }, () => ({
      from: cursor.offset('a chunk'),
      to: cursor.offset('a chunk'),
    }))
    bins.set(number, { chunks, loffset })
  }
  return bins
}
