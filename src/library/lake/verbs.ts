/** The verbs on a lake, put together from its parts; SQL where a question is one. */

import { quoteText } from '../../engine/quote.ts'
import { fork, merge, restore } from '../../lake/branch.ts'
import { moveFiles, removeFiles } from '../../lake/edit.ts'
import { addFiles } from '../../lake/ingest/add.ts'
import { inLake, requireLake } from '../../lake/open.ts'
import { datasetRows, gather, tablesOf, type VersionRow, versionRows } from '../../lake/overview.ts'
import { parseReference } from '../../lake/reference.ts'
import { listStores, nameStore } from '../../lake/stores.ts'
import { rowsOf } from '../../lake/table/list.ts'
import { type RowSource, writeRows } from '../../lake/table-write.ts'
import type { Lake, VersionDescription } from '../../lake/types.ts'
import { deleteVersion } from '../../lake/versions/delete.ts'
import { labelVersion } from '../../lake/versions/labels.ts'
import { resolveVersion } from '../../lake/versions/resolve.ts'
import { tagVersion, untag } from '../../lake/versions/tags.ts'
import type { DiffRow, LakeVerbs, TableSource } from '../lake-types.ts'
import { typeName } from '../type-name.ts'
import type { CallOptions } from '../types.ts'
import { writeAlias } from './alias.ts'
import { factsOf, reportOf } from './common.ts'
import { exchangeVerbs } from './exchange.ts'
import { writeOffline } from './offline.ts'
import { filesPage } from './page.ts'
import { batchRows, queryRows, type RunSql } from './query.ts'
import { summarize } from './summary.ts'
import { checkFile, fileQuery, withStdin } from './table-source.ts'
import { upkeepVerbs } from './upkeep.ts'

/** The verbs on this lake, which need not exist (yet); `run` is the session that their questions are asked in. */
export function createLakeVerbs(lake: Lake, run: RunSql): LakeVerbs {
  const version = (reference: string, { signal }: CallOptions = {}): Promise<VersionDescription> =>
    inLake(lake, () => resolveVersion(lake, parseReference(reference), { signal }), signal)

  const row = async (reference: VersionDescription, signal: AbortSignal | undefined): Promise<VersionRow> => {
    const rows = await versionRows(lake, reference.dataset, signal)
    return rows.find(({ version: number }) => number === reference.number)!
  }

  return {
    async datasets({ signal } = {}) {
      const rows = await gather(datasetRows(lake, { signal }))
      if (rows.length === 0) await requireLake(lake, signal)
      return rows
    },
    versions: (dataset, { signal } = {}) => inLake(lake, () => versionRows(lake, dataset, signal), signal),
    diff: (a, b, table, options = {}) => diff(run, a, b, table, options),
    async label(reference, label, options = {}) {
      const named = await version(reference, options)
      await labelVersion(lake, named, label, options)
      return row(named, options.signal)
    },
    async tag(reference, tag, options = {}) {
      const named = await version(reference, options)
      await tagVersion(lake, named, tag, options)
      return row(named, options.signal)
    },
    untag: (dataset, tag, options = {}) =>
      inLake(lake, () => untag(lake, dataset, tag, options), options.signal),
    async delete(reference, options = {}) {
      const { dataset, number } = await version(reference, options)
      await deleteVersion(lake, dataset, number, options)
    },
    async add(paths, options) {
      const added = await addFiles(lake, paths, { ...options, ...factsOf(options) })
      const { version: committed, created, ...counts } = added
      return { ...reportOf(committed, created), ...counts }
    },
    async remove(dataset, paths, options = {}) {
      const {
        version: committed,
        created,
        removed,
      } = await inLake(lake, () => removeFiles(lake, dataset, paths, factsOf(options)), options.signal)
      return { ...reportOf(committed, created), removed }
    },
    async move(dataset, from, to, options = {}) {
      const {
        version: committed,
        created,
        moved,
      } = await inLake(lake, () => moveFiles(lake, dataset, from, to, factsOf(options)), options.signal)
      return { ...reportOf(committed, created), moved }
    },
    async writeTable(dataset, table, source, options = {}) {
      await requireLake(lake, options.signal)
      const { schema: rules, mode, key } = options
      const write = { dataset, table, mode, key, rules, ...factsOf(options) }
      const written = await withRows(run, source, options, (rows) => writeRows(lake, write, rows))
      const { version: committed, created, added, changed, removed } = written
      return { ...reportOf(committed, created), table, rows: rowsOf(written.table), added, changed, removed }
    },
    async tables(reference, options = {}) {
      const all = await tablesOf(lake, await version(reference, options), options.signal)
      return all.map(({ name, table: { schema, parts }, rows, bytes }) => ({
        table: name,
        rows,
        parts: parts.length,
        bytes,
        key: schema.key,
        columns: schema.columns.map((column) => ({ name: column.name, type: typeName(column.type) })),
      }))
    },
    files: (reference, options = {}) =>
      inLake(lake, () => filesPage(lake, run, reference, options), options.signal),
    summary: (reference, by = [], options = {}) =>
      inLake(lake, () => summarize(lake, run, reference, by, options), options.signal),
    offline: (reference, file, options = {}) =>
      inLake(lake, () => writeOffline(lake, run, reference, file, options), options.signal),
    async fork(reference, dataset, options = {}) {
      const source = await version(reference, options)
      const { version: committed, created } = await fork(lake, source, dataset, factsOf(options))
      return reportOf(committed, created)
    },
    async restore(reference, options = {}) {
      const { version: committed, created } = await restore(
        lake,
        await version(reference, options),
        factsOf(options),
      )
      return reportOf(committed, created)
    },
    async merge(from, into, options = {}) {
      const source = await version(from, options)
      const merged = await merge(lake, source, into, { ...factsOf(options), duplicates: options.duplicates })
      const { conflicts = [] } = merged
      return { ...reportOf(merged.version, merged.created), conflicts }
    },
    async alias(dataset, alias, path, options = {}) {
      const { version: committed, created } = await writeAlias(
        lake,
        await version(dataset, options),
        alias,
        path,
        factsOf(options),
      )
      return reportOf(committed, created)
    },
    stores: ({ signal } = {}) => listStores(lake, { signal }),
    async nameStore(name, url, { signal } = {}) {
      await requireLake(lake, signal)
      return nameStore(lake, name, url, { signal })
    },
    ...upkeepVerbs(lake),
    ...exchangeVerbs(lake, run),
  }
}

/** Changes as `diff()` has them: what is no column of the change itself is the key. */
async function* diff(
  run: RunSql,
  a: string,
  b: string,
  table: string | undefined,
  { signal }: CallOptions,
): AsyncGenerator<DiffRow> {
  const name = table === undefined ? '' : `, table_name := ${quoteText(table)}`
  const { rows } = await queryRows(run, `from diff(${quoteText(a)}, ${quoteText(b)}${name})`, { signal })
  for await (const { change, old = null, new: now = null, ...key } of rows)
    yield { key, change: change as DiffRow['change'], old: old as DiffRow['old'], new: now as DiffRow['new'] }
}

/** The rows of a source while `work` reads them. */
async function withRows<T>(
  run: RunSql,
  source: TableSource,
  { signal }: CallOptions,
  work: (rows: RowSource) => Promise<T>,
): Promise<T> {
  if ('batches' in source)
    return work({ columns: source.columns, rows: batchRows(source.columns, source.batches) })
  const ask = async (sql: string): Promise<T> =>
    work(await queryRows(run, sql, { params: 'params' in source ? source.params : undefined, signal }))
  if ('query' in source) return ask(source.query)
  if (source.file === '-') return withStdin(process.stdin, ask, signal)
  await checkFile(source.file)
  return ask(fileQuery(source.file))
}
