/**
 * What a format has to say for itself whose files list their own blocks: chunks of points, tiles, row groups,
 * spectra. Everything else (slices, workers, indexes, prefetch) it gets from `formats/blocks`.
 */

import type { ByteSource } from '../../bytes/types.ts'
import type { ColumnBatch, Field } from '../batch.ts'
import type { Options, Zone } from '../text/types.ts'
import type {
  Blocks,
  Condition,
  FileAtHand,
  Head,
  Layout,
  Memory,
  Part,
  ReadHooks,
  SourceRef,
  Strategy,
  WantedFields,
} from '../types.ts'

/** What a bound file looks like: plain JSON, so that it travels in slices and index metadata. Small: no lists of blocks. */
export interface BlockLayout {
  readonly columns: readonly Field[]
  /** The columns whose min and max an index keeps for every block. */
  readonly zones: readonly string[]
  /** The column that holds the row's ordinal, when there is one. */
  readonly ordinal?: number | undefined
  /** What decoding needs to know: scales, compression, codecs; never credentials. */
  readonly dialect: Options
  readonly companions?: readonly SourceRef[] | undefined
}

export interface BlockFormat {
  /** 'las' → read_las(…). */
  readonly name: string
  readonly title: string
  readonly extensions: readonly string[]
  readonly optionNames: readonly string[]
  /** People want small parts of its files: of one that has an index not even the head is read. */
  readonly seeks?: true
  /** What every file of it has; absent where each has columns of its own. */
  readonly fixed?: Pick<BlockLayout, 'columns' | 'zones' | 'ordinal'>
  readonly strategies?: Readonly<Record<string, Strategy>>
  detect(path: string, head: Head): boolean
  /** `invalid-data` where the file cannot be this format, `invalid-input` for options that cannot be. */
  layout(file: FileAtHand, options: Options): Promise<BlockLayout>
  /**
   * The blocks in the order of their rows, made with `blockSegment`. No length or count of the file is believed before
   * it is checked against the file's size: nothing is allocated by it.
   */
  blocks(source: ByteSource, layout: Layout, hooks: Pick<ReadHooks, 'attach' | 'signal'>): Promise<Blocks>
  /** What keeps decoded blocks (`BlockFile.kept`) has its blocks of one lane read by one thread, if that one is free. */
  lane?(layout: Layout, part: Part): number
  /** A reader of blocks in this thread. */
  reader(file: BlockFile, projection: readonly number[], settings: BlockSettings): Promise<BlockReader>
}

/** A file as its reader sees it. */
export interface BlockFile {
  readonly source: ByteSource
  /** Those of `layout.companions`, in order. */
  readonly companions: readonly ByteSource[]
  readonly layout: Layout
  /** What is made once for all tasks that this thread does for the file. */
  memo<T>(name: string, make: () => Promise<T>): Promise<T>
  readonly signal: AbortSignal | undefined
  /** What this thread keeps of its decoded blocks, beyond the scan. */
  readonly kept?: Memory | undefined
}

export interface BlockSettings {
  /** Gather min and max of the zone columns, projected or not. */
  readonly zones: boolean
  readonly allocate: (bytes: number) => ArrayBuffer
  /** Takes memory back that `allocate` gave and no batch holds. */
  readonly recycle?: ((buffer: ArrayBuffer) => void) | undefined
  /** Of struct columns only these fields are wanted. Advice. */
  readonly fields?: WantedFields | undefined
  /** Rows that do not fulfil all of these need be neither fetched nor given. Advice; absent with `zones`. */
  readonly conditions?: readonly Condition[] | undefined
}

export interface ByteRange {
  readonly start: number
  readonly end: number
  /** Of this companion instead of the file. */
  readonly companion?: number | undefined
}

export interface BlockReader {
  /** Nothing of a block's bytes is held by its batches: their memory is used for the next block's. */
  readonly lends?: true
  /** What a block is made of, for this projection; an empty list when only its rows count. */
  ranges(part: Part): readonly ByteRange[]
  /**
   * Rows [from, to) of the block in batches, the first one of at most `maxRows`, from the bytes of its ranges. A
   * library's own errors may pass: the caller makes `invalid-data` of them, with the block's place.
   */
  decode(
    part: Part,
    bytes: readonly Uint8Array[],
    from: number,
    to: number,
    maxRows: number,
  ): Iterable<ColumnBatch> | AsyncIterable<ColumnBatch>
  /** With `settings.zones`: zones of `layout.zones` in order, over the block that was decoded last, whole. */
  takeZones?(): readonly Zone[]
  /** Frees what is not garbage collected. */
  close?(): void
}
