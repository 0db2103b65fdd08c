import { quoteIdentifier } from '../engine/quote.ts'
import type { DataType } from '../formats/batch.ts'

const NAMES: Readonly<Record<string, string>> = {
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

/** A column type as SQL writes it. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case 'timestamp':
      return type.zoned === true ? 'TIMESTAMP WITH TIME ZONE' : 'TIMESTAMP'
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'list':
      return `${typeName(type.item)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteIdentifier(field.name)} ${typeName(field.type)}`).join(', ')})`
    default:
      return NAMES[type.kind]!
  }
}
