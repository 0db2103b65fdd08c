/** What SQL calls the types that have no parts; those with parts are named in `library/type-name.ts`. */

import type { DataType } from './batch.ts'

const NAMES: Readonly<Partial<Record<DataType['kind'], string>>> = {
  bool: 'BOOLEAN',
  int8: 'TINYINT',
  int16: 'SMALLINT',
  int32: 'INTEGER',
  int64: 'BIGINT',
  uint8: 'UTINYINT',
  uint16: 'USMALLINT',
  uint32: 'UINTEGER',
  uint64: 'UBIGINT',
  float32: 'FLOAT',
  float64: 'DOUBLE',
  utf8: 'VARCHAR',
  binary: 'BLOB',
  date: 'DATE',
  time: 'TIME',
}

/** The SQL name of a type without parts; the kind of another one. */
export function sqlName(type: DataType): string {
  if (type.kind === 'timestamp') return type.zoned === true ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP'
  return NAMES[type.kind] ?? type.kind
}
