/** Forks and merges of datasets: both are commits with another parent, and no row is copied that nobody changed. */

import { VarveError } from '../errors.ts'
import { refuseAttached } from './exchange/attached.ts'
import { openTable, sameTable } from './table/list.ts'
import { type Duplicates, mergeTables } from './table/merge.ts'
import type { Conflict, Lake, Table, TableRef, VersionDescription, VersionParent } from './types.ts'
import { commonAncestor } from './versions/ancestors.ts'
import { latestVersion } from './versions/list.ts'
import { type CommitFacts, type Committed, commitTables } from './write.ts'

/** A new dataset whose first version has the tables of another's; `conflict` when the dataset is there. */
export async function fork(
  lake: Lake,
  source: VersionDescription,
  dataset: string,
  facts: CommitFacts,
): Promise<Committed> {
  const { tables } = source
  const message = facts.message ?? `fork of ${source.dataset}@${source.number}`
  return commitTables(lake, {
    ...facts,
    message,
    dataset,
    base: undefined,
    tables,
    parents: [parentOf(source)],
  })
}

export interface MergeOutcome extends Committed {
  /** Keys that both sides changed; with any of them `version` is the one that stands. */
  readonly conflicts?: readonly Conflict[] | undefined
}

/**
 * Brings into a dataset what another version has changed since their nearest common ancestor. Keys that both
 * changed are conflicts, which are listed and nothing is committed, unless `duplicates` says whose row counts.
 */
export async function merge(
  lake: Lake,
  from: VersionDescription,
  into: string,
  options: CommitFacts & { readonly duplicates?: Duplicates | undefined },
): Promise<MergeOutcome> {
  const { signal } = options
  const [target] = await Promise.all([
    latestVersion(lake, into, { signal }),
    refuseAttached(lake, into, { signal }),
  ])
  if (target === undefined)
    throw new VarveError('not-found', `there is no dataset ${into} to merge into`, { dataset: into })
  const base = await commonAncestor(lake, from, target, { signal })
  // A label asks for a version of its own, even where there is nothing to merge.
  if (base?.id === from.id && options.label === undefined) return { version: target, created: false }
  const tables: Record<string, Table | TableRef | null> = {}
  const conflicts: Conflict[] = []
  for (const name of new Set([...Object.keys(from.tables), ...Object.keys(target.tables)])) {
    const [old, ours, theirs] = [base?.tables[name], from.tables[name], target.tables[name]]
    if (sameTable(ours, theirs) || sameTable(old, ours)) continue
    if (sameTable(old, theirs)) {
      tables[name] = ours ?? null
      continue
    }
    const [a, b, c] = await Promise.all(
      [old, ours, theirs].map((ref) => (ref === undefined ? undefined : openTable(lake, ref, signal))),
    )
    const merged = await mergeTables(lake, into, name, a, b, c, options)
    if (merged.conflicts !== undefined) conflicts.push(...merged.conflicts)
    else tables[name] = merged.table ?? null
  }
  if (conflicts.length > 0) return { version: target, created: false, conflicts }
  const message = options.message ?? `merge of ${from.dataset}@${from.number}`
  return commitTables(lake, {
    ...options,
    message,
    dataset: into,
    base: target,
    tables,
    parents: [parentOf(from)],
  })
}

/** Makes a dataset's tables what they were in an earlier version of it; everything in between stays, too. */
export async function restore(
  lake: Lake,
  version: VersionDescription,
  facts: CommitFacts,
): Promise<Committed> {
  const { dataset, number } = version
  const [base] = await Promise.all([
    latestVersion(lake, dataset, { signal: facts.signal }),
    refuseAttached(lake, dataset, { signal: facts.signal }),
  ])
  const gone = Object.keys(base?.tables ?? {}).map((name) => [name, null] as const)
  const tables = { ...Object.fromEntries(gone), ...version.tables }
  const message = facts.message ?? `restored from ${dataset}@${number}`
  return commitTables(lake, { ...facts, message, dataset, base, tables })
}

function parentOf({ dataset, number, id }: VersionDescription): VersionParent {
  return { dataset, number, id }
}
