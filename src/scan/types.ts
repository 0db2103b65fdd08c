/**
 * The contract between the scan layer and whoever wants rows: the DuckDB engine, the bridge, the mount, the
 * library. It knows nothing of DuckDB: *bind* → columns and cardinality, *scan* → batches in file order.
 */

import type { ColumnBatch, Field } from '../formats/batch.ts'
import type { WantedFields } from '../formats/types.ts'
import type { Value } from '../formats/values.ts'
import type { Condition } from '../index/prune.ts'

/** An argument as it comes from SQL or JSON. */
export type Argument =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Argument[]
  | { readonly [name: string]: Argument }

export interface BindRequest {
  /** A name of `tableFunctions`: 'read_fastq', 'read_auto', 'slices', 'read_slice', 'index_info', … */
  readonly name: string
  readonly args: readonly Argument[]
  readonly named: Readonly<Record<string, Argument>>
}

export interface Bound {
  readonly id: number
  readonly columns: readonly Field[]
  /** Columns by which predicates can prune; others are not worth sending. */
  readonly zones: readonly string[]
  readonly cardinality?: { readonly rows: number; readonly exact: boolean } | undefined
}

/** One conjunct about one column. Advice only: whoever asks still filters the rows. */
export type Predicate = Condition

export interface ScanRequest {
  readonly bound: number
  /** Indexes into the bound columns, in the order the batches shall have them; may be empty (rows only). */
  readonly columns: readonly number[]
  /** All of them hold (AND). */
  readonly predicates: readonly Predicate[]
  /** Fields that are wanted of struct columns; default all. */
  readonly fields?: WantedFields | undefined
}

export interface Progress {
  /** Source bytes decoded, and to be decoded in all as far as known. */
  readonly done: number
  readonly total: number
}

/**
 * Batches in file order, fetched only as far ahead as memory allows. Nothing is fetched before the first
 * `next`; until the second one, no more than the first batch needs, or the whole scan where that is a few MiB.
 */
export interface ScanStream {
  /** The next batch, `undefined` at the end; throws what went wrong, with its place. */
  next(): Promise<ColumnBatch | undefined>
  /** Fetches and decodes what comes first before it is asked for; what goes wrong in it is `next`'s to throw. */
  ahead?(): void
  /** Gives a batch's buffers back for use in later ones. Optional: without it they are garbage collected. */
  release(batch: ColumnBatch): void
  readonly progress: Progress
  /** What is left is little, and on its way already, whether anyone asks for it or not. */
  readonly coming?: boolean
  /** Stops fetching and decoding at once. */
  close(): void
}

/** What a scan would read. */
export interface ScanExplanation {
  readonly format: string
  /** Undefined where there is no index. */
  readonly segments?: number | undefined
  readonly segmentsKept?: number | undefined
  readonly rowsKept?: number | undefined
  /** Source bytes of the whole file, and of what would be fetched of it. */
  readonly bytesTotal: number
  readonly bytesToFetch: number
  /** Something narrows what is read: an index, the file's own list of blocks, another tool's index. */
  readonly indexed: boolean
  readonly note?: string | undefined
}

export interface ScanService {
  /**
   * A statement that holds these texts is on its way: what was read under one of them before may be asked for
   * already. `conditions`: it may have some to prune by. The signal says that nothing more of it will be bound.
   */
  expect?(texts: readonly string[], conditions: boolean, signal: AbortSignal): void
  /**
   * Statements that hold these texts are on their way, and the engine still starts: loads meanwhile what reading
   * such files takes. No request is made.
   */
  prepare?(texts: readonly string[]): void
  /** `signal`: of the statement; a file that is bound with the same one again is the same object, not asked for anew. */
  bind(request: BindRequest, signal?: AbortSignal): Promise<Bound>
  scan(request: ScanRequest): ScanStream
  /** What that scan would read; undefined for what reads no file. Reads indexes and directories, no row. */
  explain?(request: ScanRequest, signal: AbortSignal): Promise<ScanExplanation | undefined>
  /** Forgets a bound scan; its streams are closed. */
  unbind(id: number): void
  close(): Promise<void>
}

/** A table function's signature, for every engine that offers it. */
export interface TableFunction {
  readonly name: string
  /** How many positional arguments it takes, each a text, or a list of texts where `lists`. */
  readonly positional: number
  readonly lists: boolean
  readonly named: Readonly<Record<string, 'text' | 'integer' | 'boolean' | 'any'>>
  /** Those of the named ones that may also follow the positional ones, without their names, in this order. */
  readonly optional?: readonly string[] | undefined
  /** One sentence for completion and help. */
  readonly summary: string
}

/** The session that called a procedure; its engine is free as long as the procedure runs. */
export interface CallingSession {
  /** Runs one query, which sees the session's temporary tables, and gives its rows to `use` to be read there. */
  query<T>(sql: string, use: (rows: QueryRows) => Promise<T>): Promise<T>
  /** Runs one statement that gives no rows anyone wants. */
  execute(sql: string): Promise<void>
  readonly signal: AbortSignal | undefined
}

export interface QueryRows {
  readonly columns: readonly Field[]
  readonly batches: AsyncIterable<ColumnBatch>
}

/**
 * A procedure that runs SQL itself. A table function cannot: while the engine asks it for rows, the engine is busy.
 * So its CALL only gathers the arguments, and what it does comes after.
 */
export interface SessionProcedure extends TableFunction {
  readonly columns: readonly Field[]
  /** Checks the arguments, and gives what shall be done with them: its rows are those of the CALL. */
  prepare(request: BindRequest): (session: CallingSession) => Promise<readonly (readonly Value[])[]>
}
