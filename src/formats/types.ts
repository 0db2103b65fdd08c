/** What the index and scan layers need of every format. */

import type { ByteSource } from '../bytes/types.ts'
import type { ColumnBatch } from './batch.ts'
import type { Container } from './gzip/types.ts'
import type { BadRecord, Options, TextLayout, Zone } from './text/types.ts'
import type { RawSupply } from './text/window.ts'

/** All that a worker in another process must know to decode a file: plain JSON. */
export interface Layout extends TextLayout {
  readonly format: string
  readonly container: Container
}

/** Where decoding starts; `window` is raw-deflated, as in `AccessPoint`. */
export interface Point {
  readonly source: number
  readonly bits: number
  readonly raw: number
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
  /** CRC-32 of [raw, rawEnd). */
  readonly crc: number
  /** One per `layout.zones`; empty in a damaged index, which then prunes nothing. */
  readonly zones: readonly Zone[]
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
}

/** A stretch of a file without an index; rows and raw offsets are counted from the piece's own beginning. */
export interface Piece {
  readonly kind: 'piece'
  /** Source bytes [from, to): records that begin in them belong to the piece, and may end behind it. */
  readonly from: number
  readonly to: number
  /** Raw offset of the first record from the piece's first byte, or 'sync': find it. */
  readonly start: number | 'sync'
}

export type Work = Run | Piece

/** What a piece turned out to be. */
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

export interface ReadHooks {
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
}

export interface Format {
  readonly name: string
  readonly title: string
  /** Without the dot and the compression's own ending. */
  readonly extensions: readonly string[]
  readonly optionNames: readonly string[]
  /** Every file has columns of its own. */
  readonly fileColumns: boolean
  readonly strategies: readonly string[]
  /** Whether the head of the file looks like it; the name may break a tie, never decide alone. */
  detect(path: string, head: Head): boolean
  layout(head: Head, options: Options): Layout
  /** How a file without an index may be cut; one piece when it cannot. */
  pieces(size: number, layout: Layout): Piece[]
  /** Decodes; returns what it learnt when the work is a piece. */
  read(
    source: ByteSource,
    layout: Layout,
    work: Work,
    projection: readonly number[],
    hooks: ReadHooks,
  ): AsyncGenerator<ColumnBatch, PieceResult | undefined>
  /** The run's rows as they stand in the decompressed file; only where slices are text. */
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
