/** What the procedures call: the library's own verbs, as far as SQL has them. */

import type { Conflict } from '../../lake/types.ts'
import type { QueryRows } from '../../scan/types.ts'

export interface VerbOptions {
  readonly signal?: AbortSignal | undefined
}

export interface CommitOptions extends VerbOptions {
  readonly label?: string | undefined
  readonly message?: string | undefined
  readonly author?: string | undefined
}

/** What a writing verb did. */
export interface CommitReport {
  readonly dataset: string
  readonly version: number
  /** False: nothing was changed, so no version was made; `version` is the one that stands. */
  readonly created: boolean
  readonly label: string | null
  readonly hash: string
}

export interface AddReport extends CommitReport {
  readonly added: number
  readonly changed: number
  /** The same bytes were there already. */
  readonly unchanged: number
  /** Left as they were by `on_conflict := 'skip'`. */
  readonly skipped: number
  readonly failed: readonly {
    readonly path: string
    readonly error: { readonly code: string; readonly message: string }
  }[]
  /** Bytes of the files that were found, and of those that had to be sent. */
  readonly bytes: number
  readonly transferred: number
  /** Files whose path the pattern does not match. */
  readonly unmatched: number
  /** Files whose head could not be read: recorded in `head_error`. */
  readonly heads_unread: number
}

export interface AddOptions extends CommitOptions {
  readonly dataset: string
  readonly prefix?: string | undefined
  readonly inPlace?: boolean | undefined
  readonly pattern?: string | undefined
  readonly onConflict?: 'skip' | 'overwrite' | 'fail' | undefined
}

export interface TableOptions extends CommitOptions {
  readonly mode?: 'replace' | 'append' | 'upsert' | 'delete' | undefined
  readonly key?: readonly string[] | undefined
}

export interface TableReport extends CommitReport {
  readonly table: string
  readonly rows: number
  readonly added: number
  readonly changed: number
  readonly removed: number
}

interface LabelledVersion {
  readonly dataset: string
  readonly version: number
  readonly label: string | null
  readonly tags: readonly string[]
}

/** One implementation for the library, the command line and SQL: it is handed in. */
export interface CatalogVerbs {
  label(reference: string, label: string, options?: VerbOptions): Promise<LabelledVersion>
  tag(reference: string, tag: string, options?: VerbOptions): Promise<LabelledVersion>
  untag(dataset: string, tag: string, options?: VerbOptions): Promise<void>
  delete(reference: string, options?: VerbOptions): Promise<void>
  gc(options?: VerbOptions & { readonly dryRun?: boolean; readonly graceSeconds?: number }): Promise<{
    readonly dry_run: boolean
    readonly grace_seconds: number
    readonly versions: number
    readonly objects: number
    readonly bytes: number
    readonly deleted: readonly string[]
  }>
  add(paths: readonly string[], options: AddOptions): Promise<AddReport>
  remove(
    dataset: string,
    paths: readonly string[],
    options?: CommitOptions,
  ): Promise<CommitReport & { readonly removed: number }>
  move(
    dataset: string,
    from: string,
    to: string,
    options?: CommitOptions,
  ): Promise<CommitReport & { readonly moved: number }>
  writeTable(dataset: string, table: string, source: QueryRows, options?: TableOptions): Promise<TableReport>
  /** The query that reads a table from a file. */
  fileQuery(file: string): string
  fork(reference: string, dataset: string, options?: CommitOptions): Promise<CommitReport>
  merge(
    from: string,
    into: string,
    options?: CommitOptions,
  ): Promise<CommitReport & { readonly conflicts: readonly Conflict[] }>
}
