/** What there is to do for one file: runs by its index, or pieces of the whole of it. */

import type { Piece, Run, WantedFields } from '../formats/types.ts'
import { memoryIndex } from '../index/memory.ts'
import { type Condition, pruneRows } from '../index/prune.ts'
import { type RowRange, runOf, segmentsOf } from '../index/runs.ts'
import type { PartitionIndex } from '../index/types.ts'
import type { BoundFile } from './file.ts'
import { FileScan } from './file-scan.ts'
import type { TaskColumn } from './messages.ts'
import type { Planned } from './slot.ts'

/** Decompressed bytes of one task: some milliseconds of work, so that several threads share even small files. */
const TASK_RAW = 4 << 20
/** Of a scan of much text a task is a 32nd, up to so much: a request costs its server more than a MiB of its body. */
const LARGE_TASK_RAW = 16 << 20
/** Of a region two threads take a half each, unless it is smaller than this. */
const SMALL_TASK_RAW = 1 << 20
/** Source and decoded bytes of a scan that is fetched and decoded at once, by all threads, before anyone asks twice. */
const LITTLE = { source: 4 << 20, raw: 16 << 20 }
/** Windows are fetched for so many segments at a time. */
const WINDOW_SEGMENTS = 64

export interface PlanOptions {
  readonly columns: readonly TaskColumn[]
  readonly conditions: readonly Condition[]
  readonly fields?: WantedFields | undefined
  /** The index is what is wanted, not the rows. */
  readonly building?: boolean | undefined
  readonly signal: AbortSignal
}

/** The file's tasks for these columns, in order. */
export async function* planFile(file: BoundFile, options: PlanOptions): AsyncGenerator<Planned, void> {
  const { columns, conditions, fields, signal } = options
  const { uri, size, identity } = file.source
  const common = {
    source: { uri, size, identity, shown: file.uri },
    head: file.head.bytes,
    layout: file.layout,
    columns,
    fields,
    ...(file.layout.blocks && { conditions }),
  }
  if (file.index !== undefined) {
    const ranges = pruneRows(file.index, conditions)
    const eager = isLittle(file.index, ranges)
    for await (const work of runsOf(file.index, ranges, signal)) yield { ...common, work, eager }
    return
  }
  if (file.format.blocks !== undefined) {
    for await (const planned of planBlocks(file, options)) yield { ...common, ...planned }
    return
  }
  const narrowed = await narrowedPieces(file, options)
  if (narrowed !== undefined) {
    const eager = narrowed.reduce((sum, { from, to }) => sum + to - from, 0) <= LITTLE.source
    for (const work of narrowed) yield { ...common, work, eager }
    return
  }
  const scan = new FileScan(file)
  const pieces = file.format.pieces!(size, file.layout)
  for (const [i, work] of pieces.entries()) yield { ...common, work, scan, last: i + 1 === pieces.length }
}

/** What another tool's index beside the file leaves to be read; it knows no ordinals. */
export async function narrowedPieces(
  file: BoundFile,
  { columns, conditions, signal }: Pick<PlanOptions, 'columns' | 'conditions' | 'signal'>,
): Promise<readonly Piece[] | undefined> {
  const { ordinal, zones } = file.layout
  if (ordinal !== undefined && columns.includes(ordinal)) return undefined
  if (!conditions.some(({ column }) => zones.includes(column))) return undefined
  return file.narrow(conditions, signal)
}

/** The blocks that the file lists: pruned by what is known of them, measured when all of them are read. */
async function* planBlocks(
  file: BoundFile,
  { columns, conditions, building, signal }: PlanOptions,
): AsyncGenerator<Pick<Planned, 'work' | 'scan' | 'last' | 'eager'>, void> {
  const { segments, complete, passing } = (await file.blocks(signal))!
  const { uri, identity, size } = file.source
  const index = memoryIndex({ uri, identity, size, layout: file.layout }, segments)
  const kept = pruneRows(index, conditions)
  const whole = kept.length === 1 && kept[0]!.rows === index.rows
  // Decoding only to count what the file says itself would be a waste.
  const learns = whole && (building === true || (columns.length > 0 && passing !== true))
  const scan = learns ? new FileScan(file) : undefined
  const measure = learns && !complete ? true : undefined
  const eager = isLittle(index, kept)
  let before: Run | undefined
  for await (const run of runsOf(index, kept, signal)) {
    if (before !== undefined) yield { work: before, scan, eager }
    before = measure === undefined ? run : { ...run, measure }
  }
  if (before !== undefined) yield { work: before, scan, last: true, eager }
}

/** Whether what is left to read is so little that waiting to be asked for more of it costs more than reading it. */
function isLittle(index: PartitionIndex, ranges: readonly RowRange[]): boolean {
  let [source, raw] = [0, 0]
  for (const range of ranges) {
    const { from, to } = segmentsOf(index, range)
    for (let i = from; i < to; i++) {
      const segment = index.segments[i]!
      source += segment.end - segment.point.source
      raw += segment.rawEnd - segment.raw
      if (source > LITTLE.source || raw > LITTLE.raw) return false
    }
  }
  return true
}

/** The runs that hold these rows. Reads windows from the index as they are needed, nothing from the source. */
async function* runsOf(
  index: PartitionIndex,
  ranges: readonly RowRange[],
  signal: AbortSignal,
): AsyncGenerator<Run, void> {
  const raw = taskRaw(index, ranges)
  const tasks = ranges.flatMap((range) => splitRange(index, range, raw))
  let windows: (Uint8Array | undefined)[] = []
  let first = 0
  for (const task of tasks) {
    const { from, to } = segmentsOf(index, task)
    // Of text the first segment needs its window, of blocks each one its own.
    const end = index.layout.blocks ? to : from + 1
    const needed = Array.from({ length: end - from }, (_, i) => from + i)
    const missing = needed.some((i) => i < first || i >= first + windows.length)
    if (missing && needed.some((i) => index.windowPlace(i) !== undefined || index.bytes === 0)) {
      // The first task's windows come alone: someone may want no more than its first rows.
      const ahead = windows.length === 0 ? end : Math.max(end, from + WINDOW_SEGMENTS)
      first = from
      windows = await index.windows(from, Math.min(index.segments.length, ahead), signal)
    }
    const run = runOf(index, task, (segment) => windows[segment - first])
    if (run !== undefined) yield run
  }
}

/** Source bytes of the kept rows, and of the whole file: for progress and for explanations. */
export function bytesOf(index: PartitionIndex, conditions: readonly Condition[]): number {
  let bytes = 0
  for (const range of pruneRows(index, conditions)) {
    const { from, to } = segmentsOf(index, range)
    if (index.layout.blocks) {
      for (const { point, end } of index.segments.slice(from, to)) bytes += end - point.source
      continue
    }
    const next = index.segments[to]?.point.source ?? index.size
    bytes += next - index.segments[from]!.point.source
  }
  return bytes
}

/** Decompressed bytes of one task of a scan of these rows. */
function taskRaw(index: PartitionIndex, ranges: readonly RowRange[]): number {
  const { layout, segments } = index
  if (layout.blocks) return TASK_RAW
  let [raw, largest] = [0, 0]
  for (const range of ranges) {
    const { from, to } = segmentsOf(index, range)
    for (let i = from; i < to; i++) {
      const size = segments[i]!.rawEnd - segments[i]!.raw
      raw += size
      largest = Math.max(largest, size)
    }
  }
  if (raw > 2 * TASK_RAW) return Math.min(LARGE_TASK_RAW, Math.max(TASK_RAW, raw / 32))
  // Segments are not cut: half of one more, and two tasks hold them all. In gzip each task has to fetch a window first.
  return layout.container === 'gzip'
    ? TASK_RAW
    : Math.min(TASK_RAW, Math.max(SMALL_TASK_RAW, (raw + largest) / 2))
}

/** A range of rows in parts of some segments each, of `taskRaw` bytes about. */
function splitRange(index: PartitionIndex, range: RowRange, taskRaw: number): RowRange[] {
  const { from, to } = segmentsOf(index, range)
  const end = range.firstRow + range.rows
  const parts: RowRange[] = []
  let firstRow = range.firstRow
  let raw = 0
  for (let i = from; i < to; i++) {
    const segment = index.segments[i]!
    raw += segment.rawEnd - segment.raw
    const next = index.segments[i + 1]
    if (i + 1 < to && next !== undefined && raw + next.rawEnd - next.raw <= taskRaw) continue
    const stop = Math.min(end, segment.firstRow + segment.rows)
    if (stop > firstRow) parts.push({ firstRow, rows: stop - firstRow })
    firstRow = stop
    raw = 0
  }
  return parts
}
