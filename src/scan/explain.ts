/** What a scan would read of a file: by its index, its own list of blocks, or another tool's index. Reads no row. */

import { memoryIndex } from '../index/memory.ts'
import { pruneRows } from '../index/prune.ts'
import { segmentsOf } from '../index/runs.ts'
import type { PartitionIndex } from '../index/types.ts'
import type { BoundFile } from './file.ts'
import type { Predicate, ScanExplanation } from './types.ts'
import { bytesOf, narrowedPieces } from './works.ts'

export interface ExplainOptions {
  /** Columns of the file, its ordinal among them. */
  readonly columns: readonly number[]
  readonly conditions: readonly Predicate[]
  readonly signal: AbortSignal
}

/** One file's part of a scan. */
export async function explainFile(file: BoundFile, options: ExplainOptions): Promise<ScanExplanation> {
  const { conditions, signal } = options
  const common = { format: file.format.name, bytesTotal: file.bytes }
  if (file.index !== undefined) return { ...common, ...explainIndex(file.index, options), indexed: true }
  const blocks = await file.blocks(signal)
  if (blocks !== undefined) {
    const { uri, identity, size } = file.source
    const index = memoryIndex({ uri, identity, size, layout: file.layout }, blocks.segments)
    const note = "no index of varve's: by the blocks that the file lists"
    return { ...common, ...explainIndex(index, options), indexed: true, note }
  }
  const pieces = await narrowedPieces(file, { ...options, conditions })
  if (pieces === undefined) {
    const note = 'no index: the whole file is read, and indexed'
    return { ...common, bytesToFetch: file.source.size, indexed: false, note }
  }
  const bytesToFetch = pieces.reduce((sum, { from, to }) => sum + to - from, 0)
  return { ...common, bytesToFetch, indexed: true, note: "by another tool's index beside the file" }
}

function explainIndex(
  index: PartitionIndex,
  { columns, conditions }: ExplainOptions,
): Pick<ScanExplanation, 'segments' | 'segmentsKept' | 'rowsKept' | 'bytesToFetch' | 'note'> {
  const segments = index.segments.length
  if (columns.length === 0 && conditions.length === 0) {
    const note = 'the index knows the number of rows'
    return { segments, segmentsKept: 0, rowsKept: index.rows, bytesToFetch: 0, note }
  }
  let segmentsKept = 0
  let rowsKept = 0
  for (const range of pruneRows(index, conditions)) {
    const { from, to } = segmentsOf(index, range)
    segmentsKept += to - from
    rowsKept += range.rows
  }
  return { segments, segmentsKept, rowsKept, bytesToFetch: bytesOf(index, conditions) }
}

/** Several files' explanations as one; what one of them does not know, the whole does not. */
export function sumExplanations(parts: readonly ScanExplanation[]): ScanExplanation {
  const [first] = parts
  if (parts.length === 1 && first !== undefined) return first
  const total = (of: (part: ScanExplanation) => number | undefined): number | undefined => {
    const numbers = parts.map(of)
    return numbers.includes(undefined) ? undefined : numbers.reduce((sum: number, n) => sum + n!, 0)
  }
  const notes = [...new Set(parts.map(({ note }) => note).filter((note) => note !== undefined))]
  return {
    format: first?.format ?? '',
    segments: total(({ segments }) => segments),
    segmentsKept: total(({ segmentsKept }) => segmentsKept),
    rowsKept: total(({ rowsKept }) => rowsKept),
    bytesTotal: total(({ bytesTotal }) => bytesTotal) ?? 0,
    bytesToFetch: total(({ bytesToFetch }) => bytesToFetch) ?? 0,
    indexed: parts.every(({ indexed }) => indexed),
    note: [`${parts.length} files`, ...notes].join('; '),
  }
}
