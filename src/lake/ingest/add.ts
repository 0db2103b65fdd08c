/** `varve add`: files of folders and buckets become rows of a dataset, uploaded or where they are. */

import { toVarveError, VarveError } from '../../errors.ts'
import { refuseAttached } from '../exchange/attached.ts'
import { FILES, filesSchema } from '../files.ts'
import { checkDatasetName } from '../names.ts'
import { requireLake } from '../open.ts'
import { loadStores } from '../stores.ts'
import { openTable } from '../table/list.ts'
import { rewriteTable } from '../table/rewrite.ts'
import { unitedSchema } from '../table/schema.ts'
import type { Change, Lake, Row } from '../types.ts'
import { latestVersion } from '../versions/list.ts'
import { readSettings, updateSettings } from '../versions/settings.ts'
import { type CommitFacts, type Committed, commitTables } from '../write.ts'
import { type Entered, enterFile, INGEST_COLUMNS, type IngestOptions } from './enter.ts'
import { compilePattern, type Pattern } from './pattern.ts'
import { type Planned, planFiles } from './plan.ts'
import { mapInOrder } from './upload.ts'
import type { Failure } from './walk.ts'

export const ON_CONFLICT = ['skip', 'overwrite', 'fail'] as const

export type AddOutcome = 'added' | 'changed' | 'unchanged' | 'skipped' | 'failed'

export interface AddOptions extends CommitFacts, Omit<IngestOptions, 'pattern'> {
  readonly dataset: string
  /** A logical folder that everything is put in. */
  readonly prefix?: string | undefined
  readonly cwd?: string | undefined
  /** Metadata in the paths; default the dataset's own. A new one becomes the dataset's. */
  readonly pattern?: string | undefined
  /** Files at a time; default 16. */
  readonly transfers?: number | undefined
  readonly onFile?: ((path: string, outcome: AddOutcome) => void) | undefined
  /** Bytes of files that are done, and of those found so far. */
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined
}

export interface Added extends Committed {
  readonly added: number
  readonly changed: number
  readonly unchanged: number
  readonly skipped: number
  readonly failed: readonly Failure[]
  readonly bytes: number
  readonly transferred: number
  readonly unmatched: number
  readonly heads_unread: number
}

const TRANSFERS = 16
/** Registering more objects than this reads no heads unless told to: each is a request. */
const MANY_HEADS = 100_000

/**
 * Adds files and commits what came of it; a file that fails does not keep the others out. `conflict`, and nothing
 * committed, when `onConflict` is `fail` and a path has other bytes already.
 */
export async function addFiles(lake: Lake, roots: readonly string[], options: AddOptions): Promise<Added> {
  const { dataset, signal } = options
  checkDatasetName(dataset)
  const given = options.pattern === undefined ? undefined : compilePattern(options.pattern)
  const [base, settings] = await Promise.all([
    latestVersion(lake, dataset, { signal }),
    readSettings(lake, dataset, { signal }),
  ])
  if (base === undefined) await requireLake(lake, signal)
  await refuseAttached(lake, dataset, { signal })
  if (options.inPlace === true) await loadStores(lake, { signal })
  const pattern = given ?? (settings?.pattern === undefined ? undefined : compilePattern(settings.pattern))
  const ref = base?.tables[FILES]
  const table = ref === undefined ? undefined : await openTable(lake, ref, signal)
  const run = new Run(options)
  const planned = planFiles(
    lake,
    table,
    roots,
    { ...options, onFound: ({ size }) => run.found(size) },
    run.failed,
  )
  // Columns keep the order that they first came in: the pattern's before those of heads.
  const own = filesSchema([...(pattern?.columns ?? []), ...INGEST_COLUMNS])
  const schema = table === undefined ? own : unitedSchema(table.schema, own)
  const changes = run.changes(lake, planned, pattern)
  const rewritten = await rewriteTable(lake, dataset, table, schema, changes, { signal })
  if (run.isEmpty && base === undefined) throw run.nothing(roots)
  const committed = await commitTables(lake, {
    ...options,
    dataset,
    base,
    // Columns that no row has are not worth a version.
    tables: run.isEmpty ? {} : { [FILES]: rewritten.table },
  })
  if (options.pattern !== undefined && options.pattern !== settings?.pattern)
    await updateSettings(lake, dataset, { pattern: options.pattern }, { signal })
  return { ...committed, ...run.counts() }
}

/** Counts what becomes of the files, and tells of it. */
class Run {
  #files = 0
  readonly #outcomes = { added: 0, changed: 0, unchanged: 0, skipped: 0 }
  readonly #failures: Failure[] = []
  #total = 0
  #done = 0
  #transferred = 0
  #unmatched = 0
  #headsUnread = 0

  constructor(readonly options: AddOptions) {}

  /** Whether no row changed. */
  get isEmpty(): boolean {
    return this.#outcomes.added + this.#outcomes.changed === 0
  }

  found(bytes: number): void {
    this.#files++
    this.#total += bytes
  }

  readonly failed = (failure: Failure): void => {
    this.#failures.push(failure)
    this.options.onFile?.(failure.path, 'failed')
  }

  /** Enters the files, some at a time, and gives the rows that are new. */
  async *changes(
    lake: Lake,
    planned: AsyncIterable<Planned>,
    pattern: Pattern | undefined,
  ): AsyncGenerator<Change> {
    const { transfers = TRANSFERS, signal } = this.options
    const enter = async (one: Planned): Promise<{ one: Planned; entered: Entered | VarveError }> => {
      // Sorting has seen all of them before the first one comes here.
      const heads = this.options.heads ?? !(this.options.inPlace === true && this.#files > MANY_HEADS)
      try {
        return { one, entered: await enterFile(lake, one, { ...this.options, heads, pattern }) }
      } catch (error) {
        if (signal?.aborted || isFatal(lake, error)) throw error
        return { one, entered: toVarveError(error) }
      }
    }
    for await (const { one, entered } of mapInOrder(planned, transfers, enter)) {
      const { path, size } = one.candidate
      this.#done += size
      this.options.onProgress?.({ done: this.#done, total: this.#total })
      if (entered instanceof VarveError) this.failed({ path, error: entered })
      else {
        const row = this.#count(path, entered)
        if (row !== undefined) yield { key: one.key, row }
      }
    }
  }

  #count(path: string, { outcome, row, transferred, unmatched, headUnread }: Entered): Row | undefined {
    this.#outcomes[outcome]++
    this.#transferred += transferred
    this.#unmatched += Number(unmatched)
    this.#headsUnread += Number(headUnread)
    this.options.onFile?.(path, outcome)
    return row
  }

  /** Why a dataset without a version stays without one. */
  nothing(roots: readonly string[]): VarveError {
    const [first] = this.#failures
    if (first !== undefined && this.#failures.length === 1) return first.error
    const hold = roots.length === 1 ? 'holds' : 'hold'
    const what =
      first === undefined
        ? `${hold} no file`
        : `${hold} ${this.#failures.length} files that all failed, the first: ${first.error.message}`
    const failed = this.#failures.map(({ path, error }) => ({
      path,
      code: error.code,
      message: error.message,
    }))
    return new VarveError(first?.error.code ?? 'not-found', `${roots.join(', ')} ${what}`, { failed })
  }

  counts(): Omit<Added, keyof Committed> {
    return {
      ...this.#outcomes,
      failed: this.#failures,
      bytes: this.#total,
      transferred: this.#transferred,
      unmatched: this.#unmatched,
      heads_unread: this.#headsUnread,
    }
  }
}

/** Failures after which going on with the next file makes no sense: they are not about the file. */
function isFatal(lake: Lake, error: unknown): boolean {
  if (!(error instanceof VarveError) || error.code === 'internal') return true
  const { scope, uri } = error.details
  return scope === 'lake' || (typeof uri === 'string' && uri.startsWith(lake.url))
}
