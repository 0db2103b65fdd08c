import type { ResultColumn } from '../../engine/types.ts'
import type { LakeVerbs, SummaryRow } from '../../library/lake-types.ts'
import type { CallOptions } from '../../library/types.ts'
import { type Context, listFormat } from '../context.ts'
import { count, findTable, onLake } from '../on-lake.ts'
import { bytesText } from '../progress.ts'
import { columnOf, columnsOf, structType } from '../render/data-type.ts'
import { print } from '../report.ts'
import { type PlainRow, writeRows } from '../rows.ts'

const FORMATS = 'STRUCT(format VARCHAR, files BIGINT, bytes BIGINT)[]'
const TIMES = { first_modified: 'VARCHAR', last_modified: 'VARCHAR' }

/** `varve summary D[@v] [--by COL]…`: a card, or a row per group. */
export async function summary(
  context: Context,
  reference: string,
  { by = [] }: { readonly by?: readonly string[] },
): Promise<void> {
  const format = listFormat(context.options)
  const { rows, groups } = await onLake(context, 'summary', async (lake, call) => ({
    rows: await lake.summary(reference, by, call),
    groups: await groupColumns(lake, reference, by, call),
  }))
  if (format === 'plain' && by.length === 0) return print(context, rows.map(card).join('\n'))
  if (format === 'plain') {
    const columns = columnsOf({ files: 'BIGINT', bytes: 'BIGINT', formats: 'VARCHAR', ...TIMES })
    const flat = rows.map((row) => ({ ...row, ...row.group, formats: formatsText(row) }))
    return writeRows(context, format, [...groups, ...columns], flat)
  }
  const columns = [
    columnOf('group', structType(groups.map(({ name, sqlType }) => ({ name, type: sqlType })))),
    ...columnsOf({ files: 'BIGINT', bytes: 'BIGINT', formats: FORMATS, ...TIMES }),
  ]
  return writeRows(context, format, columns, rows as readonly (SummaryRow & PlainRow)[])
}

/** The columns grouped by, with the types that `files` has for them. */
async function groupColumns(
  lake: LakeVerbs,
  reference: string,
  by: readonly string[],
  call: CallOptions,
): Promise<ResultColumn[]> {
  if (by.length === 0) return []
  const columns = (await findTable(lake, reference, 'files', call))?.columns ?? []
  return by.map((name) => columnOf(name, columns.find((column) => column.name === name)?.type ?? 'VARCHAR'))
}

function card(row: SummaryRow): string {
  const lines: [string, string][] = [
    ['files', row.files.toLocaleString('en-US')],
    ['bytes', `${row.bytes.toLocaleString('en-US')} (${bytesText(row.bytes)})`],
    ['modified', row.first_modified === null ? 'unknown' : `${row.first_modified} to ${row.last_modified}`],
  ]
  const formats = row.formats.map(
    ({ format, files, bytes }) =>
      `  ${(format ?? 'unknown').padEnd(8)}${count(files, 'file')}, ${bytesText(bytes)}`,
  )
  return `${[...lines.map(([name, value]) => `${name.padEnd(10)}${value}`), 'formats', ...formats].join('\n')}\n`
}

function formatsText({ formats }: SummaryRow): string {
  return formats.map(({ format, files }) => `${format ?? 'unknown'} ${files}`).join(', ')
}
