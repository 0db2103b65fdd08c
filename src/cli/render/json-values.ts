/**
 * Values as JSON. What JSON's numbers cannot hold for certain is a string: integers outside ±(2^53 - 1),
 * decimals of more than 15 digits, `"NaN"`, `"Infinity"` and `"-Infinity"` (as in proto3's JSON mapping).
 * Blobs are strings with `\xAA` escapes and dates, times and intervals strings, as DuckDB prints them.
 */

import type { ColumnVector, DataType, Field } from '../../formats/batch.ts'
import type { SqlType } from './sql-type.ts'
import { isNull, offsetsOf, stringReader } from './strings.ts'
import { childOf, childType, isUnnamed, textReader } from './text-values.ts'

/** Reads one column's rows as JSON text. */
export type JsonReader = (row: number) => string

export function jsonReader(type: DataType, sql: SqlType, vector: ColumnVector): JsonReader {
  const read = valueReader(type, sql, vector)
  return vector.validity === undefined ? read : (row) => (isNull(vector, row) ? 'null' : read(row))
}

function valueReader(type: DataType, sql: SqlType, vector: ColumnVector): JsonReader {
  switch (type.kind) {
    case 'utf8': {
      const text = stringReader(vector)
      if (sql.name === 'HUGEINT' || sql.name === 'UHUGEINT') return (row) => integerJson(text(row))
      // A JSON value stays one; its line breaks can only stand between tokens, and jsonl must not have any.
      if (sql.name === 'JSON') return (row) => text(row).replace(/\s*[\r\n]\s*/g, ' ')
      return (row) => JSON.stringify(text(row))
    }
    case 'list':
      return sql.name === 'MAP' ? mapReader(type.item, sql, vector) : listReader(type.item, sql, vector)
    case 'struct':
      return structReader(type.fields, sql, vector)
    case 'float32':
    case 'float64':
      return floatReader(vector, textReader(type, sql, vector))
    case 'int64':
    case 'uint64': {
      const text = textReader(type, sql, vector)
      return (row) => integerJson(text(row) ?? '')
    }
    case 'decimal': {
      const text = textReader(type, sql, vector)
      return (row) => decimalJson(text(row) ?? '')
    }
    case 'binary':
    case 'date':
    case 'time':
    case 'timestamp': {
      const text = textReader(type, sql, vector)
      return (row) => JSON.stringify(text(row))
    }
    default: {
      const text = textReader(type, sql, vector)
      return (row) => text(row) ?? 'null'
    }
  }
}

function integerJson(text: string): string {
  return text.length < 16 || Number.isSafeInteger(Number(text)) ? text : `"${text}"`
}

/** Up to 15 significant digits survive the way through a double; what has more is a string. */
function decimalJson(text: string): string {
  const digits = text.replace(/[-.]/g, '').replace(/^0+/, '')
  return digits.length <= 15 ? text : `"${text}"`
}

function floatReader(vector: ColumnVector, text: (row: number) => string | undefined): JsonReader {
  return (row) => {
    const value = Number(vector.values?.[row])
    return Number.isFinite(value) ? (text(row) ?? 'null') : `"${value}"`
  }
}

function listReader(item: DataType, sql: SqlType, vector: ColumnVector): JsonReader {
  const items = jsonReader(item, childType(sql, 0), childOf(vector, 0))
  const offsets = offsetsOf(vector)
  return (row) => {
    const parts: string[] = []
    for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++) parts.push(items(at))
    return `[${parts.join(',')}]`
  }
}

/** A map is an object; keys that are no strings are written as DuckDB prints them. */
function mapReader(entry: DataType, sql: SqlType, vector: ColumnVector): JsonReader {
  const entries = childOf(vector, 0)
  const [key, value] = entry.kind === 'struct' ? entry.fields : []
  if (key === undefined || value === undefined) return listReader(entry, sql, vector)
  const keys = textReader(key.type, childType(sql, 0), childOf(entries, 0))
  const values = jsonReader(value.type, childType(sql, 1), childOf(entries, 1))
  const offsets = offsetsOf(vector)
  return (row) => {
    const parts: string[] = []
    for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++)
      parts.push(`${JSON.stringify(keys(at))}:${values(at)}`)
    return `{${parts.join(',')}}`
  }
}

/** An object, or an array where the struct is a `row(…)` without names. */
function structReader(fields: readonly Field[], sql: SqlType, vector: ColumnVector): JsonReader {
  const names = fields.map(({ name }) => JSON.stringify(name))
  const readers = fields.map((field, i) => jsonReader(field.type, childType(sql, i), childOf(vector, i)))
  if (isUnnamed(sql)) return (row) => `[${readers.map((read) => read(row)).join(',')}]`
  return (row) => `{${readers.map((read, i) => `${names[i]}:${read(row)}`).join(',')}}`
}
