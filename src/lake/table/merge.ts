/** Three tables become one: what we changed since the base, done to theirs. */

import type { Change, Conflict, Lake, Row, RowChange, Table } from '../types.ts'
import { sameRow } from './block.ts'
import { diffTables } from './diff.ts'
import { rewriteTable } from './rewrite.ts'

/** What a key that both sides changed becomes; `fail`: a conflict. */
export type Duplicates = 'fail' | 'ours' | 'theirs'

export type Merged =
  | { readonly table: Table | undefined; readonly conflicts?: undefined }
  | { readonly conflicts: readonly Conflict[] }

/** Most conflicts that are listed one by one. */
const MOST_CONFLICTS = 1000

/**
 * The table with the changes of both sides. Keys that only one side changed are taken from it; a key that both
 * changed to the same row is no conflict. Cost follows the changes.
 */
export async function mergeTables(
  lake: Lake,
  dataset: string,
  name: string,
  base: Table | undefined,
  ours: Table | undefined,
  theirs: Table | undefined,
  options: { readonly duplicates?: Duplicates | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<Merged> {
  const { duplicates = 'fail', signal } = options
  if (ours === undefined || theirs === undefined) return mergeRemoved(lake, name, base, ours, theirs, signal)
  const conflicts: Conflict[] = []
  const clash = (change: RowChange): boolean => {
    if (duplicates === 'fail' && conflicts.length < MOST_CONFLICTS)
      conflicts.push(conflictOf(name, ours, change))
    return duplicates === 'ours'
  }
  const changes = ourChanges(lake, base, ours, theirs, clash, signal)
  const { table } = await rewriteTable(lake, dataset, theirs, ours.schema, changes, { signal })
  return conflicts.length > 0 ? { conflicts } : { table }
}

/** One side removed the whole table: fine where the other left it as it was. */
async function mergeRemoved(
  lake: Lake,
  name: string,
  base: Table | undefined,
  ours: Table | undefined,
  theirs: Table | undefined,
  signal: AbortSignal | undefined,
): Promise<Merged> {
  const kept = ours ?? theirs
  if (base === undefined || kept === undefined) return { table: kept }
  const conflicts: Conflict[] = []
  for await (const change of diffTables(lake, base, kept, signal)) {
    conflicts.push(conflictOf(name, kept, change))
    if (conflicts.length === MOST_CONFLICTS) break
  }
  return conflicts.length > 0 ? { conflicts } : { table: undefined }
}

/** `clash` is told of each key that both changed differently, and says whether ours counts. */
async function* ourChanges(
  lake: Lake,
  base: Table | undefined,
  ours: Table,
  theirs: Table,
  clash: (change: RowChange) => boolean,
  signal: AbortSignal | undefined,
): AsyncGenerator<Change> {
  const own = diffTables(lake, base, ours, signal)
  const other = diffTables(lake, base, theirs, signal)
  try {
    let their = await other.next()
    for await (const our of own) {
      while (their.done !== true && their.value.key < our.key) their = await other.next()
      const both = their.done !== true && their.value.key === our.key ? (their.value as RowChange) : undefined
      if (both === undefined || (!sameOutcome(our.new, both.new) && clash(our)))
        yield { key: our.key, row: our.new }
    }
  } finally {
    await other.return(undefined)
  }
}

function sameOutcome(a: Row | undefined, b: Row | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameRow(a, b)
}

function conflictOf(table: string, { schema }: Table, change: RowChange): Conflict {
  const row = (change.new ?? change.old)!
  return { table, key: Object.fromEntries(schema.key.map((name) => [name, row[name] ?? null])) }
}
