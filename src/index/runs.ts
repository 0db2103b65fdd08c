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

/**
 * The segments that hold the rows; empty for no rows. A segment without rows (blank lines only) comes with the row
 * before it, at the file's beginning with the first row, so that slices leave no byte out.
 */
export function segmentsOf(index: PartitionIndex, { firstRow, rows }: RowRange): SegmentRange {
  if (rows === 0) return { from: 0, to: 0 }
  const { segments } = index
  const end = firstRow + rows
  let to = segmentOf(index, end - 1) + 1
  while (segments[to]?.rows === 0 && segments[to]!.firstRow === end) to++
  return { from: firstRow === 0 ? 0 : segmentOf(index, firstRow), to }
}

/** The run that decodes these rows; `undefined` for no rows. `window` is the first segment's. */
export function runOf(
  index: PartitionIndex,
  range: RowRange,
  window: Uint8Array | undefined,
): Run | undefined {
  if (range.rows === 0) return undefined
  return runOver(index, range, segmentsOf(index, range), window)
}

/** The run of a file that has bytes behind its header and no rows; `undefined` when it has no bytes, too. */
export function rowlessRun(index: PartitionIndex): Run | undefined {
  const { segments } = index
  if (index.rows > 0 || segments.length === 0) return undefined
  return runOver(index, { firstRow: 0, rows: 0 }, { from: 0, to: segments.length }, undefined)
}

function runOver(
  index: PartitionIndex,
  range: RowRange,
  { from, to }: SegmentRange,
  window: Uint8Array | undefined,
): Run {
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
  if (rows === 0) return end
  const part = (row - firstRow) / rows
  return Math.min(end, Math.ceil(point.source + (end - point.source) * part * 1.02) + MARGIN)
}
