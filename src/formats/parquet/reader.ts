/** Row groups as column batches: only the column chunks of the projection are fetched and decoded. */

import type { ColumnBatch, ColumnVector } from '../batch.ts'
import type { BlockFile, BlockReader, BlockSettings, ByteRange } from '../blocks/types.ts'
import { ordinals } from '../builders.ts'
import type { Part } from '../types.ts'
import { leavesOf, vectorOf } from './assemble.ts'
import { codecNumbered, type Decompress } from './codecs/index.ts'
import { ChunkCursor, type Stored } from './cursor.ts'
import { badParquet } from './error.ts'
import { narrowed } from './fields.ts'
import { parseFooter } from './footer.ts'
import type { Footer, Leaf, Node, ParquetDialect, RowGroup } from './types.ts'

/** Rows of a batch: a row group as most writers make them. Each one crosses four threads' doors. */
const BATCH_ROWS = 131072
/** Bytes of a batch, about: rows may be wide. */
const BATCH_BYTES = 16 << 20
/** The most that texts of a dictionary may become in one batch. */
const TEXT_BYTES = 256 << 20

export async function parquetReader(
  file: BlockFile,
  projection: readonly number[],
  settings: BlockSettings,
): Promise<BlockReader> {
  const { from, footer } = await knownOf(file)
  const codecs = new Map<number, Decompress>()
  const nodes = projection.map((column) => {
    const { name, node } = footer.columns[column] ?? {}
    const wanted = name === undefined ? undefined : settings.fields?.[name]
    return node === undefined || wanted === undefined ? node : narrowed(node, new Set(wanted))
  })
  const leaves = [...new Set(nodes.flatMap((node) => (node === undefined ? [] : leavesOf(node))))]
  const numbers = new Set(
    footer.groups.flatMap(({ chunks }) => leaves.map(({ chunk }) => chunks[chunk]!.codec)),
  )
  for (const codec of numbers) codecs.set(codec, await codecNumbered(codec))
  return new ParquetReader({ from, nodes, leaves, codecs }, settings)
}

interface Known {
  readonly footer: Footer
  /** Row groups by their first row. */
  readonly from: ReadonlyMap<number, RowGroup>
}

/** Footers that this thread has read last, so that slices and statements that follow each other read none again. */
const kept = new Map<string, Known>()
const MOST_KEPT = 8
const MOST_KEPT_BYTES = 4 << 20

/** The footer: of other scans when it is kept, shared with the tasks of this one when it is being read. */
async function knownOf(file: BlockFile): Promise<Known> {
  const { uri, identity, size } = file.source
  const key = JSON.stringify([uri, identity, size, file.layout.dialect])
  const there = kept.get(key)
  const known = there ?? (await file.memo('parquet.footer', () => footerOf(file)))
  kept.delete(key)
  const [from, to] = (file.layout.dialect as unknown as ParquetDialect).footer
  if (to - from <= MOST_KEPT_BYTES) kept.set(key, known)
  const [oldest] = kept.keys()
  if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest)
  return known
}

async function footerOf({ source, layout, signal }: BlockFile): Promise<Known> {
  const { footer: place, binaryAsString } = layout.dialect as unknown as ParquetDialect
  const [from, to] = place
  const bytes = await source.read(from, to, { signal })
  const footer = parseFooter({ from, to, bytes }, source.uri, binaryAsString)
  return { footer, from: new Map(footer.groups.map((group) => [group.firstRow, group])) }
}

interface Wanted {
  readonly from: ReadonlyMap<number, RowGroup>
  /** By column of the projection; undefined: the row's ordinal. */
  readonly nodes: readonly (Node | undefined)[]
  /** What they are stored in. */
  readonly leaves: readonly Leaf[]
  readonly codecs: ReadonlyMap<number, Decompress>
}

class ParquetReader implements BlockReader {
  readonly lends = true
  readonly #wanted: Wanted
  readonly #settings: BlockSettings

  constructor(wanted: Wanted, settings: BlockSettings) {
    this.#wanted = wanted
    this.#settings = settings
  }

  ranges(part: Part): ByteRange[] {
    const { chunks } = this.#group(part)
    return this.#wanted.leaves.map((leaf) => {
      const { start, end } = chunks[leaf.chunk]!
      return { start, end }
    })
  }

  *decode(
    part: Part,
    bytes: readonly Uint8Array[],
    from: number,
    to: number,
    maxRows: number,
  ): Generator<ColumnBatch> {
    const { leaves, nodes, codecs } = this.#wanted
    const { allocate } = this.#settings
    const group = this.#group(part)
    const cursors = new Map<Leaf, ChunkCursor>()
    leaves.forEach((leaf, i) => {
      const chunk = group.chunks[leaf.chunk]!
      cursors.set(leaf, new ChunkCursor(bytes[i]!, leaf, chunk, codecs.get(chunk.codec)!))
    })
    for (const cursor of cursors.values()) cursor.skip(from)
    const most = Math.min(BATCH_ROWS, fitting(group, cursors))
    let rows = 0
    // Only the first one is small, for whoever wants no more than that.
    for (let row = from, step = Math.min(maxRows, most); row < to; row += rows, step = most) {
      rows = Math.min(step, to - row)
      const read = new Map<Leaf, Stored>()
      const stored = (leaf: Leaf): Stored => {
        const known = read.get(leaf) ?? cursors.get(leaf)!.read(rows, this.#settings)
        read.set(leaf, known)
        return known
      }
      const columns = nodes.map(
        (node): ColumnVector =>
          node === undefined
            ? ordinals(allocate, group.firstRow + row, rows)
            : vectorOf(node, rows, stored, this.#settings),
      )
      yield { rows, columns }
    }
  }

  #group({ firstRow, rows }: Part): RowGroup {
    const group = this.#wanted.from.get(firstRow)
    if (group?.rows === rows) return group
    throw badParquet(`no row group has rows ${firstRow} to ${firstRow + rows}, expected one`)
  }
}

/** Rows of a batch, by what the row group says that they take: one at least. */
function fitting({ rows, chunks }: RowGroup, cursors: ReadonlyMap<Leaf, ChunkCursor>): number {
  let bytes = 0
  let most = Number.POSITIVE_INFINITY
  for (const [leaf, cursor] of cursors) {
    const { uncompressed, values } = chunks[leaf.chunk]!
    bytes += Math.max(uncompressed, values) / rows
    const { longest } = cursor
    if (longest > 0) most = Math.min(most, TEXT_BYTES / (longest * Math.max(1, values / rows)))
  }
  return Math.max(1, Math.floor(Math.min(most, BATCH_BYTES / Math.max(1, bytes))))
}
