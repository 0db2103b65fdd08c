/** A published table, read from its Parquet files and written as one of the lake's. */

import { VarveError } from '../../errors.ts'
import type { Field } from '../../formats/batch.ts'
import type { ObjectStore } from '../../store/index.ts'
import { FILES } from '../files.ts'
import { sortByKey } from '../ingest/sort.ts'
import { checkTableName, pathProblem } from '../names.ts'
import { rowFromText, rowToText } from '../row-text.ts'
import { keyOf } from '../table/key.ts'
import { rewriteTable } from '../table/rewrite.ts'
import { castRow, parseSchema, unitedSchema } from '../table/schema.ts'
import type { Change, Lake, Row, Table, TableSchema } from '../types.ts'
import { inOrder } from '../work/in-order.ts'
import { type ForeignFile, openForeign } from './foreign-parquet.ts'
import { jsonOf, schemaFile } from './published.ts'

export interface PublishedTable {
  /** Of the version. */
  readonly folder: string
  readonly name: string
  /** Its Parquet files. */
  readonly keys: readonly string[]
}

/** The Parquet files of a version by table, both in the order of their names. */
export async function tableFiles(
  store: ObjectStore,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<Map<string, string[]>> {
  const files = new Map<string, string[]>()
  const prefix = `${folder}tables/`
  for await (const entry of store.list(prefix, { signal })) {
    if (!('key' in entry) || !entry.key.endsWith('.parquet')) continue
    const [name = '', ...rest] = entry.key.slice(prefix.length).split('/')
    if (rest.length === 0) continue
    const keys = files.get(checkTableName(name)) ?? []
    files.set(name, keys)
    keys.push(entry.key)
  }
  return files
}

/** Columns that `publish` adds to `files`, which follow from the path. */
const DERIVED: ReadonlySet<string> = new Set(['name', 'ext'])

/**
 * Reads a table and writes its parts. Its key is the one that varve published it with; else its column `id` where
 * that tells all rows apart, else the rows are numbered in a column of their own, from 0.
 */
export async function attachTable(
  lake: Lake,
  dataset: string,
  store: ObjectStore,
  table: PublishedTable,
  signal: AbortSignal | undefined,
): Promise<Table> {
  const files: TableFile[] = []
  for await (const file of inOrder(each(table.keys), (key) => openFile(store, table, key, signal)))
    files.push(file)
  const own = await ownSchema(store, table, signal)
  const columns = columnsOf(files)
  const schema =
    own === undefined ? await foreignSchema(columns, files, signal) : checked(table, own, columns)
  const changes = changesOf(schema, files, signal)
  return (await rewriteTable(lake, dataset, undefined, schema, changes, { signal })).table
}

async function* each<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

interface TableFile extends ForeignFile {
  /** Values from the folders that it lies in: `year=2024/`. */
  readonly partitions: Row
}

async function openFile(
  store: ObjectStore,
  { folder, name }: PublishedTable,
  key: string,
  signal: AbortSignal | undefined,
): Promise<TableFile> {
  const info = await store.info(key, { signal })
  const uri = store.url + key
  if (info === undefined) throw new VarveError('not-found', `${uri} does not exist any more`, { uri })
  const file = await openForeign(() => store.attach(key, info.size, info.identity), signal)
  const inside = key.slice(`${folder}tables/${name}/`.length).split('/').slice(0, -1)
  const pairs = inside.flatMap((part) => {
    const at = part.indexOf('=')
    const column = part.slice(0, at)
    return at <= 0 || file.columns.some((field) => field.name === column)
      ? []
      : [[column, partitionValue(part.slice(at + 1))] as const]
  })
  return { ...file, partitions: Object.fromEntries(pairs) }
}

/** As Hive writes it. */
function partitionValue(text: string): string | null {
  if (text === '__HIVE_DEFAULT_PARTITION__') return null
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** The columns of all files together. */
function columnsOf(files: readonly TableFile[]): readonly Field[] {
  let united: TableSchema = { columns: [], key: [], keyKind: 'values' }
  for (const { columns, partitions } of files) {
    const folders = Object.keys(partitions).map((column): Field => ({ name: column, type: { kind: 'utf8' } }))
    united = unitedSchema(united, { ...united, columns: [...columns, ...folders] })
  }
  return united.columns
}

/** The schema with which varve published the table; undefined where someone else did. */
async function ownSchema(
  store: ObjectStore,
  { folder, name }: PublishedTable,
  signal: AbortSignal | undefined,
): Promise<TableSchema | undefined> {
  const key = folder + schemaFile(name)
  const found = await store.get(key, { signal })
  if (found === undefined) return undefined
  const document = Object(jsonOf(store.url + key, found.bytes)) as Record<string, unknown>
  return document['x-varve'] === undefined
    ? undefined
    : parseSchema(JSON.stringify(document), store.url + key)
}

/** What varve says of its own table, when the files have those columns; without those that follow from others. */
function checked({ name }: PublishedTable, schema: TableSchema, columns: readonly Field[]): TableSchema {
  const types = new Map(columns.map((column) => [column.name, JSON.stringify(column.type)]))
  for (const column of schema.columns) {
    if (types.get(column.name) === JSON.stringify(column.type)) continue
    const actual = types.get(column.name) ?? 'missing'
    const expected = JSON.stringify(column.type)
    const message = `the column "${column.name}" of the published table "${name}" is ${actual}, expected ${expected}`
    throw new VarveError('invalid-data', message, { table: name, column: column.name })
  }
  if ((schema.keyKind === 'path') !== (name === FILES))
    throw new VarveError('invalid-data', `the published table "${name}" has a key of paths`, { table: name })
  if (name !== FILES) return schema
  return { ...schema, key: ['path'], columns: schema.columns.filter((column) => !DERIVED.has(column.name)) }
}

/** Types of which a column `id` is taken for the key. */
const ID_KINDS: ReadonlySet<string> = new Set(['utf8', 'int32', 'int64'])

async function foreignSchema(
  columns: readonly Field[],
  files: readonly TableFile[],
  signal: AbortSignal | undefined,
): Promise<TableSchema> {
  const id = columns.find(({ name, type }) => name === 'id' && ID_KINDS.has(type.kind))
  if (id !== undefined && (await tellsApart('id', files, signal)))
    return { columns, key: ['id'], keyKind: 'values' }
  let number = 'row_number'
  while (columns.some(({ name }) => name === number)) number += '_'
  return {
    columns: [{ name: number, type: { kind: 'int64' } }, ...columns],
    key: [number],
    keyKind: 'values',
  }
}

async function tellsApart(
  column: string,
  files: readonly TableFile[],
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const seen = new Set<unknown>()
  for await (const row of rowsOf(files, signal)) {
    const value = row[column] ?? null
    if (value === null || seen.has(value)) return false
    seen.add(value)
  }
  return true
}

async function* rowsOf(files: readonly TableFile[], signal: AbortSignal | undefined): AsyncGenerator<Row> {
  for (const file of files) for await (const row of file.read(signal)) yield { ...row, ...file.partitions }
}

async function* changesOf(
  schema: TableSchema,
  files: readonly TableFile[],
  signal: AbortSignal | undefined,
): AsyncGenerator<Change> {
  const [number = ''] = schema.key
  const isNumbered = !files.some(({ columns }) => columns.some(({ name }) => name === number))
  const keyed = async function* (): AsyncGenerator<{ key: string; value: Row }> {
    let count = 0n
    for await (const given of rowsOf(files, signal)) {
      const row = castRow(schema, isNumbered ? { ...given, [number]: count++ } : given)
      if (schema.keyKind === 'path') requirePath(row.path)
      yield { key: keyOf(schema, row), value: row }
    }
  }
  const sorted = sortByKey(keyed(), { encode: rowToText, decode: rowFromText, signal })
  let last: string | undefined
  for await (const { key, value } of sorted) {
    if (key === last) {
      const message = `two rows of a published table have the key ${schema.key.join(', ')} in common`
      throw new VarveError('invalid-data', message, { key: schema.key })
    }
    last = key
    yield { key, row: value }
  }
}

function requirePath(path: unknown): void {
  const problem = typeof path === 'string' ? pathProblem(path) : 'is none'
  if (problem === undefined) return
  throw new VarveError('invalid-data', `the published path ${JSON.stringify(path)} ${problem}`, { path })
}
