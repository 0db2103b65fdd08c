import { quoteIdentifier } from '../engine/quote.ts'
import type { DataType } from '../formats/batch.ts'
import { sqlName } from '../formats/sql-names.ts'

/** A column type as SQL writes it. */
export function typeName(type: DataType): string {
  switch (type.kind) {
    case 'decimal':
      return `DECIMAL(${type.precision},${type.scale})`
    case 'list':
      return `${typeName(type.item)}[]`
    case 'struct':
      return `STRUCT(${type.fields.map((field) => `${quoteIdentifier(field.name)} ${typeName(field.type)}`).join(', ')})`
    default:
      return sqlName(type)
  }
}
