/** The verbs of the command line as a TypeScript library. */

import type { RecordBatch } from 'apache-arrow'
import type { Field } from '../formats/batch.ts'
import type { Argument, Progress } from '../scan/types.ts'

export interface CallOptions {
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
}

export interface OpenOptions extends CallOptions {
  /** The format's name, where the head of the file shall not decide. */
  readonly format?: string | undefined
  /** The format's own named options, as in `read_csv(…, delim := ';')`. */
  readonly options?: Readonly<Record<string, Argument>> | undefined
}

export interface FileInfo {
  readonly uri: string
  readonly format: string
  readonly container: 'plain' | 'gzip' | 'bgzf'
  readonly size: number
  readonly identity: string
  readonly columns: readonly { name: string; type: string }[]
  /** Where the index is or would be. */
  readonly index: string
  readonly indexed: boolean
  /** Of the index; null without one. */
  readonly rows: number | null
  readonly segments: number | null
  readonly index_bytes: number | null
}

export interface IndexReport {
  readonly uri: string
  readonly format: string
  readonly index: string
  /** False: it was there already. */
  readonly built: boolean
  readonly rows: number
  readonly segments: number
  readonly index_bytes: number
  readonly ms: number
}

export type SliceStrategy =
  | { readonly n: number }
  | { readonly rows: number }
  | { readonly bytes: number }
  | { readonly by: string; readonly args: Readonly<Record<string, string>> }

export interface VarveFile {
  readonly uri: string
  readonly format: string
  readonly columns: readonly Field[]
  info(options?: CallOptions): Promise<FileInfo>
  /** Builds the index when there is none, or anew with `force`. */
  index(options?: CallOptions & { readonly force?: boolean }): Promise<IndexReport>
  /** Regroups the index's segments; reads no source byte once the index is there. */
  slices(strategy: SliceStrategy, options?: CallOptions): Promise<Slice[]>
}

export interface Slice {
  readonly firstRow: number
  readonly rows: number
  /** Compressed bytes that reading it touches at most: [byteStart, byteEnd). */
  readonly byteStart: number
  readonly byteEnd: number
  /** The slice as one line of JSON, to be evaluated anywhere; no credentials inside. */
  toString(): string
  toJSON(): unknown
  /** Its rows as Arrow record batches. */
  read(options?: CallOptions & { readonly columns?: readonly string[] }): AsyncIterable<RecordBatch>
  /** Its records as raw text, byte for byte; `header` puts the file's header before any but the first. */
  text(options?: CallOptions & { readonly header?: boolean }): AsyncIterable<Uint8Array>
}

/** One row of `varve formats`. */
export interface FormatRow {
  readonly name: string
  readonly functions: readonly string[]
  /** Without the dot. */
  readonly extensions: readonly string[]
  readonly strategies: readonly string[]
  /** Columns that an index keeps min and max of; `…` where the file's own columns are kept. */
  readonly zones: readonly string[]
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** Named options of its function. */
  readonly options: readonly string[]
}

export interface VarveOptions {
  /** The lake's URL; default `VARVE_LAKE`, else `./lake`. Need not exist. */
  readonly lake?: string | undefined
  /** Decoding threads; default the number of cores. */
  readonly jobs?: number | undefined
  /** Gets what is worth telling and no failure: an index that could not be kept. */
  readonly warn?: ((message: string) => void) | undefined
}
