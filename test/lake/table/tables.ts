/** Tables for tests: a lake in memory whose parts hold a handful of rows. */

import type { Field } from '../../../src/formats/batch.ts'
import { rowAt } from '../../../src/lake/table/block.ts'
import { keyOf } from '../../../src/lake/table/key.ts'
import { readTable } from '../../../src/lake/table/read.ts'
import { rewriteTable } from '../../../src/lake/table/rewrite.ts'
import type { Change, Lake, Row, Table, TableSchema } from '../../../src/lake/types.ts'
import { openStore } from '../../../src/store/index.ts'

let lakes = 0

export function smallLake(): Lake {
  const store = openStore(`memory://table-${process.pid}-${lakes++}/`)
  return {
    url: store.url,
    store,
    chunking: { min: 2, normal: 4, max: 9 },
    now: () => Date.now(),
    memo: new Map(),
  }
}

const columns: readonly Field[] = [
  { name: 'id', type: { kind: 'int64' } },
  { name: 'name', type: { kind: 'utf8' } },
  { name: 'score', type: { kind: 'float64' } },
]

export const SCHEMA: TableSchema = { columns, key: ['id'], keyKind: 'values' }

/** Changes in the order of their keys: a row to put, or the key of one to remove. */
export function changesOf(
  puts: readonly Row[],
  removes: readonly Row[] = [],
  schema: TableSchema = SCHEMA,
): Change[] {
  const changes = [
    ...puts.map((row) => ({ key: keyOf(schema, row), row })),
    ...removes.map((row) => ({ key: keyOf(schema, row), row: undefined })),
  ]
  return changes.sort((a, b) => (a.key < b.key ? -1 : 1))
}

export async function tableOf(
  lake: Lake,
  rows: readonly Row[],
  schema: TableSchema = SCHEMA,
): Promise<Table> {
  return (await rewriteTable(lake, 'd', undefined, schema, changesOf(rows, [], schema))).table
}

export async function rowsIn(lake: Lake, table: Table, options = {}): Promise<Row[]> {
  const rows: Row[] = []
  for await (const block of readTable(lake, table, options))
    for (let i = 0; i < block.rows; i++) rows.push(rowAt(block, i))
  return rows
}
