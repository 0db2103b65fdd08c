/** Removing and moving files: new versions in which rows are gone or have other paths; no byte moves. */

import { VarveError } from '../errors.ts'
import { clashesWith } from './clashes.ts'
import { refuseAttached } from './exchange/attached.ts'
import { FILES } from './files.ts'
import { filesMatching } from './match.ts'
import { pathProblem } from './names.ts'
import { pathKey } from './table/key.ts'
import { openTable } from './table/list.ts'
import { findRows } from './table/read.ts'
import { rewriteTable } from './table/rewrite.ts'
import type { Change, Lake, Row, Table, VersionDescription } from './types.ts'
import { resolveVersion } from './versions/resolve.ts'
import { type CommitFacts, type Committed, commitTables } from './write.ts'

/** Removes files, folders and what patterns match; `not-found` when one of them matches nothing. */
export async function removeFiles(
  lake: Lake,
  dataset: string,
  patterns: readonly string[],
  facts: CommitFacts,
): Promise<Committed & { readonly removed: number }> {
  const { base, table } = await latestFiles(lake, dataset, facts.signal)
  const gone = new Map<string, Change>()
  for (const pattern of patterns)
    for (const { key } of await found(lake, base, table, pattern, facts.signal))
      gone.set(key, { key, row: undefined })
  const committed = await change(lake, dataset, base, table, [...gone.values()], facts)
  return { ...committed, removed: gone.size }
}

/**
 * Gives a file another path, or a folder with all below it. Asset ids and bytes stay. `conflict` when something is
 * at the new path.
 */
export async function moveFiles(
  lake: Lake,
  dataset: string,
  from: string,
  to: string,
  facts: CommitFacts,
): Promise<Committed & { readonly moved: number }> {
  const { base, table } = await latestFiles(lake, dataset, facts.signal)
  const source = from.replace(/\/+$/, '')
  const rows = await found(lake, base, table, source, facts.signal)
  const target = targetOf(source, to, rows)
  const moved = rows.map(({ path, row }) => {
    const next = target + path.slice(source.length)
    const problem = pathProblem(next)
    if (problem !== undefined)
      throw new VarveError('invalid-input', `the path ${JSON.stringify(next)} ${problem}`, { path: next })
    return { key: pathKey(next), row: { ...row, path: next } }
  })
  await checkFree(lake, table, rows, moved, facts.signal)
  const changes = new Map<string, Change>(rows.map(({ key }) => [key, { key, row: undefined }]))
  for (const one of moved) changes.set(one.key, one)
  const committed = await change(lake, dataset, base, table, [...changes.values()], facts)
  return { ...committed, moved: moved.length }
}

interface Found {
  readonly key: string
  readonly path: string
  readonly row: Row
}

async function found(
  lake: Lake,
  { dataset, number }: VersionDescription,
  table: Table,
  pattern: string,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const rows: Found[] = []
  for await (const row of filesMatching(lake, table, pattern, signal)) {
    const path = row.path as string
    rows.push({ key: pathKey(path), path, row })
  }
  if (rows.length > 0) return rows
  throw new VarveError('not-found', `${dataset}@${number} has no file ${pattern}`, { dataset, path: pattern })
}

/** A file moved to `folder/` goes into it, as with mv. */
function targetOf(source: string, to: string, rows: readonly Found[]): string {
  const isFile = rows.length === 1 && rows[0]!.path === source
  if (!to.endsWith('/')) return to
  return isFile ? `${to}${source.slice(source.lastIndexOf('/') + 1)}` : to.replace(/\/+$/, '')
}

async function checkFree(
  lake: Lake,
  table: Table,
  leaving: readonly Found[],
  coming: readonly { readonly key: string; readonly row: Row }[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const left = new Set(leaving.map(({ key }) => key))
  const keys = coming.map(({ key }) => key).filter((key) => !left.has(key))
  const [taken] = (await findRows(lake, table, keys, { signal })).values()
  const paths = coming.map(({ row }) => row.path as string)
  const clashes = await clashesWith(lake, table, paths, signal)
  const [clash] = [...clashes.values()].filter((path) => !left.has(pathKey(path)))
  const path = (taken?.path as string | undefined) ?? clash
  if (path !== undefined)
    throw new VarveError('conflict', `${path} is there already, expected nothing at the new path`, { path })
}

async function latestFiles(
  lake: Lake,
  dataset: string,
  signal: AbortSignal | undefined,
): Promise<{ base: VersionDescription; table: Table }> {
  const [base] = await Promise.all([
    resolveVersion(lake, { dataset, version: { kind: 'latest' } }, { signal }),
    refuseAttached(lake, dataset, { signal }),
  ])
  const ref = base.tables[FILES]
  if (ref === undefined)
    throw new VarveError('not-found', `${dataset}@${base.number} has no files`, { dataset })
  return { base, table: await openTable(lake, ref, signal) }
}

async function change(
  lake: Lake,
  dataset: string,
  base: VersionDescription,
  table: Table,
  changes: readonly Change[],
  facts: CommitFacts,
): Promise<Committed> {
  const sorted = [...changes].sort((a, b) => (a.key < b.key ? -1 : 1))
  const rewritten = await rewriteTable(lake, dataset, table, table.schema, sorted, { signal: facts.signal })
  return commitTables(lake, { ...facts, dataset, base, tables: { [FILES]: rewritten.table } })
}
