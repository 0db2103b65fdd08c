/** Commits tables: the one way in which every verb makes a version. */

import { VarveError } from '../errors.ts'
import { FILES } from './files.ts'
import { openTable, sameTable, writeTable } from './table/list.ts'
import { mergeTables } from './table/merge.ts'
import type { Lake, Table, TableRef, VersionDescription, VersionParent } from './types.ts'
import { commit } from './versions/commit.ts'
import { listDatasets } from './versions/list.ts'

/** Who makes a version, and what is said of it. */
export interface CommitFacts {
  readonly author: string
  readonly message?: string | undefined
  readonly label?: string | undefined
  readonly signal?: AbortSignal | undefined
}

export interface TablesDraft extends CommitFacts {
  readonly dataset: string
  /** The version that the tables were made from; undefined: the dataset had none. */
  readonly base: VersionDescription | undefined
  /** Those that changed; null removes one. */
  readonly tables: Readonly<Record<string, Table | TableRef | null>>
  /** More parents, for a merge or a fork. */
  readonly parents?: readonly VersionParent[] | undefined
}

export interface Committed {
  readonly version: VersionDescription
  /** False: the tables say what the version before them says, so there is no new one. */
  readonly created: boolean
}

/** Writes the tables' lists and commits them, merging with what others committed in the meantime. */
export async function commitTables(lake: Lake, draft: TablesDraft): Promise<Committed> {
  const { dataset, signal } = draft
  if (draft.base === undefined) await checkNewName(lake, dataset, signal)
  const written = Object.entries(draft.tables).map(
    async ([name, table]) =>
      [
        name,
        table !== null && isTable(table)
          ? await writeTable(lake, dataset, table, signal, draft.base?.tables[name])
          : table,
      ] as const,
  )
  const tables = Object.fromEntries(await Promise.all(written))
  return commit(
    lake,
    { ...draft, tables },
    {
      mergeTable: (name, base, ours, theirs) => mergeRefs(lake, dataset, name, base, ours, theirs, signal),
      summarize: (all) => summarize(lake, all[FILES], signal),
    },
  )
}

async function mergeRefs(
  lake: Lake,
  dataset: string,
  name: string,
  base: TableRef | undefined,
  ours: TableRef | undefined,
  theirs: TableRef | undefined,
  signal: AbortSignal | undefined,
): ReturnType<Parameters<typeof commit>[2]['mergeTable']> {
  if (sameTable(base, theirs)) return { ref: ours }
  if (sameTable(base, ours)) return { ref: theirs }
  const [a, b, c] = await Promise.all(
    [base, ours, theirs].map((ref) => (ref === undefined ? undefined : openTable(lake, ref, signal))),
  )
  const merged = await mergeTables(lake, dataset, name, a, b, c, { signal })
  if (merged.conflicts !== undefined) return { conflicts: merged.conflicts }
  const { table } = merged
  return { ref: table === undefined ? undefined : await writeTable(lake, dataset, table, signal, theirs) }
}

async function summarize(
  lake: Lake,
  ref: TableRef | undefined,
  signal: AbortSignal | undefined,
): Promise<{ files: number; bytes: number }> {
  if (ref === undefined) return { files: 0, bytes: 0 }
  const { parts } = await openTable(lake, ref, signal)
  return { files: ref.rows, bytes: parts.reduce((bytes, part) => bytes + part.payload, 0) }
}

/** An opened table has its schema, a reference its hash. */
function isTable(table: Table | TableRef): table is Table {
  return typeof table.schema !== 'string'
}

/** Two datasets that differ only in case would be one folder on many disks. */
async function checkNewName(lake: Lake, dataset: string, signal: AbortSignal | undefined): Promise<void> {
  for await (const name of listDatasets(lake, signal)) {
    if (name === dataset || name.toLowerCase() !== dataset.toLowerCase()) continue
    const message = `the dataset name ${dataset} differs from ${name} only in case, expected another`
    throw new VarveError('invalid-input', message, { dataset })
  }
}
