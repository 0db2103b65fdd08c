import { type Value, vectorFrom } from '../../formats/values.ts'
import type { TableInfo } from '../../library/lake-types.ts'
import { stringify } from '../report.ts'
import { columnOf } from './data-type.ts'
import { jsonReader } from './json-values.ts'
import { parseSqlType } from './sql-type.ts'
import { shown } from './table.ts'

type Key = Readonly<Record<string, Value>>

/** A key as JSON shows it: the table's columns tell a date from the number that stands for it. */
export function jsonKey(key: Key, table: TableInfo | undefined): Key {
  const values = Object.entries(key).map(([name, value]) => {
    const known = table?.columns.find((column) => column.name === name)
    if (known === undefined) return [name, value]
    const { type, sqlType } = columnOf(name, known.type)
    const read = jsonReader(type, parseSqlType(sqlType), vectorFrom(type, [value]))
    return [name, JSON.parse(read(0))]
  })
  return Object.fromEntries(values) as Key
}

/** A key as a person reads it: a path as it is, other keys as `name=value, …`. */
export function keyText(key: Key): string {
  const { path, ...others } = key
  if (typeof path === 'string' && Object.keys(others).length === 0) return shown(path)
  return Object.entries(key)
    .map(([name, value]) => `${shown(name)}=${valueText(value)}`)
    .join(', ')
}

const valueText = (value: Value): string => (typeof value === 'string' ? shown(value) : stringify(value))
