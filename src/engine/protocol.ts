/**
 * What the main thread and the engine thread say to each other.
 *
 * Two channels: the worker's own one carries sessions, a second port carries scans, because the engine thread
 * waits on it synchronously from inside DuckDB's callbacks.
 */

import type { MessagePort } from 'node:worker_threads'
import type { ErrorJson } from '../errors.ts'
import type { ColumnBatch, Field } from '../formats/batch.ts'
import type { Argument, TableFunction } from '../scan/types.ts'
import type { QueryResult, ResultColumn, RunOptions } from './types.ts'

/** The hidden named parameter of every table function: the predicates of the WHERE around it, as JSON. */
export const HIDDEN = '__varve'

/** Slots of the shared Int32Array. */
export const REPLIES = 0
export const STOP = 1
export const SLOTS = 2

/** Values of the STOP slot. */
export const RUNNING = 0
/** The statement fails with `aborted`. */
export const ABORT = 1
/** Nobody wants the rest: scans end as if they were read to their end. */
export const ENOUGH = 2

/** Batches that the engine thread sends ahead of the reader. */
export const AHEAD = 8

export interface EngineData {
  readonly database: string
  readonly settings: Readonly<Record<string, string>>
  readonly functions: readonly TableFunction[]
  readonly scans: MessagePort
  readonly shared: SharedArrayBuffer
}

export type ToEngine =
  | { readonly type: 'open'; readonly data: EngineData }
  | { readonly type: 'run'; readonly sql: string; readonly params: RunOptions['params'] }
  | { readonly type: 'more' }
  | { readonly type: 'abort' }
  | { readonly type: 'enough' }
  | { readonly type: 'serialize'; readonly call: number; readonly sql: string }
  | { readonly type: 'complete'; readonly call: number; readonly text: string }
  | { readonly type: 'close' }

export interface ResultHead {
  readonly columns: readonly ResultColumn[]
  readonly returns: QueryResult['returns']
  readonly changed?: number | undefined
}

export interface Suggestion {
  readonly text: string
  readonly start: number
}

export type FromEngine =
  | { readonly type: 'ready' }
  /** The database could not be opened. */
  | { readonly type: 'broken'; readonly message: string }
  | { readonly type: 'result'; readonly head: ResultHead }
  | { readonly type: 'batch'; readonly batch: ColumnBatch }
  | { readonly type: 'end' }
  /** `error` when it is varve's own, else DuckDB's text. */
  | { readonly type: 'failed'; readonly message: string; readonly error?: ErrorJson | undefined }
  | { readonly type: 'serialized'; readonly call: number; readonly json?: string | undefined }
  | { readonly type: 'completed'; readonly call: number; readonly suggestions: readonly Suggestion[] }

/** The cardinality of scan 0 in a statement that is only explained; the next scans' follow. */
export const EXPLAINED_ROWS = 7_000_000_000

/** A table function's call as DuckDB binds it. */
export interface BindCall {
  readonly name: string
  readonly args: readonly Argument[]
  readonly named: Readonly<Record<string, Argument>>
}

export type ToScans =
  | { readonly type: 'bind'; readonly call: number; readonly request: BindCall }
  /** What a call of the statement is bound to; equal calls are bound once. */
  | { readonly type: 'told'; readonly bound: number; readonly hidden: string }
  | {
      readonly type: 'scan'
      readonly scan: number
      readonly bound: number
      readonly columns: readonly number[]
      readonly hidden: string | undefined
    }
  | { readonly type: 'next'; readonly scan: number }
  | { readonly type: 'release'; readonly scan: number; readonly batch: ColumnBatch }

export interface BoundColumns {
  readonly id: number
  readonly columns: readonly Field[]
  readonly cardinality?: { readonly rows: number; readonly exact: boolean } | undefined
}

export type FromScans =
  | { readonly type: 'bound'; readonly call: number; readonly bound: BoundColumns }
  | { readonly type: 'unbound'; readonly call: number; readonly error: ErrorJson }
  /** `more`: the next answer comes without being asked for. */
  | {
      readonly type: 'batch'
      readonly scan: number
      readonly batch: ColumnBatch
      readonly more?: boolean | undefined
    }
  | { readonly type: 'end'; readonly scan: number }
  | { readonly type: 'error'; readonly scan: number; readonly error: ErrorJson }
