/** What there is to do for one file: runs by its index, or pieces of the whole of it. */

import type { Run } from '../formats/types.ts'
import { type Condition, pruneRows } from '../index/prune.ts'
import { type RowRange, runOf, segmentsOf } from '../index/runs.ts'
import type { PartitionIndex } from '../index/types.ts'
import type { BoundFile } from './file.ts'
import { FileScan } from './file-scan.ts'
import type { TaskColumn } from './messages.ts'
import type { Planned } from './stream.ts'

/** Decompressed bytes of one task: some milliseconds of work, so that several threads share even small files. */
const TASK_RAW = 4 << 20
/** Windows are fetched for so many segments at a time. */
const WINDOW_SEGMENTS = 64

/** The file's tasks for these columns, in order. */
export async function* planFile(
  file: BoundFile,
  columns: readonly TaskColumn[],
  conditions: readonly Condition[],
  signal: AbortSignal,
): AsyncGenerator<Planned, void> {
  const { uri, size, identity } = file.source
  const common = {
    source: { uri, size, identity, shown: file.uri },
    head: file.head.bytes,
    layout: file.layout,
    columns,
  }
  if (file.index === undefined) {
    const scan = new FileScan(file)
    const pieces = file.format.pieces(size, file.layout)
    for (const [i, work] of pieces.entries()) yield { ...common, work, scan, last: i + 1 === pieces.length }
    return
  }
  for await (const work of runsOf(file.index, conditions, signal)) yield { ...common, work }
}

/** The runs that hold what the conditions may keep. Reads windows from the index as they are needed, nothing from the source. */
async function* runsOf(
  index: PartitionIndex,
  conditions: readonly Condition[],
  signal: AbortSignal,
): AsyncGenerator<Run, void> {
  const tasks = pruneRows(index, conditions).flatMap((range) => splitRange(index, range))
  let windows: (Uint8Array | undefined)[] = []
  let first = 0
  for (const task of tasks) {
    const segment = segmentsOf(index, task).from
    if (index.windowPlace(segment) !== undefined && (segment < first || segment >= first + windows.length)) {
      // The first task's window comes alone: someone may want no more than its first rows.
      const count = windows.length === 0 ? 1 : WINDOW_SEGMENTS
      first = segment
      windows = await index.windows(segment, Math.min(index.segments.length, segment + count), signal)
    }
    const run = runOf(index, task, windows[segment - first])
    if (run !== undefined) yield run
  }
}

/** Source bytes of the kept rows, and of the whole file: for progress and for explanations. */
export function bytesOf(index: PartitionIndex, conditions: readonly Condition[]): number {
  let bytes = 0
  for (const range of pruneRows(index, conditions)) {
    const { from, to } = segmentsOf(index, range)
    const next = index.segments[to]?.point.source ?? index.size
    bytes += next - index.segments[from]!.point.source
  }
  return bytes
}

/** A range of rows in parts of some segments each. */
function splitRange(index: PartitionIndex, range: RowRange): RowRange[] {
  const { from, to } = segmentsOf(index, range)
  const end = range.firstRow + range.rows
  const parts: RowRange[] = []
  let firstRow = range.firstRow
  let raw = 0
  for (let i = from; i < to; i++) {
    const segment = index.segments[i]!
    raw += segment.rawEnd - segment.raw
    const next = index.segments[i + 1]
    if (i + 1 < to && next !== undefined && raw + next.rawEnd - next.raw <= TASK_RAW) continue
    const stop = Math.min(end, segment.firstRow + segment.rows)
    if (stop > firstRow) parts.push({ firstRow, rows: stop - firstRow })
    firstRow = stop
    raw = 0
  }
  return parts
}
