/** User tables: rows replace, extend, update or leave a table, and each write that changes something is a version. */

import { VarveError } from '../errors.ts'
import type { Field } from '../formats/batch.ts'
import { refuseAttached } from './exchange/attached.ts'
import { FILES } from './files.ts'
import { sortByKey } from './ingest/sort.ts'
import { checkTableName } from './names.ts'
import { rowFromText, rowToText } from './row-text.ts'
import { diffTables } from './table/diff.ts'
import { keyOf } from './table/key.ts'
import { openTable, rowsOf } from './table/list.ts'
import { type Rewritten, rewriteTable } from './table/rewrite.ts'
import { rowChecker } from './table/rules.ts'
import { schemaToJson } from './table/schema.ts'
import type { Change, Lake, Row, Table, TableSchema } from './types.ts'
import { latestVersion } from './versions/list.ts'
import { type CommitFacts, type Committed, commitTables } from './write.ts'

export const TABLE_MODES = ['replace', 'append', 'upsert', 'delete'] as const
export type TableMode = (typeof TABLE_MODES)[number]

/** Rows to write; a source is read once. */
export interface RowSource {
  readonly columns: readonly Field[]
  readonly rows: AsyncIterable<Row>
}

export interface TableWrite extends CommitFacts {
  readonly dataset: string
  readonly table: string
  /** Default `replace`. */
  readonly mode?: TableMode | undefined
  /** Needed when the table is new; else that of the table. */
  readonly key?: readonly string[] | undefined
  /** A JSON Schema that every row fulfils from now on. */
  readonly rules?: Readonly<Record<string, unknown>> | undefined
}

export interface TableWritten extends Committed {
  readonly table: Table
  readonly added: number
  readonly changed: number
  readonly removed: number
}

/** Keys that are named in a message. */
const SHOWN_KEYS = 5

/**
 * Writes a table and commits. `invalid-data` when a row breaks the schema, `conflict` when two rows have one key, or
 * when one of `append` is there; then nothing was written.
 */
export async function writeRows(lake: Lake, write: TableWrite, source: RowSource): Promise<TableWritten> {
  const { dataset, table: name, mode = 'replace', signal } = write
  checkTableName(name)
  if (name === FILES) {
    const message = `the table "${FILES}" is written by add, rm and mv, expected another name`
    throw new VarveError('invalid-input', message, { table: name })
  }
  const [base] = await Promise.all([
    latestVersion(lake, dataset, { signal }),
    refuseAttached(lake, dataset, { signal }),
  ])
  const ref = base?.tables[name]
  const before = ref === undefined ? undefined : await openTable(lake, ref, signal)
  const schema = schemaOf(write, before, source.columns)
  const changes = changesOf(write, schema, source)
  const rewritten =
    mode === 'replace'
      ? await replace(lake, dataset, before, schema, changes, signal)
      : await rewriteTable(lake, dataset, before, mode === 'delete' ? before!.schema : schema, changes, {
          decide: mode === 'append' ? refuseTaken(name, schema) : undefined,
          signal,
        })
  const committed = await commitTables(lake, { ...write, dataset, base, tables: { [name]: rewritten.table } })
  return { ...committed, ...rewritten }
}

/** All rows anew; what they were is still told from what they are. */
async function replace(
  lake: Lake,
  dataset: string,
  before: Table | undefined,
  schema: TableSchema,
  changes: AsyncIterable<Change>,
  signal: AbortSignal | undefined,
): Promise<Rewritten> {
  const written = await rewriteTable(lake, dataset, undefined, schema, changes, { signal })
  // Of other columns or another key every row is another one.
  if (before === undefined || schemaToJson(before.schema) !== schemaToJson(schema))
    return { ...written, removed: before === undefined ? 0 : rowsOf(before) }
  const counts = { added: 0, changed: 0, removed: 0 }
  for await (const { old, new: now } of diffTables(lake, before, written.table, signal))
    counts[old === undefined ? 'added' : now === undefined ? 'removed' : 'changed']++
  return { table: written.table, ...counts }
}

function schemaOf(write: TableWrite, before: Table | undefined, columns: readonly Field[]): TableSchema {
  const { table: name, mode = 'replace', rules = before?.schema.rules } = write
  if (before === undefined && mode === 'delete')
    throw new VarveError('not-found', `${write.dataset} has no table "${name}" to delete from`, {
      table: name,
    })
  const key = write.key ?? before?.schema.key
  if (key === undefined || key.length === 0) {
    const message = `the table "${name}" is new, expected its key: the columns that tell its rows apart`
    throw new VarveError('invalid-input', message, { table: name })
  }
  // Rows are JavaScript objects, which have something else under this name.
  if (columns.some(({ name: column }) => column === '__proto__'))
    throw new VarveError('unsupported', 'a column of a table cannot be called __proto__', { table: name })
  for (const column of key) {
    if (columns.some((field) => field.name === column)) continue
    const there = columns.map((field) => field.name).join(', ')
    throw new VarveError('invalid-input', `the key column "${column}" is missing, there are: ${there}`, {
      column,
    })
  }
  // Fields of query results know more than a table keeps.
  return { columns: columns.map(({ name, type }) => ({ name, type })), key, keyKind: 'values', rules }
}

/** The rows in the order of their keys, each checked. */
async function* changesOf(write: TableWrite, schema: TableSchema, source: RowSource): AsyncGenerator<Change> {
  const check = await rowChecker(schema)
  const isDelete = write.mode === 'delete'
  const keyed = async function* (): AsyncGenerator<{ key: string; value: Row }> {
    let number = 0
    for await (const row of source.rows) {
      number++
      if (!isDelete) check(row, number)
      yield { key: rowKey(schema, row, number), value: isDelete ? keyOnly(schema, row) : row }
    }
  }
  let last: string | undefined
  const sorted = sortByKey(keyed(), { encode: rowToText, decode: rowFromText, signal: write.signal })
  for await (const { key, value } of sorted) {
    if (key === last && !isDelete) throw twice(write.table, schema, value)
    if (key !== last) yield { key, row: isDelete ? undefined : value }
    last = key
  }
}

function rowKey(schema: TableSchema, row: Row, number: number): string {
  try {
    return keyOf(schema, row)
  } catch (error) {
    const { code, message, details } = error as VarveError
    if (!(error instanceof VarveError)) throw error
    throw new VarveError(
      code === 'invalid-input' ? 'invalid-data' : code,
      `row ${number}: ${message}`,
      { ...details, row: number },
      error,
    )
  }
}

function keyOnly({ key }: TableSchema, row: Row): Row {
  return Object.fromEntries(key.map((name) => [name, row[name] ?? null]))
}

function twice(table: string, schema: TableSchema, row: Row): VarveError {
  const key = keyText(schema, row)
  return new VarveError('conflict', `two rows for the table "${table}" have the key ${key}, expected one`, {
    table,
    key,
  })
}

/** `append` adds rows; whoever means to change some says `upsert`. */
function refuseTaken(
  table: string,
  schema: TableSchema,
): (key: string, old: Row | undefined, wanted: Row | undefined) => Row | undefined {
  return (_key, old, wanted) => {
    if (old === undefined) return wanted
    const key = keyText(schema, old)
    const message = `the table "${table}" has a row with the key ${key} already, expected a new one; upsert changes it`
    throw new VarveError('conflict', message, { table, key })
  }
}

function keyText({ key }: TableSchema, row: Row): string {
  return key
    .slice(0, SHOWN_KEYS)
    .map((name) => `${name} = ${String(row[name] ?? 'NULL')}`)
    .join(', ')
}
