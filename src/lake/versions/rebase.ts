/** What a commit makes of the tables it follows: its own changes, done to what is there. */

import { VarveError } from '../../errors.ts'
import type { Conflict, TableRef, VersionDescription } from '../types.ts'

export type Tables = Readonly<Record<string, TableRef>>

/** Changed tables; null: removed. Tables that are not named stay. */
export type TableChanges = Readonly<Record<string, TableRef | null>>

/**
 * Three-way merge of one table, when someone else committed since `base`; undefined where a side has no such table.
 * Keys that both sides changed are conflicts.
 */
export type MergeTable = (
  name: string,
  base: TableRef | undefined,
  ours: TableRef | undefined,
  theirs: TableRef | undefined,
) => Promise<{ readonly ref: TableRef | undefined } | { readonly conflicts: readonly Conflict[] }>

/** The changes done to `base`, as they were meant. */
export function apply(base: Tables, changes: TableChanges): Tables {
  return withTables(base, Object.entries(changes))
}

/**
 * The changes done to `theirs`, which someone else made of the same base; `conflict`, with the keys in its details,
 * when both changed a key.
 */
export async function rebase(
  dataset: string,
  changes: TableChanges,
  base: Tables,
  theirs: VersionDescription,
  mergeTable: MergeTable,
): Promise<Tables> {
  const merged: [string, TableRef | null][] = []
  const conflicts: Conflict[] = []
  for (const [name, change] of Object.entries(changes)) {
    const [old, ours, now] = [tableOf(base, name), change ?? undefined, tableOf(theirs.tables, name)]
    if (sameTable(ours, now)) continue
    if (sameTable(old, now)) {
      merged.push([name, change])
      continue
    }
    const result = await mergeTable(name, old, ours, now)
    if ('conflicts' in result) conflicts.push(...result.conflicts)
    else merged.push([name, result.ref ?? null])
  }
  if (conflicts.length > 0) throw conflicted(dataset, theirs, conflicts)
  return withTables(theirs.tables, merged)
}

/** Whether two sets of tables have the same rows, under the same schemas. */
export function sameTables(a: Tables, b: Tables): boolean {
  const names = Object.keys(a)
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => sameTable(tableOf(a, name), tableOf(b, name)))
  )
}

/**
 * Not by content: an object that moved changes only where its bytes are. Rules and the order of columns are in the
 * schema alone.
 */
function sameTable(a: TableRef | undefined, b: TableRef | undefined): boolean {
  return a?.parts === b?.parts && a?.schema === b?.schema
}

/** A table may be called `constructor`. */
function tableOf(tables: Tables, name: string): TableRef | undefined {
  return Object.hasOwn(tables, name) ? tables[name] : undefined
}

function withTables(tables: Tables, changes: Iterable<[string, TableRef | null]>): Tables {
  const all = new Map<string, TableRef | null>(Object.entries(tables))
  for (const [name, ref] of changes) all.set(name, ref)
  return Object.fromEntries([...all].flatMap(([name, ref]) => (ref === null ? [] : [[name, ref]])))
}

function conflicted(
  dataset: string,
  { number, author }: VersionDescription,
  conflicts: readonly Conflict[],
): VarveError {
  const [first] = conflicts
  const keys = conflicts.length === 1 ? 'a key' : `${conflicts.length} keys`
  const example = first === undefined ? '' : `, ${first.table} ${shown(first)} first`
  const message = `${dataset}@${number} by ${author} changed ${keys} that this commit changes too${example}; nothing was committed`
  return new VarveError('conflict', message, { dataset, number, conflicts })
}

function shown({ key }: Conflict): string {
  return JSON.stringify(key, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value))
}
