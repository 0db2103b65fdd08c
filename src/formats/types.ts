/** What the index and scan layers need of every format. */

import type { ByteSource } from '../bytes/types.ts'
import type { ColumnBatch } from './batch.ts'
import type { Container } from './gzip/types.ts'
import type { BadRecord, Options, TextLayout, Zone } from './text/types.ts'
import type { RawSupply } from './text/window.ts'

/** An object as whoever reads it must know it: plain JSON, without credentials. */
export interface SourceRef {
  readonly uri: string
  readonly size: number
  readonly identity: string
}

/** All that a worker in another process must know to decode a file: plain JSON. */
export interface Layout extends TextLayout {
  readonly format: string
  readonly container: Container
  /** Other objects that hold bytes of the file: the spectra of an imzML. An index is bound to them, too. */
  readonly companions?: readonly SourceRef[] | undefined
  /** The file lists its blocks, which need not stand one behind the other: runs name theirs. */
  readonly blocks?: true | undefined
}

/** One conjunct of a WHERE, about one column. */
export interface Condition {
  readonly column: string
  readonly op: '=' | '<' | '<=' | '>' | '>=' | 'in' | 'is null' | 'starts with'
  /** One value; `in`: any number; `is null`: none. Dates and timestamps as ISO 8601 text. */
  readonly values: readonly (boolean | number | bigint | string)[]
}

export interface RowRange {
  readonly firstRow: number
  readonly rows: number
}

/** Where decoding starts; `window` is raw-deflated, as in `AccessPoint`. */
export interface Point {
  readonly source: number
  readonly bits: number
  readonly raw: number
  /** Of a block: what decoding it needs beside its bytes, in the format's own form. */
  readonly window?: Uint8Array | undefined
}

/** The smallest piece of a file that decodes on its own: whole records, [raw, rawEnd) of the decompressed file. */
export interface Segment {
  readonly point: Point
  /** Source bytes that decoding it touches at most: [point.source, end). */
  readonly end: number
  readonly raw: number
  readonly rawEnd: number
  readonly firstRow: number
  readonly rows: number
  /** CRC-32 of [raw, rawEnd); 0 for blocks. */
  readonly crc: number
  /** One per `layout.zones`, undefined where it is not known; empty in a damaged index, which then prunes nothing. */
  readonly zones: readonly (Zone | undefined)[]
}

/** One block of a run: a segment of a file that lists its blocks. */
export interface Part {
  /** Source bytes [source, end). */
  readonly source: number
  readonly end: number
  /** Decoded bytes, about. */
  readonly raw: number
  readonly firstRow: number
  readonly rows: number
  readonly window?: Uint8Array | undefined
}

/** A stretch of one record, where records may be cut: [from, to) in the format's own unit, such as residues. */
export interface Within {
  readonly from: number
  readonly to: number
  /** The run begins inside the record: `at` units of it come before, and these are its columns' values. */
  readonly resume?:
    | { readonly at: number; readonly values: Readonly<Record<string, string | null>> }
    | undefined
}

/** A contiguous run of segments, trimmed to `rows` rows after the first `skip`. */
export interface Run {
  readonly kind: 'run'
  readonly point: Point
  readonly end: number
  readonly raw: number
  readonly rawEnd: number
  /** Ordinal of the run's first row, before skipping. */
  readonly firstRow: number
  readonly skip: number
  readonly rows: number
  /** The last row is its segment's last one, so that what stands behind it up to `rawEnd` belongs to it. */
  readonly toEnd: boolean
  /** CRC-32 of each whole segment of the run, by the raw offset where it ends; checked where it is read whole. */
  readonly checks: readonly { readonly rawEnd: number; readonly crc: number }[]
  /** The blocks, where `layout.blocks`. */
  readonly parts?: readonly Part[] | undefined
  /** Only this stretch of its one row. */
  readonly within?: Within | undefined
  /** Give the blocks back as segments with their zones. */
  readonly measure?: true | undefined
}

/** A stretch of a file without an index; rows and raw offsets are counted from the piece's own beginning. */
export interface Piece {
  readonly kind: 'piece'
  /** Source bytes [from, to): records that begin in them belong to the piece, and may end behind it. */
  readonly from: number
  readonly to: number
  /** Raw offset of the first record from the piece's first byte, or 'sync': find it. */
  readonly start: number | 'sync'
  /** In bgzf: `from` and `to` are where blocks begin, and so many raw bytes of the block at `to` belong to it, too. */
  readonly beyond?: number | undefined
}

export type Work = Run | Piece

/** What a piece, or a run that was measured, turned out to be. */
export interface PieceResult {
  /** Where its first record began: raw bytes after the piece's first byte (or first bgzf block). */
  readonly start: number
  /** Where the record after its last one begins, likewise; beyond `raw` when the last one crosses the end. */
  readonly stop: number
  /** Raw bytes of the piece itself. */
  readonly raw: number
  readonly rows: number
  readonly segments: readonly Segment[]
}

/** Of these struct columns only these fields are wanted; the values of others may be NULL. Advice, by the columns' names. */
export type WantedFields = Readonly<Record<string, readonly string[]>>

export interface ReadHooks {
  readonly fields?: WantedFields | undefined
  /** Rows that do not fulfil all of these may be left out. Advice: whoever asked tests them again. */
  readonly conditions?: readonly Condition[] | undefined
  readonly signal?: AbortSignal | undefined
  /** Memory of at least this many bytes, used before or new. */
  readonly allocate: (bytes: number) => ArrayBuffer
  /** Takes memory back that `allocate` gave. */
  readonly recycle?: ((buffer: ArrayBuffer) => void) | undefined
  readonly ignoreErrors: boolean
  /** A piece has found its first record. */
  readonly onStart?: (start: number) => void
  /** Source bytes decoded since the last call. */
  readonly onProgress?: (bytes: number) => void
  readonly onReject?: (bad: BadRecord & { readonly byte: number }) => void
  /** The decompressed bytes of a whole gzip file, when another thread inflates it. */
  readonly inflated?: RawSupply | undefined
  /** The first batch is small, so that the first rows come early. */
  readonly small?: boolean
  /** Another object of the layout. */
  readonly attach?: (ref: SourceRef) => ByteSource
  /** What is made once for all tasks that this thread does for a file: a parsed footer, a decoder's tables. */
  readonly memo?: <T>(name: string, make: () => Promise<T>) => Promise<T>
  /** What this thread keeps of the file's decoded blocks, beyond the scan, for whoever reads neighbours of them. */
  readonly kept?: Memory | undefined
}

/** What was learnt of a file, kept as long as its bytes stay the same and there is room. */
export interface Memory {
  recall<T>(name: string): T | undefined
  /**
   * `bytes`: what the value takes up, about. `buffers`: memory of it that may be used again when it is kept no longer;
   * nobody may hold it beyond the task that found it.
   */
  keep(name: string, value: unknown, bytes: number, buffers?: readonly ArrayBuffer[]): void
}

/** A file that was opened, for whoever finds out what it looks like. */
export interface FileAtHand {
  readonly head: Head
  readonly source: ByteSource
  /**
   * Opens the object that stands beside the file under this name, made from its own; undefined when it is missing.
   * `head`: so many of its first bytes come with the same request.
   */
  beside(name: (own: string) => string, head?: number): Promise<ByteSource | undefined>
  readonly signal: AbortSignal | undefined
  readonly memory?: Memory | undefined
}

/** What a file says of its blocks, without decoding one. */
export interface Blocks {
  /** In the order of their rows, zones as far as they are known. */
  readonly segments: readonly Segment[]
  /** Decoding would tell nothing more: this is the index. */
  readonly complete: boolean
  /** Cheap to list and seldom asked for again (a window of a raster): kept as an index only when one is asked for. */
  readonly passing?: boolean | undefined
}

/** What a strategy cuts by: an index, without the way to its bytes. */
export interface SegmentList {
  readonly layout: Layout
  readonly segments: readonly Segment[]
  readonly rows: number
  /** Source bytes. */
  readonly size: number
}

/** A stretch of the row `firstRow`, and the segments [from, to) that hold it. */
export interface Stretch extends RowRange {
  readonly within: Within
  readonly segments: { readonly from: number; readonly to: number }
}

/** A slice in the making: a range of rows, a stretch of a row, or all rows that fulfil conditions. */
export type Cut = RowRange | Stretch | { readonly where: readonly Condition[] }

/** A rule that groups segments into slices, which together hold each row once. Reads no source byte. */
export interface Strategy {
  /** Its arguments by name: `count` is a whole number of at least 1. */
  readonly arguments: Readonly<Record<string, 'count' | 'integer' | 'number' | 'text'>>
  /** Those that may be left out. */
  readonly optional?: readonly string[] | undefined
  /** One sentence. */
  readonly summary: string
  /** Options that the file is opened with: slices of a level. */
  options?(args: Readonly<Record<string, number | string>>): Options
  /** `invalid-input` for arguments that cannot be in this file. */
  cut(file: SegmentList, args: Readonly<Record<string, number | string>>): readonly Cut[]
}

/** What the index and scan layers need of every format. */
export interface Format {
  readonly name: string
  readonly title: string
  /** Without the dot and the compression's own ending. */
  readonly extensions: readonly string[]
  /** Another format, of which this is a form with the same columns: who asks for that one gets this where it is. */
  readonly readAs?: string | undefined
  readonly optionNames: readonly string[]
  /** Of `optionNames` those that show the same records differently: `view` applies them, an index does without. */
  readonly viewOptions?: readonly string[] | undefined
  /** People want small parts of its files: of one that has an index not even the head is read. */
  readonly seeks?: true | undefined
  /** A piece in which no first record is found has none: the search for it is no guess. For those with pieces. */
  readonly findsAll?: true | undefined
  /** What every file of it has; undefined where each has columns or zones of its own. */
  readonly fixed?: Pick<TextLayout, 'columns' | 'zones' | 'ordinal'> | undefined
  /** Beside `count`, `rows` and `bytes`, by name. */
  readonly strategies: Readonly<Record<string, Strategy>>
  /** Whether the head of the file looks like it; the name may break a tie, never decide alone. */
  detect(path: string, head: Head): boolean
  /**
   * Unknown or contradictory options are `invalid-input`; a file that cannot be this format is `invalid-data`.
   * May read what stands far from the head.
   */
  layout(file: FileAtHand, options: Options): Layout | Promise<Layout>
  /** A layout that was made without `viewOptions`, with these; `invalid-input` when they do not fit. */
  view?(layout: Layout, options: Options): Layout
  /** How a file without an index may be cut; one piece when it cannot. For formats that do not list their blocks. */
  pieces?(size: number, layout: Layout): Piece[]
  /** The file's own list of its blocks. */
  blocks?(source: ByteSource, layout: Layout, hooks: Pick<ReadHooks, 'attach' | 'signal'>): Promise<Blocks>
  /**
   * Pieces that hold every row which may fulfil the conditions, by an index that other tools left beside the file;
   * undefined where there is none, or it does not help. The pieces are in file order and do not overlap, and each
   * knows its start.
   */
  narrow?(
    file: FileAtHand,
    layout: Layout,
    conditions: readonly Condition[],
  ): Promise<readonly Piece[] | undefined>
  /** Runs of one lane are best read by one thread, where that one is free: it keeps what it decoded of them. */
  lane?(layout: Layout, run: Run): number | undefined
  /** Decodes; returns what it learnt when the work is a piece, or to be measured. */
  read(
    source: ByteSource,
    layout: Layout,
    work: Work,
    projection: readonly number[],
    hooks: ReadHooks,
  ): AsyncGenerator<ColumnBatch, PieceResult | undefined>
  /** A batch of all columns as text of the format: for rows that are picked out, or `parts` of rows. */
  write?(batch: ColumnBatch, parts: boolean): Uint8Array
  /** The run's rows as they stand in the decompressed file, or `write` gives them; only where slices are text. */
  text?(source: ByteSource, layout: Layout, run: Run, hooks: ReadHooks): AsyncGenerator<Uint8Array, undefined>
}

/** The first bytes of a file, as they are and decompressed. */
export interface Head {
  readonly uri: string
  readonly container: Container
  readonly bytes: Uint8Array
  /** `bytes` decompressed as far as they go. */
  readonly raw: Uint8Array
  /** `raw` is the whole file. */
  readonly whole: boolean
}
