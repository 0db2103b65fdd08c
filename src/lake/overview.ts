/** What is in a lake, as rows: datasets, versions, tables. */

import { FILES } from './files.ts'
import { openTable } from './table/list.ts'
import type { Lake, Table, VersionDescription } from './types.ts'
import { latestVersion, listDatasets, listVersions } from './versions/list.ts'
import { noSuchVersion } from './versions/missing.ts'
import { listLabels, listTags } from './versions/refs.ts'
import { readSettings } from './versions/settings.ts'
import { inOrder } from './work/in-order.ts'

/** One row of `datasets()`. */
export interface DatasetRow {
  readonly name: string
  /** Null: it has settings and no version yet. */
  readonly latest: number | null
  readonly versions: number
  readonly files: number
  readonly bytes: number
  /** Of the latest version, RFC 3339. */
  readonly created_at: string | null
  readonly description: string | null
}

/** Datasets in the order of their names; `counts: false` leaves `versions` 0 and saves reading them all. */
export async function* datasetRows(
  lake: Lake,
  { counts = true, signal }: { readonly counts?: boolean; readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<DatasetRow> {
  yield* inOrder(listDatasets(lake, signal), (name) => datasetRow(lake, name, counts, signal))
}

/** One dataset's row. */
export async function datasetRow(
  lake: Lake,
  name: string,
  counts: boolean,
  signal: AbortSignal | undefined,
): Promise<DatasetRow> {
  const [latest, settings, versions] = await Promise.all([
    latestVersion(lake, name, { signal }),
    readSettings(lake, name, { signal }),
    counts ? gather(listVersions(lake, name, signal)) : [],
  ])
  return {
    name,
    latest: latest?.number ?? null,
    versions: versions.length,
    files: latest?.files ?? 0,
    bytes: latest?.bytes ?? 0,
    created_at: latest?.created_at ?? null,
    description: settings?.description ?? null,
  }
}

/** One row of `versions(d)`. */
export interface VersionRow {
  readonly dataset: string
  readonly version: number
  readonly label: string | null
  readonly tags: readonly string[]
  /** `dataset@number`. */
  readonly parents: readonly string[]
  readonly files: number
  readonly bytes: number
  readonly author: string
  readonly message: string | null
  readonly hash: string
  readonly created_at: string
}

/** A dataset's versions from the first to the latest; `not-found` when it has none. */
export async function versionRows(lake: Lake, dataset: string, signal?: AbortSignal): Promise<VersionRow[]> {
  const [all, labels, tags] = await Promise.all([
    gather(listVersions(lake, dataset, signal)),
    gather(listLabels(lake, dataset, { signal })),
    gather(listTags(lake, dataset, { signal })),
  ])
  if (all.length === 0) throw await noSuchVersion(lake, dataset, { kind: 'latest' }, { signal })
  const label = new Map(labels.map((ref) => [ref.id, ref.label]))
  return all.map((version) => ({
    dataset: version.dataset,
    version: version.number,
    label: version.label ?? label.get(version.id) ?? null,
    tags: tags.filter(({ id }) => id === version.id).map(({ tag }) => tag),
    parents: version.parents.map((parent) => `${parent.dataset}@${parent.number}`),
    files: version.files,
    bytes: version.bytes,
    author: version.author,
    message: version.message,
    hash: version.hash,
    created_at: version.created_at,
  }))
}

export interface NamedTable {
  readonly name: string
  readonly table: Table
  readonly rows: number
  readonly bytes: number
}

/** A version's tables, opened: `files` first, then by name. */
export function tablesOf(
  lake: Lake,
  { tables }: VersionDescription,
  signal?: AbortSignal,
): Promise<NamedTable[]> {
  const rank = ([name]: readonly [string, unknown]): string => (name === FILES ? '' : name)
  const sorted = Object.entries(tables).sort((a, b) => (rank(a) < rank(b) ? -1 : 1))
  return Promise.all(
    sorted.map(async ([name, ref]) => {
      const table = await openTable(lake, ref, signal)
      return { name, table, rows: ref.rows, bytes: table.parts.reduce((sum, part) => sum + part.bytes, 0) }
    }),
  )
}

export async function gather<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
