import type { Field } from '../../formats/batch.ts'
import type { WantedFields } from '../../formats/types.ts'
import type { ScanContext } from '../context.ts'
import type {
  Argument,
  BindRequest,
  Predicate,
  ScanExplanation,
  ScanStream,
  TableFunction,
} from '../types.ts'

/** What a table function's call turned out to be. */
export interface BoundCall {
  readonly columns: readonly Field[]
  readonly zones: readonly string[]
  readonly cardinality?: { readonly rows: number; readonly exact: boolean } | undefined
  /** Starts a scan of these columns. */
  open(
    columns: readonly number[],
    predicates: readonly Predicate[],
    fields?: WantedFields | undefined,
  ): ScanStream
  /** What that scan would read. */
  explain?(
    columns: readonly number[],
    predicates: readonly Predicate[],
    signal: AbortSignal,
  ): Promise<ScanExplanation>
  /** Frees what the binding holds open. */
  close?(): Promise<void>
}

/** A table function of varve: its signature, and what a call of it means. */
export interface ScanFunction extends TableFunction {
  bind(request: BindRequest, context: ScanContext, signal: AbortSignal | undefined): Promise<BoundCall>
}

export type NamedArguments = Readonly<Record<string, Argument>>
