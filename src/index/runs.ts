/** From rows to what must be decoded for them. Pure: no byte is read. */

import { partOf } from '../formats/blocks/segment.ts'
import type { RowRange, Run, Segment, SegmentList } from '../formats/types.ts'

/** Segments [from, to) of an index. */
export interface SegmentRange {
  readonly from: number
  readonly to: number
}

export type { RowRange }

/** Index of the segment that holds a row; the last one for a row at the end. */
export function segmentOf(index: SegmentList, row: number): number {
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
export function segmentsOf(index: SegmentList, { firstRow, rows }: RowRange): SegmentRange {
  if (rows === 0) return { from: 0, to: 0 }
  const { segments } = index
  const end = firstRow + rows
  let to = segmentOf(index, end - 1) + 1
  while (segments[to]?.rows === 0 && segments[to]!.firstRow === end) to++
  return { from: firstRow === 0 ? 0 : segmentOf(index, firstRow), to }
}

/** Segments' windows by their number. */
export type Windows = (segment: number) => Uint8Array | undefined

const NO_WINDOWS: Windows = () => undefined

/** The run that decodes these rows; `undefined` for no rows. Of a run of text the first segment's window is needed. */
export function runOf(index: SegmentList, range: RowRange, windows = NO_WINDOWS): Run | undefined {
  if (range.rows === 0) return undefined
  return runOver(index, range, segmentsOf(index, range), windows)
}

/** The run of a file that has bytes behind its header and no rows; `undefined` when it has no bytes, too. */
export function rowlessRun(index: SegmentList): Run | undefined {
  const { segments } = index
  if (index.rows > 0 || segments.length === 0) return undefined
  return runOver(index, { firstRow: 0, rows: 0 }, { from: 0, to: segments.length }, NO_WINDOWS)
}

/** The run over these segments, trimmed to the rows. */
export function runOver(
  index: SegmentList,
  range: RowRange,
  { from, to }: SegmentRange,
  windows = NO_WINDOWS,
): Run {
  const first = index.segments[from]!
  const last = index.segments[to - 1]!
  const { blocks } = index.layout
  return {
    kind: 'run',
    point: { ...first.point, window: blocks ? undefined : windows(from) },
    end: blocks ? last.end : endOf(last, range.firstRow + range.rows),
    raw: first.raw,
    rawEnd: last.rawEnd,
    firstRow: first.firstRow,
    skip: range.firstRow - first.firstRow,
    rows: range.rows,
    toEnd: range.firstRow + range.rows === last.firstRow + last.rows,
    // The blocks of bgzf have checksums of their own.
    checks:
      blocks || index.layout.container === 'bgzf'
        ? []
        : index.segments.slice(from, to).map(({ rawEnd, crc }) => ({ rawEnd, crc })),
    ...(blocks && {
      parts: index.segments
        .slice(from, to)
        .map((segment, i) => ({ ...partOf(segment), window: windows(from + i) })),
    }),
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
