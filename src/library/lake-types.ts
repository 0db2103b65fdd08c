/** The verbs on lakes: one implementation for the library, the command line, SQL's procedures and later HTTP. */

import type { AddReport as CatalogAddReport, CommitReport, TableReport } from '../catalog/procedures/verbs.ts'
import type { VarveError } from '../errors.ts'
import type { ColumnBatch, Field } from '../formats/batch.ts'
import type { ExportReport } from '../lake/exchange/export.ts'
import type { ImportReport } from '../lake/exchange/import.ts'
import type { TransferPolicy } from '../lake/exchange/plan.ts'
import type { PublishReport } from '../lake/exchange/publish.ts'
import type { DatasetRow, VersionRow } from '../lake/overview.ts'
import type { GetReport } from '../lake/retrieve/get.ts'
import type { StoreInfo } from '../lake/stores.ts'
import type { Duplicates } from '../lake/table/merge.ts'
import type { Conflict, Row, Value } from '../lake/types.ts'
import type { GcReport } from '../lake/upkeep/gc.ts'
import type { VerifyReport } from '../lake/upkeep/verify.ts'
import type { Argument, Progress } from '../scan/types.ts'
import type { CallOptions } from './types.ts'

export type { CommitReport, TableReport } from '../catalog/procedures/verbs.ts'
export type { DatasetRow, VersionRow } from '../lake/overview.ts'

export interface CommitOptions extends CallOptions {
  readonly label?: string | undefined
  readonly message?: string | undefined
  /** Default `VARVE_AUTHOR`, else the user's name on this machine. */
  readonly author?: string | undefined
}

/** A file or row that was left out, and why. */
export interface FailedPath {
  readonly path: string
  readonly error: VarveError
}

export interface AddOptions extends CommitOptions {
  readonly dataset: string
  readonly prefix?: string | undefined
  /** Register the objects where they are, without copying. */
  readonly inPlace?: boolean | undefined
  /** Default: the dataset's own, as last given. */
  readonly pattern?: string | undefined
  readonly onConflict?: 'skip' | 'overwrite' | 'fail' | undefined
  /** Whether to read metadata from heads; default: yes, unless very many files are added in place. */
  readonly heads?: boolean | undefined
  readonly tier?: string | undefined
  /** Paths or asset ids that these files were made from. */
  readonly derivedFrom?: readonly string[] | undefined
  /** Transfers at a time. */
  readonly transfers?: number | undefined
  /** Told of each file as it is done. */
  readonly onFile?: ((path: string, outcome: AddOutcome) => void) | undefined
}

export type AddOutcome = 'added' | 'changed' | 'unchanged' | 'skipped' | 'failed'

export interface AddReport extends Omit<CatalogAddReport, 'failed'> {
  readonly failed: readonly FailedPath[]
}

export type TableMode = 'replace' | 'append' | 'upsert' | 'delete'

export interface TableWriteOptions extends CommitOptions {
  readonly mode?: TableMode | undefined
  /** Needed when the table is new. */
  readonly key?: readonly string[] | undefined
  /** A JSON Schema that every row must fulfil. */
  readonly schema?: Readonly<Record<string, unknown>> | undefined
}

export interface TableInfo {
  readonly table: string
  readonly rows: number
  readonly parts: number
  readonly bytes: number
  readonly key: readonly string[]
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/** One row of `diff(a, b)`; in tables, `key` and the other columns in place of the path. */
export interface DiffRow {
  readonly key: Row
  readonly change: 'added' | 'removed' | 'changed'
  readonly old: Row | null
  readonly new: Row | null
}

/** Equality, IN (a list; empty matches nothing), IS NULL (null), and operators; all must hold. */
export type Filter = Readonly<
  Record<
    string,
    | Argument
    | {
        readonly eq?: Argument
        readonly ne?: Argument
        readonly gt?: Argument
        readonly gte?: Argument
        readonly lt?: Argument
        readonly lte?: Argument
        readonly in?: readonly Argument[]
        readonly contains?: string
        readonly exists?: boolean
      }
  >
>

export interface FilesOptions extends CallOptions {
  /** A condition in SQL on the columns of `files`. */
  readonly where?: string | undefined
  readonly params?: readonly Argument[] | Readonly<Record<string, Argument>> | undefined
  readonly filter?: Filter | undefined
  /** Default 100 on a page; 0 gives no rows. */
  readonly limit?: number | undefined
  /** A cursor that an earlier page of the same question ended with. */
  readonly after?: string | undefined
  readonly columns?: readonly string[] | undefined
}

export interface Page {
  readonly rows: readonly Readonly<Record<string, Value>>[]
  readonly columns: readonly { readonly name: string; readonly type: string }[]
  /** What to give as `after` for the next page; null at the end. */
  readonly next: string | null
}

export interface GetOptions extends CallOptions {
  readonly where?: string | undefined
  readonly params?: readonly Argument[] | Readonly<Record<string, Argument>> | undefined
  readonly filter?: Filter | undefined
  readonly limit?: number | undefined
  readonly transfers?: number | undefined
}

export type { ExportReport } from '../lake/exchange/export.ts'
export type { ImportReport } from '../lake/exchange/import.ts'
export type { TransferPlan, TransferPolicy } from '../lake/exchange/plan.ts'
export type { GetReport } from '../lake/retrieve/get.ts'
export type { Damage } from '../lake/upkeep/findings.ts'
export type { GcReport } from '../lake/upkeep/gc.ts'
export type { VerifyReport } from '../lake/upkeep/verify.ts'

/** A merge that found conflicts has made no version: `version` is the one that stands. */
export interface MergeReport extends CommitReport {
  readonly conflicts: readonly Conflict[]
}

export type { PublishReport } from '../lake/exchange/publish.ts'

/** The summary card of a dataset or of a group of its files. */
export interface SummaryRow {
  readonly group: Readonly<Record<string, Value>>
  readonly files: number
  readonly bytes: number
  readonly formats: readonly {
    readonly format: string | null
    readonly files: number
    readonly bytes: number
  }[]
  readonly first_modified: string | null
  readonly last_modified: string | null
}

export type { StoreInfo } from '../lake/stores.ts'

/** Where rows come from: a file (`-` is standard input), a query, or batches at hand. */
export type TableSource =
  | { readonly file: string }
  | { readonly query: string; readonly params?: FilesOptions['params'] }
  | { readonly columns: readonly Field[]; readonly batches: AsyncIterable<ColumnBatch> }

export interface LakeVerbs {
  datasets(options?: CallOptions): Promise<readonly DatasetRow[]>
  versions(dataset: string, options?: CallOptions): Promise<readonly VersionRow[]>
  /** Both are references, `D@v`; `table` default `files`. */
  diff(a: string, b: string, table?: string, options?: CallOptions): AsyncIterable<DiffRow>
  label(reference: string, label: string, options?: CallOptions): Promise<VersionRow>
  tag(reference: string, tag: string, options?: CallOptions): Promise<VersionRow>
  untag(dataset: string, tag: string, options?: CallOptions): Promise<void>
  /** `conflict` for the latest and for tagged ones. */
  delete(reference: string, options?: CallOptions): Promise<void>
  gc(options?: CallOptions & { readonly dryRun?: boolean; readonly graceSeconds?: number }): Promise<GcReport>
  /** A reference, a dataset (all its versions), or the whole lake. */
  verify(what?: string, options?: CallOptions & { readonly full?: boolean }): Promise<VerifyReport>
  add(paths: readonly string[], options: AddOptions): Promise<AddReport>
  /** Paths, folders (ending in `/` or not) and globs; `not-found` when one matches nothing. */
  remove(
    dataset: string,
    paths: readonly string[],
    options?: CommitOptions,
  ): Promise<CommitReport & { removed: number }>
  /** A file, or a folder with all below it. The bytes and the asset ids stay. */
  move(
    dataset: string,
    from: string,
    to: string,
    options?: CommitOptions,
  ): Promise<CommitReport & { moved: number }>
  /** Rows of a file (csv, json, jsonl, parquet; `-` is standard input as csv or json) or of a query. */
  writeTable(
    dataset: string,
    table: string,
    source: TableSource,
    options?: TableWriteOptions,
  ): Promise<TableReport>
  tables(reference: string, options?: CallOptions): Promise<readonly TableInfo[]>
  files(reference: string, options?: FilesOptions): Promise<Page>
  get(reference: string, folder: string, options?: GetOptions): Promise<GetReport>
  summary(reference: string, by?: readonly string[], options?: CallOptions): Promise<readonly SummaryRow[]>
  export(
    reference: string,
    file: string,
    options?: CallOptions & { readonly policy?: TransferPolicy; readonly plan?: boolean },
  ): Promise<ExportReport>
  import(
    file: string,
    options?: CommitOptions & {
      readonly plan?: boolean
      readonly as?: string
      readonly policy?: TransferPolicy
    },
  ): Promise<ImportReport>
  /** Writes fw-dataset's layout. */
  publish(reference: string, folder: string, options?: CallOptions): Promise<PublishReport>
  /** A published fw-dataset, as a dataset that can only be read. */
  attach(url: string, options?: CallOptions & { readonly name?: string }): Promise<DatasetRow>
  /** The version as one DuckDB file that works without the lake. */
  offline(
    reference: string,
    file: string,
    options?: CallOptions,
  ): Promise<{ file: string; tables: number; rows: number }>
  fork(reference: string, dataset: string, options?: CommitOptions): Promise<CommitReport>
  /** A new version that is as an earlier one was. */
  restore(reference: string, options?: CommitOptions): Promise<CommitReport>
  merge(
    from: string,
    into: string,
    options?: CommitOptions & { readonly duplicates?: Duplicates | undefined },
  ): Promise<MergeReport>
  alias(dataset: string, alias: string, path: string, options?: CommitOptions): Promise<CommitReport>
  stores(options?: CallOptions): Promise<readonly StoreInfo[]>
  /** Names a store, so that entries can refer to it by name and a moved one is renamed in one place. */
  nameStore(name: string, url: string, options?: CallOptions): Promise<StoreInfo>
}

export type { LakeReport } from '../lake/init.ts'
export type { Progress }
