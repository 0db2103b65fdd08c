/** From rows to what must be decoded for them. Pure: no byte is read. */

import type { Run, Segment } from '../formats/types.ts'
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
export function runOf(
  index: PartitionIndex,
  range: RowRange,
  window: Uint8Array | undefined,
): Run | undefined {
  if (range.rows === 0) return undefined
  const { from, to } = segmentsOf(index, range)
  const first = index.segments[from]!
  const last = index.segments[to - 1]!
  return {
    kind: 'run',
    point: { ...first.point, window },
    end: endOf(last, range.firstRow + range.rows),
    raw: first.raw,
    rawEnd: last.rawEnd,
    firstRow: first.firstRow,
    skip: range.firstRow - first.firstRow,
    rows: range.rows,
    toEnd: range.firstRow + range.rows === last.firstRow + last.rows,
    // The blocks of bgzf have checksums of their own.
    checks:
      index.layout.container === 'bgzf'
        ? []
        : index.segments.slice(from, to).map(({ rawEnd, crc }) => ({ rawEnd, crc })),
  }
}

/** More than rows of uneven length are off by, mostly; whoever needs more asks for it. */
const MARGIN = 64 * 1024

/** Source bytes up to which a segment's rows before `row` reach: exact at its end, else an estimate. */
function endOf({ point, end, firstRow, rows }: Segment, row: number): number {
  const part = (row - firstRow) / rows
  return Math.min(end, Math.ceil(point.source + (end - point.source) * part * 1.02) + MARGIN)
}
