/** Values as DuckDB casts them to VARCHAR; the table and csv writers print these. */

import { VarveError } from '../../errors.ts'
import type { ColumnVector, DataType, Field } from '../../formats/batch.ts'
import {
  blobText,
  dateText,
  decimalText,
  doubleText,
  floatText,
  int128,
  timestampText,
  timeText,
} from './scalars.ts'
import type { SqlType } from './sql-type.ts'
import { bytesReader, isNull, offsetsOf, stringReader } from './strings.ts'

/** Reads one column's rows as text; `undefined` is NULL. */
export type TextReader = (row: number) => string | undefined

export function textReader(type: DataType, sql: SqlType, vector: ColumnVector): TextReader {
  const read = valueReader(type, sql, vector)
  return vector.validity === undefined ? read : (row) => (isNull(vector, row) ? undefined : read(row))
}

type ValueReader = (row: number) => string

function valueReader(type: DataType, sql: SqlType, vector: ColumnVector): ValueReader {
  switch (type.kind) {
    case 'utf8':
      return stringReader(vector)
    case 'binary': {
      const bytes = bytesReader(vector)
      return (row) => blobText(bytes(row))
    }
    case 'list':
      return sql.name === 'MAP' ? mapReader(type.item, sql, vector) : listReader(type.item, sql, vector)
    case 'struct':
      return structReader(type.fields, sql, vector)
    default:
      return scalarReader(type, vector)
  }
}

/** The fixed-width types, in Arrow's layout. */
function scalarReader(type: DataType, vector: ColumnVector): ValueReader {
  const values = vector.values
  if (values === undefined) return () => ''
  switch (type.kind) {
    case 'bool':
      return (row) => (((Number(values[row >> 3]) >> (row & 7)) & 1) === 1 ? 'true' : 'false')
    case 'float64':
      return (row) => doubleText(Number(values[row]))
    case 'float32':
      return (row) => floatText(Number(values[row]))
    case 'date':
      return (row) => dateText(Number(values[row]))
    case 'time':
      return (row) => timeText(BigInt(values[row] ?? 0))
    case 'timestamp':
      return (row) => timestampText(BigInt(values[row] ?? 0), type.zoned === true)
    case 'decimal': {
      const view = new DataView(values.buffer, values.byteOffset, values.byteLength)
      return (row) => decimalText(int128(view, row * 16), type.scale)
    }
    case 'utf8':
    case 'binary':
    case 'list':
    case 'struct':
      throw new VarveError('internal', `${type.kind} is no fixed-width type`)
    default:
      return (row) => String(values[row])
  }
}

function listReader(item: DataType, sql: SqlType, vector: ColumnVector): ValueReader {
  const items = quotedReader(item, childType(sql, 0), childOf(vector, 0))
  const offsets = offsetsOf(vector)
  return (row) => {
    const parts: string[] = []
    for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++) parts.push(items(at))
    return `[${parts.join(', ')}]`
  }
}

function mapReader(entry: DataType, sql: SqlType, vector: ColumnVector): ValueReader {
  const entries = childOf(vector, 0)
  const [key, value] = entry.kind === 'struct' ? entry.fields : []
  if (key === undefined || value === undefined) return listReader(entry, sql, vector)
  const keys = quotedReader(key.type, childType(sql, 0), childOf(entries, 0))
  const values = quotedReader(value.type, childType(sql, 1), childOf(entries, 1))
  const offsets = offsetsOf(vector)
  return (row) => {
    const parts: string[] = []
    for (let at = offsets[row] ?? 0; at < (offsets[row + 1] ?? 0); at++)
      parts.push(`${keys(at)}=${values(at)}`)
    return `{${parts.join(', ')}}`
  }
}

function structReader(fields: readonly Field[], sql: SqlType, vector: ColumnVector): ValueReader {
  const readers = fields.map((field, i) => quotedReader(field.type, childType(sql, i), childOf(vector, i)))
  if (isUnnamed(sql)) return (row) => `(${readers.map((read) => read(row)).join(', ')})`
  const names = fields.map(({ name }) => quote(name))
  return (row) => `{${readers.map((read, i) => `${names[i]}: ${read(row)}`).join(', ')}}`
}

/** row(1, 'x') has no names, whatever its fields are called in Arrow's layout. */
export function isUnnamed(sql: SqlType): boolean {
  return sql.children.length > 0 && sql.children.every(({ name }) => name === '')
}

/** Inside lists, structs and maps a text is quoted when it could be taken for something else. */
function quotedReader(type: DataType, sql: SqlType, vector: ColumnVector): ValueReader {
  const read = textReader(type, sql, vector)
  if (type.kind === 'list' || type.kind === 'struct') return (row) => read(row) ?? 'NULL'
  return (row) => {
    const text = read(row)
    if (text === undefined) return 'NULL'
    return NEEDS_QUOTES.test(text) ? quote(text) : text
  }
}

const NEEDS_QUOTES = /^$|^\s|\s$|^null$|[,'"[\]{}():=]/i

const quote = (text: string): string => `'${text.replace(/['\\]/g, '\\$&')}'`

export function childOf(vector: ColumnVector, i: number): ColumnVector {
  const child = vector.children?.[i]
  if (child === undefined) throw new VarveError('internal', `a nested column lacks its child ${i}`)
  return child
}

const UNKNOWN: SqlType = { name: '', children: [] }

/** The i-th child's SQL type; nothing known where the name did not say. */
export function childType(sql: SqlType, i: number): SqlType {
  return sql.children[i]?.type ?? UNKNOWN
}
