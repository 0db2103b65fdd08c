/** Columns from the names of their SQL types, for rows that come as plain values. */

import type { ResultColumn } from '../../engine/types.ts'
import type { DataType } from '../../formats/batch.ts'
import { parseSqlType, type SqlType } from './sql-type.ts'

const SCALARS: Readonly<Record<string, DataType>> = {
  BOOLEAN: { kind: 'bool' },
  TINYINT: { kind: 'int8' },
  SMALLINT: { kind: 'int16' },
  INTEGER: { kind: 'int32' },
  BIGINT: { kind: 'int64' },
  UTINYINT: { kind: 'uint8' },
  USMALLINT: { kind: 'uint16' },
  UINTEGER: { kind: 'uint32' },
  UBIGINT: { kind: 'uint64' },
  HUGEINT: { kind: 'decimal', precision: 38, scale: 0 },
  FLOAT: { kind: 'float32' },
  DOUBLE: { kind: 'float64' },
  BLOB: { kind: 'binary' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp', zoned: true },
}

/** A column by its name and SQL type; what has no layout of its own (UUID, ENUM, JSON, …) is text. */
export function columnOf(name: string, sqlType: string): ResultColumn {
  return { name, sqlType, type: dataType(parseSqlType(sqlType)) }
}

/** The same for several. */
export function columnsOf(types: Readonly<Record<string, string>>): ResultColumn[] {
  return Object.entries(types).map(([name, sqlType]) => columnOf(name, sqlType))
}

/** A struct's type as SQL writes it. */
export function structType(fields: readonly { readonly name: string; readonly type: string }[]): string {
  return `STRUCT(${fields.map(({ name, type }) => `"${name.replaceAll('"', '""')}" ${type}`).join(', ')})`
}

function dataType({ name, children, args = '' }: SqlType): DataType {
  const fields = children.map((child) => ({ name: child.name, type: dataType(child.type) }))
  switch (name) {
    case 'LIST':
    case 'ARRAY':
      return { kind: 'list', item: fields[0]!.type }
    case 'STRUCT':
      return { kind: 'struct', fields }
    case 'MAP':
      return { kind: 'list', item: { kind: 'struct', fields } }
    case 'DECIMAL': {
      const [precision = 18, scale = 3] = (args.match(/\d+/g) ?? []).map(Number)
      return { kind: 'decimal', precision, scale }
    }
    default:
      return SCALARS[name] ?? { kind: 'utf8' }
  }
}
