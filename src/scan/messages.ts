/** What the scan layer and its decoding threads say to each other. */

import type { MessagePort } from 'node:worker_threads'
import type { ErrorJson } from '../errors.ts'
import type { ColumnBatch } from '../formats/batch.ts'
import type { Condition, Layout, PieceResult, SourceRef, WantedFields, Work } from '../formats/types.ts'
import type { SignedGet } from '../store/index.ts'

/** A column that stands for something the file does not hold: the same text in every row. */
export interface ConstantColumn {
  readonly constant: string
}

/** A task's columns: indexes into the layout, or constants. */
export type TaskColumn = number | ConstantColumn

/** What a decoding thread is started with. */
export interface ScanWorkerData {
  readonly meter: SharedArrayBuffer
  /** Bytes of decoded blocks that it may keep. */
  readonly kept: number
}

export interface Task {
  /** Tasks of one scan have the same number. */
  readonly scan: number
  /** `shown`: what messages call it; default the URI. */
  readonly source: SourceRef & { readonly shown?: string | undefined }
  /** First bytes of the source that are at hand already. */
  readonly head?: Uint8Array | undefined
  readonly layout: Layout
  readonly work: Work
  readonly columns: readonly TaskColumn[]
  readonly fields?: WantedFields | undefined
  /** Rows that do not fulfil all of these may be left out, by formats that can tell cheaply. */
  readonly conditions?: readonly Condition[] | undefined
  /** Only rows that fulfil all of these. */
  readonly where?: readonly Condition[] | undefined
  readonly ignoreErrors: boolean
  /** Tasks of one lane go to one thread, unless it is busy and another is not. */
  readonly lane?: number | undefined
  /** Make the first batch small, and fetch no more than it needs. */
  readonly small: boolean
  /** Batches that may be made before the first one is asked for. */
  readonly credit: number
}

export type ToWorker =
  | {
      readonly type: 'start'
      readonly id: number
      readonly task: Task
      /** Another thread inflates the file for this task, and sends the bytes here. */
      readonly inflated?: MessagePort | undefined
    }
  /** Inflate a task's file for the thread at the other end. */
  | { readonly type: 'inflate'; readonly task: Task; readonly port: MessagePort }
  | { readonly type: 'credit'; readonly id: number; readonly batches: number }
  | { readonly type: 'cancel'; readonly id: number }
  /** To `sign` of this number; without a request, the thread signs for itself. */
  | { readonly type: 'signed'; readonly question: number; readonly request: SignedGet | undefined }
  /** Buffers of batches that were read, to be used again. */
  | { readonly type: 'release'; readonly buffers: readonly ArrayBuffer[] }

export interface Reject {
  readonly uri: string
  readonly byte: number
  readonly record: number
  readonly message: string
}

export type FromWorker =
  /** `bytes`, here and when it is done: source bytes decoded since the last message, where nobody was told before. */
  | { readonly type: 'batch'; readonly id: number; readonly batch: ColumnBatch; readonly bytes: number }
  /** A piece has found its first record. */
  | { readonly type: 'found'; readonly id: number; readonly start: number }
  | { readonly type: 'progress'; readonly id: number; readonly bytes: number }
  | { readonly type: 'rejects'; readonly id: number; readonly rejects: readonly Reject[] }
  | {
      readonly type: 'done'
      readonly id: number
      readonly result: PieceResult | undefined
      readonly bytes: number
    }
  | { readonly type: 'failed'; readonly id: number; readonly error: ErrorJson }
  | Sign

/** A thread is about to read an object whose store signs: the one that has the SDK loaded does that for all. */
export interface Sign {
  readonly type: 'sign'
  readonly question: number
  readonly uri: string
}
