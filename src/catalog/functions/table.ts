/** `files(d@v)` and `dataset_table(d@v, 'name')`: rows of a version's tables. */

import type { ColumnBatch, Field } from '../../formats/batch.ts'
import { type Value, vectorFrom } from '../../formats/values.ts'
import { FILE_COLUMNS, FILES, metadataColumns, nameAndExt, objectUri } from '../../lake/files.ts'
import { isNamed, loadStores } from '../../lake/stores.ts'
import { type Block, valueAt } from '../../lake/table/block.ts'
import { pathKey } from '../../lake/table/key.ts'
import { readTable } from '../../lake/table/read.ts'
import type { Lake, TableSchema } from '../../lake/types.ts'
import { optionalText, textArgument } from '../../scan/arguments.ts'
import type { BoundCall, ScanFunction } from '../../scan/functions/types.ts'
import { countStream } from '../../scan/rows.ts'
import { partFilter, prunableColumns } from '../prune.ts'
import { streamOf } from '../stream.ts'
import { type NamedTable, partsOf, schemaOf, tableOf, versionOf } from '../versions.ts'

export function files(lake: Lake): ScanFunction {
  return {
    name: 'files',
    positional: 1,
    lists: false,
    named: { after: 'text' },
    summary: "A version's files with what is known of each, in the order of their paths.",
    async bind({ args, named }, _context, signal) {
      const reference = textArgument('the version', args[0])
      const after = optionalText('after', named.after)
      const table = tableOf(await versionOf(lake, reference, signal), FILES)
      return bindTable(lake, table, after, signal)
    },
  }
}

export function datasetTable(lake: Lake): ScanFunction {
  return {
    name: 'dataset_table',
    positional: 2,
    lists: false,
    named: {},
    summary: "The rows of a version's table.",
    async bind({ args }, _context, signal) {
      const reference = textArgument('the version', args[0])
      const name = textArgument('the table', args[1])
      const table = tableOf(await versionOf(lake, reference, signal), name)
      return bindTable(lake, table, undefined, signal)
    },
  }
}

/** Reads the schema alone; the list of parts is read by the scan, and of the parts only what the query wants. */
async function bindTable(
  lake: Lake,
  table: NamedTable,
  after: string | undefined,
  signal: AbortSignal | undefined,
): Promise<BoundCall> {
  const schema = (await schemaOf(lake, table, signal))!
  const isFiles = schema.keyKind === 'path'
  const fields = isFiles ? [...FILE_COLUMNS, ...metadataColumns(schema)] : schema.columns
  const rows = table.ref?.rows ?? 0
  return {
    columns: fields,
    // What is shown as `uri` is made from the checksum where nothing is stored.
    zones: prunableColumns(schema).filter((name) => !isFiles || name !== 'uri'),
    cardinality: { rows, exact: after === undefined },
    open(columns, predicates) {
      const counts = columns.length === 0 && predicates.length === 0 && after === undefined
      if (counts) return countStream(rows, { done: rows, total: rows })
      const wanted = columns.map((column) => fields[column]!)
      const stored = isFiles ? [...new Set(wanted.flatMap(storedFor))] : wanted.map(({ name }) => name)
      const keeps = partFilter(
        schema,
        predicates.filter(({ column }) => !isFiles || column !== 'uri'),
      )
      // The least key behind it: no other has it as its beginning and nothing more.
      const from = after === undefined ? undefined : `${pathKey(after)}\0`
      return streamOf(rows, async function* (abort) {
        const opened = await partsOf(lake, table, abort)
        if (opened === undefined) return
        const blocks = readTable(lake, opened, { columns: stored, from, keeps, signal: abort })
        for await (const block of blocks) {
          if (stored.includes('uri') && some(block.columns.get('uri'), isNamed))
            await loadStores(lake, { signal: abort })
          yield batchOf(lake, schema, block, wanted)
        }
      })
    },
  }
}

function some(values: ArrayLike<Value> | undefined, is: (value: Value) => boolean): boolean {
  return values !== undefined && Array.prototype.some.call(values, is)
}

/** What is read for a column of `files`. */
function storedFor({ name }: Field): readonly string[] {
  if (name === 'name' || name === 'ext') return ['path']
  return name === 'uri' ? ['uri', 'sha256'] : [name]
}

function batchOf(lake: Lake, schema: TableSchema, block: Block, fields: readonly Field[]): ColumnBatch {
  const values = schema.keyKind === 'path' ? fileValues : storedValues
  return {
    rows: block.rows,
    columns: fields.map(({ name, type }) => vectorFrom(type, values(block, name, lake))),
  }
}

function storedValues({ columns, rows }: Block, name: string): ArrayLike<Value> {
  return columns.get(name) ?? new Array<Value>(rows).fill(null)
}

function fileValues(block: Block, name: string, lake: Lake): ArrayLike<Value | undefined> {
  const each = <T>(value: (row: number) => T): T[] =>
    Array.from({ length: block.rows }, (_, row) => value(row))
  const path = (row: number): string => valueAt(block, 'path', row) as string
  switch (name) {
    case 'name':
      return each((row) => nameAndExt(path(row)).name)
    case 'ext':
      return each((row) => nameAndExt(path(row)).ext)
    case 'uri':
      return each((row) =>
        objectUri(lake, { uri: valueAt(block, 'uri', row), sha256: valueAt(block, 'sha256', row) }),
      )
    default:
      return storedValues(block, name)
  }
}
