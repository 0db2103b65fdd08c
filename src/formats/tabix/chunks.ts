/** From a region to the stretches of a bgzf file that hold its records: SAMv1.pdf 5.1 and 5.3, CSIv1.pdf. */

import type { Piece } from '../types.ts'
import { compareOffsets, type VirtualOffset } from './bytes.ts'
import type { Chunk, CoordinateIndex, Reference } from './parse.ts'

/** Stretches closer than this, compressed, are read as one: a request costs more. */
const NEAR = 64 * 1024

/** Compressed bytes of a piece; more are shared by several threads. */
const PIECE = 2 << 20

/** The chunks that may hold records overlapping the positions [from, to], counted from 0. */
export function chunksOf(
  { minShift, depth }: CoordinateIndex,
  reference: Reference,
  from: number,
  to: number,
): Chunk[] {
  const most = 2 ** (minShift + 3 * depth) - 1
  if (from > most) return []
  const last = Math.min(to, most)
  // Where positions are open, so are records that have none: a linear index does not know them.
  const least = from <= 0 ? undefined : leastOffset(reference, from, minShift, depth)
  const chunks: Chunk[] = []
  for (let level = 0, first = 0, shift = minShift + 3 * depth; level <= depth; level++, shift -= 3) {
    const low = first + Math.floor(from / 2 ** shift)
    const high = first + Math.floor(last / 2 ** shift)
    const add = (number: number): void => {
      for (const chunk of reference.bins.get(number)?.chunks ?? []) {
        if (least === undefined || compareOffsets(chunk.to, least) > 0) chunks.push(chunk)
      }
    }
    // There may be millions of bins in a range, of which a file has few.
    if (high - low < reference.bins.size) for (let bin = low; bin <= high; bin++) add(bin)
    else for (const bin of reference.bins.keys()) if (bin >= low && bin <= high) add(bin)
    first += 8 ** level
  }
  return chunks
}

/** No record that overlaps `from` or what comes behind it begins before this. */
function leastOffset(
  { bins, linear }: Reference,
  from: number,
  minShift: number,
  depth: number,
): VirtualOffset | undefined {
  if (linear !== undefined) return linear[Math.min(Math.floor(from / 2 ** minShift), linear.length - 1)]
  let first = (8 ** depth - 1) / 7
  let bin = first + Math.floor(from / 2 ** minShift)
  for (let level = depth; ; level--) {
    const found = bins.get(bin)
    if (found !== undefined || level === 0) return found?.loffset
    const parent = (8 ** (level - 1) - 1) / 7
    bin = parent + Math.floor((bin - first) / 8)
    first = parent
  }
}

/** The chunks as pieces of the file, in its order; `undefined` when they cannot be of this file. */
export function piecesOf(chunks: readonly Chunk[], size: number): Piece[] | undefined {
  const stretches: { from: VirtualOffset; to: VirtualOffset }[] = []
  for (const { from, to } of [...chunks].sort((a, b) => compareOffsets(a.from, b.from))) {
    if (compareOffsets(to, from) <= 0) continue
    if (to.block > size) return undefined
    const last = stretches.at(-1)
    const overlaps = last !== undefined && compareOffsets(from, last.to) < 0
    const isNear =
      last !== undefined && from.block - last.to.block < NEAR && from.block - last.from.block < PIECE
    if (!overlaps && !isNear) stretches.push({ from, to })
    else if (compareOffsets(to, last.to) > 0) last.to = to
  }
  return stretches.map(({ from, to }) => ({
    kind: 'piece',
    from: from.block,
    to: to.block,
    start: from.within,
    beyond: to.within,
  }))
}
