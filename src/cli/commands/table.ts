import { VarveError } from '../../errors.ts'
import type { CommitOptions, TableInfo } from '../../library/lake-types.ts'
import { given, oneOf, parametersOf } from '../arguments.ts'
import { type Context, listFormat } from '../context.ts'
import {
  commitLine,
  commitOptions,
  count,
  type ListShape,
  onLake,
  printList,
  printReport,
} from '../on-lake.ts'
import { columnsOf } from '../render/data-type.ts'
import { UsageError } from '../report.ts'
import { writeRows } from '../rows.ts'
import { readTextFile } from '../text-file.ts'

export interface TableWriteFlags extends CommitOptions {
  readonly mode?: string
  readonly schema?: string
  readonly query?: string
  readonly param?: Readonly<Record<string, string>>
}

/** `varve table write D TABLE FILE|-`; without a file, the rows of `--query`. */
export async function writeTable(
  context: Context,
  dataset: string,
  table: string,
  file: string | undefined,
  keys: readonly string[],
  flags: TableWriteFlags,
): Promise<void> {
  const { query, param } = flags
  if (param !== undefined && query === undefined)
    throw new UsageError('--param is given, expected with --query only')
  const mode = given(flags.mode, (value) => oneOf(value, '--mode', ['replace', 'append', 'upsert', 'delete']))
  const schema = flags.schema === undefined ? undefined : await readSchema(flags.schema)
  const source = query === undefined ? { file: file ?? '-' } : { query, params: parametersOf(param) }
  const key = keys.length === 0 ? undefined : keys
  await printReport(
    context,
    'table write',
    (lake, call) =>
      lake.writeTable(dataset, table, source, { ...call, ...commitOptions(flags), mode, key, schema }),
    (report) =>
      commitLine(
        report,
        `${report.table}: ${count(report.rows, 'row')} (${report.added} added, ${report.changed} changed, ${report.removed} removed)`,
      ),
  )
}

async function readSchema(path: string): Promise<Readonly<Record<string, unknown>>> {
  const wrong = (actual: string, cause?: unknown): VarveError =>
    new VarveError('invalid-input', `${path} is ${actual}, expected a JSON Schema`, { path }, cause)
  const text = await readTextFile(path, 'JSON Schema')
  let schema: unknown
  try {
    schema = JSON.parse(text)
  } catch (error) {
    throw wrong(`no JSON (${(error as Error).message})`, error)
  }
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) throw wrong('no JSON object')
  return schema as Readonly<Record<string, unknown>>
}

const TABLES: ListShape = {
  types: {
    table: 'VARCHAR',
    rows: 'BIGINT',
    parts: 'BIGINT',
    bytes: 'BIGINT',
    key: 'VARCHAR[]',
    columns: 'STRUCT("name" VARCHAR, "type" VARCHAR)[]',
  } satisfies Record<keyof TableInfo, string>,
}

/** `varve table list D[@v]` */
export async function listTables(context: Context, reference: string): Promise<void> {
  if (listFormat(context.options) !== 'plain')
    return printList(context, 'table list', TABLES, (lake, call) => lake.tables(reference, call))
  const tables = await onLake(context, 'table list', (lake, call) => lake.tables(reference, call))
  // Their names and types are for --json: a table of files has some thirty.
  const rows = tables.map((info) => ({ ...info, columns: info.columns.length }))
  await writeRows(context, 'plain', columnsOf({ ...TABLES.types, columns: 'BIGINT' }), rows)
}
