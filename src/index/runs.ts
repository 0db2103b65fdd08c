/** From rows to what must be decoded for them. Pure: no byte is read. */

import type { Run } from '../formats/types.ts'
import type { PartitionIndex } from './types.ts'

/** Segments [from, to) of an index. */
export interface SegmentRange {
  readonly from: number
  readonly to: number
}

export interface RowRange {
  readonly firstRow: number
  readonly rows: number
}

/** Index of the segment that holds a row; the last one for a row at the end. */
export function segmentOf(index: PartitionIndex, row: number): number {
  let low = 0
  let high = index.segments.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (index.segments[middle]!.firstRow <= row) low = middle
    else high = middle - 1
  }
  return low
}

/** The segments that hold the rows; empty for no rows. */
export function segmentsOf(index: PartitionIndex, { firstRow, rows }: RowRange): SegmentRange {
  if (rows === 0) return { from: 0, to: 0 }
  return { from: segmentOf(index, firstRow), to: segmentOf(index, firstRow + rows - 1) + 1 }
}

/** The run that decodes these rows; `undefined` for no rows. `window` is the first segment's. */
export function runOf(index: PartitionIndex, range: RowRange, window: Uint8Array | undefined): Run | undefined {
  if (range.rows === 0) return undefined
  const { from, to } = segmentsOf(index, range)
  const first = index.segments[from]!
  const last = index.segments[to - 1]!
  return {
    kind: 'run',
    point: { ...first.point, window },
    end: last.end,
    raw: first.raw,
    rawEnd: last.rawEnd,
    firstRow: first.firstRow,
    skip: range.firstRow - first.firstRow,
    rows: range.rows,
    toEnd: range.firstRow + range.rows === last.firstRow + last.rows,
    checks: index.segments.slice(from, to).map(({ rawEnd, crc }) => ({ rawEnd, crc })),
  }
}
