/** Columns and rows of small tables, briefly. */

import type { DataType, Field } from '../formats/batch.ts'
import type { Value } from '../formats/values.ts'

export const utf8 = (name: string): Field => ({ name, type: { kind: 'utf8' } })
export const int64 = (name: string): Field => ({ name, type: { kind: 'int64' } })
export const bool = (name: string): Field => ({ name, type: { kind: 'bool' } })
export const moment = (name: string): Field => ({ name, type: { kind: 'timestamp', zoned: true } })
export const listOf = (name: string, item: DataType): Field => ({ name, type: { kind: 'list', item } })
export const texts = (name: string): Field => listOf(name, { kind: 'utf8' })
export const struct = (name: string, fields: readonly Field[]): Field => ({
  name,
  type: { kind: 'struct', fields },
})

/** The values of these columns, in their order. */
export function rowOf(columns: readonly Field[], values: Readonly<Record<string, Value>>): Value[] {
  return columns.map(({ name }) => values[name] ?? null)
}
