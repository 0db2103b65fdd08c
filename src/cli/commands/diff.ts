import type { ResultColumn } from '../../engine/types.ts'
import type { DiffRow, TableInfo } from '../../library/lake-types.ts'
import { type Context, listFormat } from '../context.ts'
import { findTable, lakeOf } from '../on-lake.ts'
import { bytesText } from '../progress.ts'
import { columnOf, columnsOf, structType } from '../render/data-type.ts'
import { jsonKey, keyText } from '../render/key-text.ts'
import { print, stringify } from '../report.ts'
import { type PlainRow, writeRows } from '../rows.ts'

const FILE = 'STRUCT(bytes BIGINT, sha256 VARCHAR)'
const FILE_COLUMNS = columnsOf({ path: 'VARCHAR', change: 'VARCHAR', old: FILE, new: FILE })

/** `varve diff A B [--table T]`: rows are printed while they are found. */
export async function diff(
  context: Context,
  a: string,
  b: string,
  { table = 'files' }: { readonly table?: string },
): Promise<void> {
  const format = listFormat(context.options)
  const lake = await lakeOf(context)
  const call = { signal: context.signal }
  const rows = lake.diff(a, b, table, call)
  if (table === 'files') {
    if (format === 'plain') return printLines(context, mapped(rows, fileLine))
    return writeRows(context, format, FILE_COLUMNS, mapped(rows, fileRow))
  }
  const [before, after] = await Promise.all([a, b].map((version) => findTable(lake, version, table, call)))
  if (format === 'plain') return printLines(context, mapped(rows, tableLine(after ?? before)))
  return writeRows(context, format, tableColumns(before, after), mapped(rows, tableRow))
}

/** The key, the change, and structs of the other columns, each with the types of its own version. */
function tableColumns(before: TableInfo | undefined, after: TableInfo | undefined): ResultColumn[] {
  const some = after ?? before
  // Neither has it: the diff itself says so.
  if (some === undefined) return []
  const isKey = ({ name }: { readonly name: string }): boolean => some.key.includes(name)
  const rest = (info: TableInfo): string => structType(info.columns.filter((column) => !isKey(column)))
  return [
    ...some.columns.filter(isKey).map(({ name, type }) => columnOf(name, type)),
    columnOf('change', 'VARCHAR'),
    columnOf('old', rest(before ?? some)),
    columnOf('new', rest(after ?? some)),
  ]
}

const tableRow = ({ key, change, old, new: now }: DiffRow): PlainRow => ({ ...key, change, old, new: now })

function fileRow({ key, change, old, new: now }: DiffRow): PlainRow {
  const file = (row: DiffRow['old']): PlainRow[string] =>
    row && { bytes: row.bytes ?? null, sha256: row.sha256 ?? null }
  return { path: key.path, change, old: file(old), new: file(now) }
}

async function* mapped<T, R>(items: AsyncIterable<T>, map: (item: T) => R): AsyncGenerator<R> {
  for await (const item of items) yield map(item)
}

/** Characters gathered before they are printed. */
const PIECE = 64 * 1024

async function printLines(context: Context, lines: AsyncIterable<string>): Promise<void> {
  let piece = ''
  for await (const line of lines) {
    piece += line
    if (piece.length < PIECE) continue
    await print(context, piece)
    piece = ''
  }
  if (piece !== '') await print(context, piece)
}

const SIGNS = { added: '+', removed: '-', changed: '~' } as const

const fileLine = (row: DiffRow): string => `${SIGNS[row.change]} ${keyText(row.key)}${sizes(row)}\n`

const tableLine =
  (table: TableInfo | undefined) =>
  (row: DiffRow): string =>
    `${SIGNS[row.change]} ${keyText(jsonKey(row.key, table))}${changedColumns(row)}\n`

/** `  3 B`, `  3 B → 4 B`. */
function sizes({ old, new: now }: DiffRow): string {
  const known = [old, now].flatMap((row) =>
    row?.bytes === undefined || row.bytes === null ? [] : [bytesText(Number(row.bytes))],
  )
  return known.length === 0 ? '' : `  ${known.join(' → ')}`
}

function changedColumns({ old, new: now }: DiffRow): string {
  if (old === null || now === null) return ''
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])]
  const changed = names.filter((name) => stringify(old[name] ?? null) !== stringify(now[name] ?? null))
  return changed.length === 0 ? '' : `  ${changed.join(', ')}`
}
