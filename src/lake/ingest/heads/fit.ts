/** The columns' types hold whatever a file says: a value that its type cannot hold is NULL. */

import type { DataType, Field } from '../../../formats/batch.ts'
import type { Row, Value } from '../../types.ts'

/** Characters of one text: longer ones are no metadata, and a catalogue of a million files holds them all. */
const MOST_CHARACTERS = 16 * 1024

/** Libraries pass on what stands in a file: sizes of 2^32, NaN where a number belongs, halves of surrogates. */
export function fitColumns(
  columns: Readonly<Record<string, Row>>,
  fields: readonly Field[],
): Readonly<Record<string, Row>> {
  const fitted = fields.map(({ name, type }) => [name, narrow(columns[name], type)] as const)
  return Object.fromEntries(fitted.filter(([, value]) => value !== null)) as Record<string, Row>
}

function narrow(value: Value | undefined, type: DataType): Value {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'struct': {
      const row = value as Row
      return Object.fromEntries(type.fields.map((field) => [field.name, narrow(row[field.name], field.type)]))
    }
    case 'list':
      return (value as readonly Value[]).map((item) => narrow(item, type.item))
    case 'utf8':
      return typeof value === 'string' ? wellFormed(value) : null
    case 'bool':
      return typeof value === 'boolean' ? value : null
    case 'float64':
      return typeof value === 'number' ? value : null
    case 'int32':
    case 'date':
      return typeof value === 'number' && (value | 0) === value ? value : null
    case 'int64':
    case 'timestamp':
      return typeof value === 'bigint' && BigInt.asIntN(64, value) === value ? value : null
    default:
      throw new TypeError(`no head has a column of ${type.kind}`)
  }
}

/** UTF-8 has no half surrogates: the way through it replaces them. */
function wellFormed(text: string): string {
  return Buffer.from(text.slice(0, MOST_CHARACTERS)).toString()
}
