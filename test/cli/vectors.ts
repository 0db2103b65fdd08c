/** Results of the engine made of plain values, for tests of what prints them. */

import type { QueryResult, ResultColumn } from '../../src/engine/types.ts'
import type { ColumnBatch, DataType } from '../../src/formats/batch.ts'
import { type Value, vectorFrom } from '../../src/formats/values.ts'

const int32: DataType = { kind: 'int32' }
const utf8: DataType = { kind: 'utf8' }

/** Types by their SQL names, as the engine would give them. */
export const TYPES: Readonly<Record<string, DataType>> = {
  BOOLEAN: { kind: 'bool' },
  INTEGER: int32,
  BIGINT: { kind: 'int64' },
  UBIGINT: { kind: 'uint64' },
  HUGEINT: utf8,
  DOUBLE: { kind: 'float64' },
  FLOAT: { kind: 'float32' },
  VARCHAR: utf8,
  JSON: utf8,
  UUID: utf8,
  BLOB: { kind: 'binary' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp', zoned: true },
  'DECIMAL(9,2)': { kind: 'decimal', precision: 9, scale: 2 },
  'DECIMAL(38,10)': { kind: 'decimal', precision: 38, scale: 10 },
  'INTEGER[]': { kind: 'list', item: int32 },
  'VARCHAR[]': { kind: 'list', item: utf8 },
  'STRUCT(x INTEGER, y VARCHAR)': {
    kind: 'struct',
    fields: [
      { name: 'x', type: int32 },
      { name: 'y', type: utf8 },
    ],
  },
  'MAP(VARCHAR, INTEGER)': {
    kind: 'list',
    item: {
      kind: 'struct',
      fields: [
        { name: 'key', type: utf8 },
        { name: 'value', type: int32 },
      ],
    },
  },
}

export interface TestColumn {
  readonly name: string
  readonly sqlType: string
  readonly type?: DataType
  readonly values: readonly Value[]
}

export const col = (
  name: string,
  sqlType: string,
  values: readonly Value[],
  type?: DataType,
): TestColumn => ({
  name,
  sqlType,
  values,
  ...(type && { type }),
})

/** A result of these columns, cut into batches of `size` rows. */
export function result(columns: readonly TestColumn[], size = 2048): QueryResult {
  const header: ResultColumn[] = columns.map(({ name, sqlType, type }) => ({
    name,
    sqlType,
    type: type ?? TYPES[sqlType]!,
  }))
  const rows = columns[0]?.values.length ?? 0
  async function* batches(): AsyncGenerator<ColumnBatch> {
    for (let at = 0; at < rows; at += size) {
      const vectors = columns.map(({ values }, i) => vectorFrom(header[i]!.type, values.slice(at, at + size)))
      yield { rows: Math.min(size, rows - at), columns: vectors }
    }
  }
  return { columns: header, returns: 'rows', batches: batches(), close: async () => {} }
}
