/** Lakes with a few files, and stores that fail, for tests of what goes out of them and comes in. */

import { createHash } from 'node:crypto'
import { VarveError } from '../../../src/errors.ts'
import type { Field } from '../../../src/formats/batch.ts'
import { FILES, filesSchema } from '../../../src/lake/files.ts'
import { objectKey } from '../../../src/lake/layout.ts'
import { openLake } from '../../../src/lake/open.ts'
import { rowAt } from '../../../src/lake/table/block.ts'
import { keyOf } from '../../../src/lake/table/key.ts'
import { openTable } from '../../../src/lake/table/list.ts'
import { readTable } from '../../../src/lake/table/read.ts'
import { rewriteTable } from '../../../src/lake/table/rewrite.ts'
import type { Change, Lake, Row, Table, TableSchema, VersionDescription } from '../../../src/lake/types.ts'
import { latestVersion } from '../../../src/lake/versions/list.ts'
import { commitTables } from '../../../src/lake/write.ts'
import { type ObjectStore, openStore } from '../../../src/store/index.ts'

let lakes = 0

/** Parts of a handful of rows; its clock stands still. */
export function testLake(
  store: ObjectStore = openStore(`memory://exchange-${process.pid}-${lakes++}/`),
): Lake {
  return openLake({ store }, { chunking: { min: 2, normal: 4, max: 9 } })
}

export const sha = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export const METADATA: readonly Field[] = [
  { name: 'camera', type: { kind: 'utf8' } },
  { name: 'image', type: { kind: 'struct', fields: [{ name: 'width', type: { kind: 'int32' } }] } },
]

/** A file whose bytes are in the lake. */
export async function stored(
  lake: Lake,
  path: string,
  content: string | Uint8Array,
  more: Row = {},
): Promise<Row> {
  const bytes = Buffer.from(content)
  await lake.store.put(objectKey(sha(bytes)), bytes)
  return {
    path,
    bytes: BigInt(bytes.length),
    sha256: sha(bytes),
    modified_at: 1_700_000_000_123_456n,
    asset_id: `asset-${path}`,
    ...more,
  }
}

/** A file that was registered where it is, without a checksum. */
export async function inPlace(store: ObjectStore, key: string, path: string, content: string): Promise<Row> {
  await store.put(key, Buffer.from(content))
  const info = await store.info(key)
  return {
    path,
    bytes: BigInt(Buffer.byteLength(content)),
    etag: info!.identity,
    uri: store.url + key,
    modified_at: BigInt(Math.round(info!.modified)) * 1000n,
  }
}

export const SCORES: TableSchema = {
  columns: [
    { name: 'id', type: { kind: 'int64' } },
    { name: 'name', type: { kind: 'utf8' } },
    { name: 'score', type: { kind: 'float64' } },
    { name: 'nothing', type: { kind: 'utf8' } },
    { name: 'tags', type: { kind: 'list', item: { kind: 'utf8' } } },
    { name: 'price', type: { kind: 'decimal', precision: 20, scale: 2 } },
    { name: 'day', type: { kind: 'date' } },
  ],
  key: ['id'],
  keyKind: 'values',
}

export async function makeTable(
  lake: Lake,
  dataset: string,
  schema: TableSchema,
  rows: readonly Row[],
): Promise<Table> {
  const changes = rows.map((row): Change => ({ key: keyOf(schema, row), row }))
  changes.sort((a, b) => (a.key < b.key ? -1 : 1))
  return (await rewriteTable(lake, dataset, undefined, schema, changes)).table
}

/** Commits a version with these files and tables, and no other. */
export async function version(
  lake: Lake,
  dataset: string,
  files: readonly Row[],
  tables: Readonly<Record<string, Table | null>> = {},
  label?: string,
): Promise<VersionDescription> {
  const made = await makeTable(lake, dataset, filesSchema(METADATA), files)
  const draft = { author: 'test', dataset, base: await latestVersion(lake, dataset), label }
  return (await commitTables(lake, { ...draft, tables: { [FILES]: made, ...tables } })).version
}

export async function rowsOf(lake: Lake, described: VersionDescription, table = FILES): Promise<Row[]> {
  const rows: Row[] = []
  const opened = await openTable(lake, described.tables[table]!)
  for await (const block of readTable(lake, opened))
    for (let i = 0; i < block.rows; i++) rows.push(rowAt(block, i))
  return rows
}

export async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items
}

/** All keys of a store under a prefix. */
export async function keysOf(store: ObjectStore, prefix = ''): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of store.list(prefix)) if ('key' in entry) keys.push(entry.key)
  return keys
}

export interface Faulty {
  readonly store: ObjectStore
  /** Calls so far, by `op key`. */
  readonly calls: string[]
}

/** The store, whose call number `failAt` (from 0) throws, before or after it was done. */
export function faulty(store: ObjectStore, failAt = -1, after = false): Faulty {
  const calls: string[] = []
  const guarded =
    <A extends [string, ...unknown[]], R>(op: string, work: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const fails = calls.push(`${op} ${args[0]}`) - 1 === failAt
      if (fails && !after) throw crash()
      const result = await work(...args)
      if (fails) throw crash()
      return result
    }
  return {
    calls,
    store: {
      ...store,
      open: guarded('open', store.open),
      info: guarded('info', store.info),
      get: guarded('get', store.get),
      put: guarded('put', store.put),
      delete: guarded('delete', store.delete),
      copy: guarded('copy', store.copy),
      upload: guarded('upload', store.upload),
    },
  }
}

const crash = (): VarveError => new VarveError('internal', 'the process was killed here')
