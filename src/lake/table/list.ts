/** A table's list of parts as a Parquet file: all that finding, pruning and comparing parts needs, in one request. */

import { parquetReadObjects } from 'hyparquet'
import { parquetWriteBuffer } from 'hyparquet-writer'
import { VarveError } from '../../errors.ts'
import { getImmutable, putImmutable, remembered, sha256 } from '../immutable.ts'
import { listKey, schemaKey } from '../layout.ts'
import { isNamed, loadStores } from '../stores.ts'
import type { Lake, Part, Table, TableRef, TableSchema } from '../types.ts'
import { parseSchema, schemaToJson } from './schema.ts'

/**
 * Writes list and schema, so that a version can name the table.
 *
 * @param before the same table of the version that is followed: its schema need not be written again
 */
export async function writeTable(
  lake: Lake,
  dataset: string,
  table: Table,
  signal?: AbortSignal,
  before?: TableRef,
): Promise<TableRef> {
  const bytes = writeList(table.parts, dataset)
  const schema = Buffer.from(schemaToJson(table.schema))
  const ref = { list: sha256(bytes), schema: sha256(schema), home: dataset }
  await Promise.all([
    putImmutable(lake, listKey(dataset, ref.list), bytes, signal),
    // Having read one is no proof that it is there: its versions may be deleted since, and their garbage collected.
    before?.schema === ref.schema && before.home === dataset
      ? undefined
      : putImmutable(lake, schemaKey(dataset, ref.schema), schema, signal),
  ])
  // Whoever writes a table is the first to need it: to sum it up, and to merge it with what others did.
  remembered(lake, listKey(dataset, ref.list), async () => table.parts)
  const parts = sha256(table.parts.map(({ hash }) => hash).join('\n'))
  return { ...ref, rows: rowsOf(table), parts, content: tableContent(table) }
}

export function rowsOf({ parts }: Table): number {
  return parts.reduce((rows, part) => rows + part.rows, 0)
}

/** Hash of what the rows say and what they are called. */
export function tableContent({ schema, parts }: Table): string {
  const columns = [...schema.columns].sort((a, b) => (a.name < b.name ? -1 : 1))
  return sha256(JSON.stringify([columns, schema.key, parts.map(({ content }) => content)]))
}

/** Opens a table of a version: two requests, or none when it was opened before. */
export async function openTable(lake: Lake, ref: TableRef, signal?: AbortSignal): Promise<Table> {
  const [schema, parts] = await Promise.all([
    openSchema(lake, ref, signal),
    openParts(lake, ref.home, ref.list, signal),
  ])
  // '@' comes before all letters that URIs begin with, so the least one tells.
  if (schema.keyKind === 'path' && parts.some(({ zones }) => isNamed(zones.uri?.[0])))
    await loadStores(lake, { signal })
  return { schema, parts }
}

export function openSchema(lake: Lake, ref: TableRef, signal?: AbortSignal): Promise<TableSchema> {
  const key = schemaKey(ref.home, ref.schema)
  return remembered(lake, key, async () =>
    parseSchema(Buffer.from(await getImmutable(lake, key, ref.schema, signal)).toString(), lake.url + key),
  )
}

function openParts(lake: Lake, home: string, hash: string, signal?: AbortSignal): Promise<readonly Part[]> {
  const key = listKey(home, hash)
  return remembered(lake, key, async () =>
    readList(await getImmutable(lake, key, hash, signal), home, lake.url + key),
  )
}

const TEXTS = ['hash', 'content', 'min', 'max', 'home', 'zones', 'nulls'] as const

/** Keys are bytes to Parquet, so that any reader sees those that are text as text. */
const KEYS: ReadonlySet<string> = new Set(['min', 'max'])

function writeList(parts: readonly Part[], dataset: string): Uint8Array {
  const texts = parts.map(({ hash, content, min, max, home, zones, nulls }) => ({
    hash,
    content,
    min: Buffer.from(min, 'latin1'),
    max: Buffer.from(max, 'latin1'),
    home: home === dataset ? null : home,
    zones: JSON.stringify(zones, zoneToJson),
    nulls: JSON.stringify(nulls),
  }))
  const buffer = parquetWriteBuffer({
    columnData: [
      ...TEXTS.map((name) => ({
        name,
        type: KEYS.has(name) ? ('BYTE_ARRAY' as const) : ('STRING' as const),
        data: texts.map((part) => part[name]),
        nullable: name === 'home',
        offsetIndex: false,
      })),
      ...(['rows', 'bytes', 'payload'] as const).map((name) => ({
        name,
        type: 'INT64' as const,
        data: parts.map((part) => BigInt(part[name])),
        nullable: false,
        offsetIndex: false,
      })),
    ],
    statistics: false,
    rowGroupSize: Math.max(1, parts.length),
    createdBy: 'varve list 1',
  })
  return new Uint8Array(buffer)
}

async function readList(bytes: Uint8Array, dataset: string, uri: string): Promise<readonly Part[]> {
  const file = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer
  const rows = await parquetReadObjects({ file, utf8: false })
  try {
    return rows.map((row) =>
      checked({
        hash: row.hash as string,
        content: row.content as string,
        rows: Number(row.rows),
        bytes: Number(row.bytes),
        payload: Number(row.payload),
        min: Buffer.from(row.min as Uint8Array).toString('latin1'),
        max: Buffer.from(row.max as Uint8Array).toString('latin1'),
        zones: JSON.parse(row.zones as string, zoneFromJson) as Part['zones'],
        nulls: JSON.parse(row.nulls as string) as string[],
        home: (row.home as string | null) ?? dataset,
      }),
    )
  } catch (error) {
    throw new VarveError('invalid-data', `${uri} is no list of parts`, { uri }, error)
  }
}

/** Hash and home become a key: nothing else may stand in them, whoever wrote the list. */
function checked(part: Part): Part {
  if (/^[0-9a-f]{64}$/.test(part.hash) && /^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(part.home)) return part
  throw new Error(`${JSON.stringify(part.hash)} in ${JSON.stringify(part.home)} is no part`)
}

/** JSON has no 64-bit integers and no infinities. */
function zoneToJson(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { int: String(value) }
  if (typeof value === 'number' && !Number.isFinite(value)) return { float: String(value) }
  return value
}

function zoneFromJson(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const { int, float } = value as { int?: string; float?: string }
  if (typeof int === 'string') return BigInt(int)
  return typeof float === 'string' ? Number(float) : value
}

/** Whether two tables have the same rows: nothing of either needs to be read. */
export function sameTable(a: TableRef | undefined, b: TableRef | undefined): boolean {
  return a?.parts === b?.parts && a?.schema === b?.schema
}
