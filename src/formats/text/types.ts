/**
 * What a record-oriented text format has to say for itself. Everything else (containers, segments, slices,
 * workers, indexes) it gets from `formats/text`.
 */

import type { ColumnBatch, Field } from '../batch.ts'
import type { Container } from '../gzip/types.ts'
import type { Format, Strategy, WantedFields, Within } from '../types.ts'

/** JSON values of named options, as given by the user. */
export type Options = Readonly<Record<string, unknown>>

/** What a bound text file looks like: plain JSON, so that it travels in slices and index metadata. */
export interface TextLayout {
  readonly columns: readonly Field[]
  /** The columns whose min and max an index keeps for every segment. */
  readonly zones: readonly string[]
  /** Decompressed bytes before the first record: byte-order mark, skipped lines, header row. */
  readonly dataStart: number
  /** The column that holds the record's ordinal, when there is one. */
  readonly ordinal?: number | undefined
  /** What the format's reader needs to know: separators, types, …; never credentials. */
  readonly dialect: Options
}

export interface TextFormat {
  /** 'fastq' → read_fastq(…). */
  readonly name: string
  /** A few words for `varve formats`: 'sequencing reads'. */
  readonly title: string
  /** Without the dot and the compression's own ending: ['fastq', 'fq']. */
  readonly extensions: readonly string[]
  /** As in `Format`. */
  readonly readAs?: string
  readonly optionNames: readonly string[]
  /** Options that show the same records differently, so that one index serves them all: `view` applies them. */
  readonly viewOptions?: readonly string[]
  /** As in `Format`. */
  readonly seeks?: true
  /** As in `Format`: `sync` is no guess. */
  readonly findsAll?: true
  /** Every file has columns of its own. */
  readonly fileColumns?: boolean
  /** Its records are no text: slices of it are read by SQL only. */
  readonly binary?: boolean
  /** Decompressed bytes from one segment to the next, about; default 1 MiB. In gzip files access points decide. */
  readonly spacing?: number
  /** Segments are cut as its reader says (`RecordReader.long`), in every container: several share an access point. */
  readonly cuts?: {
    /** Decompressed bytes of a segment of short records, in a file of so many bytes. */
    shared(size: number, container: Container): number
    /** Decompressed bytes of the segments that a long record is cut into. */
    readonly inside: number
  }
  readonly strategies?: Readonly<Record<string, Strategy>>
  readonly narrow?: Format['narrow']
  /** Whether the decompressed head looks like this format; `path` may break a tie, never decide alone. */
  detect(path: string, head: Uint8Array): boolean
  /**
   * The layout from the decompressed head (`whole` when that is the entire file).
   * Unknown or contradictory options are `invalid-input`; a head that cannot be this format is `invalid-data`.
   * `'more'`: the header goes on behind these bytes.
   */
  layout(head: Uint8Array, whole: boolean, options: Options): TextLayout | 'more'
  /** A layout that was made without `viewOptions`, with these. `invalid-input` when they do not fit. */
  view?(layout: TextLayout, options: Options): TextLayout
  /** A reader of records for the projected columns (indexes into `layout.columns`). */
  reader(layout: TextLayout, projection: readonly number[], settings: ReaderSettings): RecordReader
  /** A batch of all columns as text of the format: for rows that are picked out, or `parts` of rows. */
  write?(batch: ColumnBatch, parts: boolean): Uint8Array
  /**
   * The start of the first record at or after `from` in bytes that begin anywhere in a file, or -1 when the
   * bytes do not show it. A guess is allowed: the caller checks that the records before it end exactly there.
   */
  sync(layout: TextLayout, bytes: Uint8Array, from: number, end: number, final: boolean): number
}

export interface ReaderSettings {
  /** Gather min and max of the zone columns. */
  readonly zones: boolean
  /** Ordinal of the first record that will be read. */
  readonly firstRecord: number
  /** Skip bad records and report them, instead of throwing. */
  readonly ignoreErrors: boolean
  /** Fields that are wanted of struct columns; default all. */
  readonly fields?: WantedFields | undefined
  /** Only a stretch of the one record that will be read. */
  readonly within?: Within | undefined
  /** Gets an ArrayBuffer of at least this many bytes, used before or new. */
  readonly allocate: (bytes: number) => ArrayBuffer
}

export type ZoneValue = null | boolean | number | bigint | string

/** Min and max of one column over one segment; both null when every value is null. */
export interface Zone {
  readonly min: ZoneValue
  readonly max: ZoneValue
  readonly nulls: boolean
}

/** A record that could not be read. `at` is an offset in the array given to `read`. */
export interface BadRecord {
  readonly at: number
  /** Ordinal among the records this reader has seen. */
  readonly record: number
  /** What is wrong: subject, actual, expected; the caller adds file and byte. */
  readonly message: string
}

/**
 * Turns bytes into columns, synchronously: the caller owns the buffer, the reader only looks at it.
 *
 * Without `ignoreErrors` a bad record throws a `BadRecordError`.
 */
export interface RecordReader {
  /** Records read and not yet taken. */
  readonly rows: number
  /** Bytes of column data held for them. */
  readonly bytes: number
  /** `read` stopped before a record that shall begin a segment of its own; only with `settings.zones`. */
  readonly breaks?: boolean
  /** Records seen since the reader was made, taken or not, good or (ignored) bad ones excluded. */
  readonly seen: number
  /**
   * Of a reader that passes records in parts because they may be huge, where the last `read` stopped: `inside` of
   * one, which goes on with the next byte and is neither seen nor held so far; with `zones`, where a segment shall
   * end: `before` one, and `behind` it.
   */
  readonly long?: 'before' | 'inside' | 'behind' | undefined
  /**
   * Reads the records that begin in [start, until), each of which may reach up to `end`, until `maxRows` are
   * held. Returns where it stopped: the first byte of the next record (at or after `until`, when all were
   * read), or of one that does not end before `end`. With `final`, `end` is the end of the file and ends
   * the last record.
   */
  read(bytes: Uint8Array, start: number, until: number, end: number, final: boolean, maxRows: number): number
  /** The records held, as a batch of their own buffers; the reader starts the next one. */
  take(): ColumnBatch
  /** Zones of `layout.zones` in order, over the records since the last call. */
  takeZones(): Zone[]
  /** Records skipped since the last call. */
  takeRejects(): BadRecord[]
}

/** Thrown by a reader; the caller turns it into `invalid-data` with file and byte. */
export class BadRecordError extends Error {
  constructor(readonly bad: BadRecord) {
    super(bad.message)
  }
}
