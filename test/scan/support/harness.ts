/** The scan of one file in this thread: pieces, segments, index and slices, without workers. */

import type { ByteSource } from '../../../src/bytes/types.ts'
import type { ColumnBatch, ColumnVector, DataType } from '../../../src/formats/batch.ts'
import { parseHead } from '../../../src/formats/head.ts'
import { formatNamed } from '../../../src/formats/registry.ts'
import type { Options } from '../../../src/formats/text/types.ts'
import type { Format, Layout, Piece, PieceResult, ReadHooks, Work } from '../../../src/formats/types.ts'
import { IndexHome } from '../../../src/index/location.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { makeSliceHandle } from '../../../src/library/slice.ts'
import type { ScanContext } from '../../../src/scan/context.ts'
import { BoundFile } from '../../../src/scan/file.ts'
import { FileScan } from '../../../src/scan/file-scan.ts'
import { FileMemory } from '../../../src/scan/memory.ts'
import { WorkerPool } from '../../../src/scan/pool.ts'
import { runOfSlice } from '../../../src/scan/read-slices.ts'
import { locate } from '../../../src/store/index.ts'
import type { Value } from './corpus.ts'

export type Rows = Value[][]

export const hooks: ReadHooks = {
  // More than asked for, and full of rubbish, as a buffer is that was used before.
  allocate: (bytes) => {
    const buffer = new ArrayBuffer(bytes + 16)
    new Uint8Array(buffer).fill(0xa5)
    return buffer
  },
  ignoreErrors: false,
}

export function valueAt(vector: ColumnVector, type: DataType, row: number): Value {
  if (vector.validity !== undefined && (vector.validity[row >> 3]! & (1 << (row & 7))) === 0) return null
  if (type.kind === 'bool') return ((vector.values as Uint8Array)[row >> 3]! & (1 << (row & 7))) !== 0
  if (type.kind === 'utf8') {
    const { offsets, values } = vector
    return Buffer.from((values as Uint8Array).subarray(offsets![row], offsets![row + 1])).toString()
  }
  // Bytes as hexadecimal digits, so that they compare.
  if (type.kind === 'binary') {
    const { offsets, values } = vector
    return Buffer.from((values as Uint8Array).subarray(offsets![row], offsets![row + 1])).toString('hex')
  }
  if (type.kind === 'decimal')
    return Buffer.from((vector.values as Uint8Array).subarray(row * 16, row * 16 + 16)).toString('hex')
  if (type.kind === 'list') {
    const { offsets, children } = vector
    const from = offsets![row]!
    return Array.from({ length: offsets![row + 1]! - from }, (_, i) =>
      valueAt(children![0]!, type.item, from + i),
    )
  }
  if (type.kind === 'struct') {
    return Object.fromEntries(
      type.fields.map((field, i) => [field.name, valueAt(vector.children![i]!, field.type, row)]),
    )
  }
  return vector.values![row]!
}

export function batchRows(batch: ColumnBatch, types: readonly DataType[]): Rows {
  return Array.from({ length: batch.rows }, (_, row) =>
    batch.columns.map((vector, i) => valueAt(vector, types[i]!, row)),
  )
}

export interface Bound {
  readonly source: ByteSource
  readonly format: Format
  readonly layout: Layout
  readonly file: BoundFile
}

let files = 0

/** A file in memory, its format and layout known. */
export async function bindBytes(bytes: Uint8Array, name: string, options: Options = {}): Promise<Bound> {
  const { store, key } = locate(`memory://laws/${files++}.${name}`)
  await store.put(key, bytes)
  const source = (await store.open(key))!
  const format = formatNamed(name)
  const head = parseHead(source.uri, bytes, true)
  const beside = async (rename: (own: string) => string) => {
    const place = locate(rename(source.uri))
    return place.store.open(place.key)
  }
  const found = await format.layout({ head, source, beside, signal: undefined }, options)
  const layout = JSON.parse(JSON.stringify(found)) as Layout
  const { uri, identity, size } = source
  const target = { uri, identity, size, format: name, options }
  const home = new IndexHome({ lake: 'memory://no-lake', cache: 'memory://indexes' })
  return {
    source,
    format,
    layout,
    file: new BoundFile(source, head, format, layout, target, undefined, home, uri, beside),
  }
}

/** All rows of a piece of work, and what it returned. */
export async function readWork(
  { source, format, layout }: Bound,
  work: Work,
  columns = layout.columns.map((_, i) => i),
  more: Partial<ReadHooks> = {},
): Promise<{ rows: Rows; result: PieceResult | undefined }> {
  const types = columns.map((column) => layout.columns[column]!.type)
  const rows: Rows = []
  const batches = format.read(source, layout, work, columns, { ...hooks, ...more })
  for (;;) {
    const next = await batches.next()
    if (next.done === true) return { rows, result: next.value }
    rows.push(...batchRows(next.value, types))
  }
}

/** Pieces that end at these source offsets. */
export function piecesAt(bound: Bound, cuts: readonly number[]): Piece[] {
  const { size } = bound.source
  const edges = [...new Set(cuts.filter((cut) => cut > 0 && cut < size))].sort((a, b) => a - b)
  const bounds = [0, ...edges, size]
  const start = bound.layout.dataStart
  return bounds.slice(1).map((to, i) => ({
    kind: 'piece' as const,
    from: bounds[i]!,
    to,
    start: i === 0 ? start : ('sync' as const),
  }))
}

export interface Scanned {
  readonly index: PartitionIndex
  readonly rows: Rows
  /** Pieces that a wrong guess made begin in the wrong place. */
  readonly redone: number
}

/** Reads a file piece by piece as the scan layer does, and keeps its index. */
export async function scanBytes(
  bound: Bound,
  pieces?: readonly Piece[],
  columns?: number[],
): Promise<Scanned> {
  const scan = new FileScan(bound.file)
  const ordinal = bound.layout.ordinal
  const at = ordinal === undefined ? -1 : columns === undefined ? ordinal : columns.indexOf(ordinal)
  const rows: Rows = []
  let redone = 0
  for (const piece of pieces ?? bound.format.pieces!(bound.source.size, bound.layout)) {
    let read = await readWork(bound, piece, columns).catch(() => undefined)
    if (read === undefined || (piece.start === 'sync' && read.result!.start !== scan.expected)) {
      redone++
      read = await readWork(bound, scan.exact(piece), columns)
    }
    for (const row of read.rows) {
      rows.push(
        at < 0 ? row : row.map((value, i) => (i === at ? (value as bigint) + BigInt(scan.rows) : value)),
      )
    }
    scan.pass(read.result!)
  }
  await scan.finish()
  return { index: bound.file.index!, rows, redone }
}

/** A context without threads, for what needs none. */
export const threadless: ScanContext = {
  home: new IndexHome({ lake: 'memory://no-lake', cache: 'memory://indexes' }),
  pool: new WorkerPool(1),
  memory: new FileMemory(),
  rejects: [],
  warn: () => undefined,
}

export interface Sliced {
  readonly rows: Rows
  readonly text: Buffer
}

/** Rows and text of each slice of a strategy, after a trip through JSON. */
export async function readSlices(
  bound: Bound,
  index: PartitionIndex,
  strategy: string,
  args: Readonly<Record<string, number>>,
): Promise<Sliced[]> {
  const slices: Sliced[] = []
  for (const [i, range] of cutRows(index, { name: strategy, args }, bound.format.strategies).entries()) {
    const slice = parseSlice(sliceToJson(makeSlice(index, range, i === 0)))
    const run = await runOfSlice(slice, undefined)
    const { rows } = run === undefined ? { rows: [] } : await readWork(bound, run)
    slices.push({ rows, text: await textOf(makeSliceHandle(slice, threadless).text()) })
  }
  return slices
}

export async function textOf(parts: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const part of parts) all.push(part)
  return Buffer.concat(all)
}

/** Rows with their ordinals behind them. */
export function numbered(rows: readonly (readonly Value[])[]): Rows {
  return rows.map((row, i) => [...row, BigInt(i)])
}
