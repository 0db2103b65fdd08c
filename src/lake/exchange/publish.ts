/**
 * `varve publish`: a version in fw-dataset's layout, for readers that know nothing of varve. Its tables are whole:
 * all columns in every file, the files' URIs written out, name and ext with them.
 */

import { parquetWriteBuffer } from 'hyparquet-writer'
import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import { type ObjectStore, openStore } from '../../store/index.ts'
import { FILE_COLUMNS, FILES, metadataColumns, nameAndExt, objectUri } from '../files.ts'
import { sha256 } from '../immutable.ts'
import { loadStores } from '../stores.ts'
import { type Block, rowAt, valueAt } from '../table/block.ts'
import { openTable, rowsOf } from '../table/list.ts'
import { parquetSchema } from '../table/parquet-types.ts'
import { readTable } from '../table/read.ts'
import { schemaToJson } from '../table/schema.ts'
import type { Lake, Row, Table, Value, VersionDescription } from '../types.ts'
import { inParallel } from '../work/in-parallel.ts'
import {
  archiveOf,
  DESCRIPTION_FILE,
  LATEST,
  LATEST_FILE,
  type Published,
  readPublished,
  schemaFile,
  tablePrefix,
  withSlash,
} from './published.ts'

export interface PublishReport {
  readonly dataset: string
  readonly version: number
  readonly folder: string
  readonly tables: readonly { readonly name: string; readonly rows: number }[]
}

const DRAFT_07 = 'http://json-schema.org/draft-07/schema#'
/** Files on their way to the store at a time. */
const TOGETHER = 8

/**
 * Publishes a version to a folder or prefix as its latest one; what was the latest moves to the archive before.
 * Publishing what is the latest changes nothing. One publisher at a time: `latest` is a folder that is written over.
 *
 * The description goes first and comes last, so that a `latest` without one is not whole; whoever was cut off
 * publishes again. `conflict` when the folder has another dataset, or files that `publish` did not write.
 */
export async function publishVersion(
  lake: Lake,
  version: VersionDescription,
  folder: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<PublishReport> {
  const store = openStore(withSlash(folder))
  const names = Object.keys(version.tables).sort()
  const tables = new Map<string, Table>()
  for (const name of names) tables.set(name, await openTable(lake, version.tables[name]!, signal))
  const latest = await readPublished(store, LATEST, { signal })
  if (latest?.id !== version.id) {
    const keys = await ownKeys(store, signal)
    if (latest !== undefined) await archive(store, version, latest, keys, signal)
    await clear(store, keys, signal)
    await loadStores(lake, { signal })
    for (const [name, table] of tables) await writeTable(lake, store, name, table, signal)
    await putJson(store, LATEST + DESCRIPTION_FILE, describe(version, tables), signal)
  }
  await putJson(store, LATEST_FILE, pointer(version), signal)
  const rows = [...tables].map(([name, table]) => ({ name, rows: rowsOf(table) }))
  return { dataset: version.dataset, version: version.number, folder: store.url, tables: rows }
}

const OWN =
  /^versions\/latest\/(provenance\/dataset_description\.json|tables\/[^/]+\/[0-9a-f]{64}\.parquet|schemas\/[^/]+\.schema\.json)$/

/** What lies under `latest`; `conflict` when that includes something that is not ours to move. */
async function ownKeys(store: ObjectStore, signal: AbortSignal | undefined): Promise<readonly string[]> {
  const keys: string[] = []
  for await (const entry of store.list(LATEST, { signal })) {
    if (!('key' in entry)) continue
    if (!OWN.test(entry.key)) {
      const uri = store.url + entry.key
      throw new VarveError('conflict', `${uri} was not published by varve; publish to another folder`, {
        uri,
      })
    }
    keys.push(entry.key)
  }
  return keys
}

async function archive(
  store: ObjectStore,
  { dataset }: VersionDescription,
  latest: Published,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const source = Object(latest.dataset_info).source as unknown
  if (latest.name !== dataset || source !== 'varve' || latest.id === 'latest') {
    const message = `${store.url} has the dataset ${latest.name ?? latest.id} published, expected ${dataset} or nothing`
    throw new VarveError('conflict', message, { uri: store.url })
  }
  const target = archiveOf(latest.id)
  if ((await store.info(target + DESCRIPTION_FILE, { signal })) !== undefined) return
  const move = (key: string): Promise<void> => store.copy(key, target + key.slice(LATEST.length), { signal })
  const rest = keys.filter((key) => key !== LATEST + DESCRIPTION_FILE)
  await inParallel(rest, TOGETHER, signal, move)
  await move(LATEST + DESCRIPTION_FILE)
}

async function clear(
  store: ObjectStore,
  keys: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  await store.delete(LATEST + DESCRIPTION_FILE, { signal })
  await inParallel(keys, TOGETHER, signal, (key) => store.delete(key, { signal }))
}

async function writeTable(
  lake: Lake,
  store: ObjectStore,
  name: string,
  table: Table,
  signal: AbortSignal | undefined,
): Promise<void> {
  const isFiles = name === FILES
  const columns = isFiles ? [...FILE_COLUMNS, ...metadataColumns(table.schema)] : table.schema.columns
  const put = async (block: Block): Promise<void> => {
    const bytes = parquetOf(columns, isFiles ? withPlaces(lake, block) : block)
    const key = `${LATEST}${tablePrefix(name)}${sha256(bytes)}.parquet`
    await store.put(key, bytes, { signal })
  }
  await inParallel(readTable(lake, table, { signal }), TOGETHER, signal, put)
  // A table without a file would not be there at all.
  if (table.parts.length === 0) await put({ rows: 0, columns: new Map() })
  const schema = JSON.parse(schemaToJson({ ...table.schema, columns })) as Record<string, unknown>
  await putJson(store, LATEST + schemaFile(name), { ...schema, $schema: DRAFT_07, id: name }, signal)
}

/** Rows of `files` as `files()` shows them. */
function withPlaces(lake: Lake, block: Block): Block {
  const rows = Array.from({ length: block.rows }, (_, i): Row => rowAt(block, i))
  const named = rows.map(({ path }) => nameAndExt(path as string))
  const columns = new Map<string, ArrayLike<Value>>([
    ...block.columns,
    ['uri', rows.map((row) => objectUri(lake, row))],
    ['name', named.map(({ name }) => name)],
    ['ext', named.map(({ ext }) => ext ?? null)],
  ])
  return { rows: block.rows, columns }
}

/** All columns in the schema's order, those of nothing but nulls, too. */
function parquetOf(fields: readonly Field[], block: Block): Uint8Array {
  const buffer = parquetWriteBuffer({
    schema: parquetSchema(fields),
    columnData: fields.map(({ name }) => ({
      name,
      data: Array.from({ length: block.rows }, (_, row) => valueAt(block, name, row)),
    })),
    rowGroupSize: Math.max(1, block.rows),
    createdBy: 'varve publish 1',
  })
  return new Uint8Array(buffer)
}

/** Fields that fw-dataset writes, and under `dataset_info` what varve knows besides. */
function describe(version: VersionDescription, tables: ReadonlyMap<string, Table>): object {
  const { hash, author, files, bytes, message } = version
  const names = [...tables.keys()]
  return {
    ...pointer(version),
    description: message,
    dataset_info: { source: 'varve', hash, author, files, bytes },
    fully_populate: true,
    tables: names,
    errors: [],
    paths: Object.fromEntries(names.map((name) => [name, tablePrefix(name)])),
  }
}

function pointer({ id, dataset, number, label, created_at }: VersionDescription): object {
  return { id, name: dataset, version: number, version_label: label, created: created_at }
}

/** Writes a document unless it stands there as it is. */
async function putJson(
  store: ObjectStore,
  key: string,
  value: object,
  signal: AbortSignal | undefined,
): Promise<void> {
  const body = Buffer.from(`${JSON.stringify(value, null, 2)}\n`)
  const there = await store.get(key, { signal })
  if (there !== undefined && body.equals(there.bytes)) return
  await store.put(key, body, { contentType: 'application/json', signal })
}
