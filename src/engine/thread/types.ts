/** DuckDB's types and varve's, in both directions. */

import duckdb, { type LogicalType } from '@duckdb/node-bindings'
import type { DataType } from '../../formats/batch.ts'
import { quoteIdentifier, quoteText } from '../quote.ts'

const { Type } = duckdb

const PLAIN = {
  bool: Type.BOOLEAN,
  int8: Type.TINYINT,
  int16: Type.SMALLINT,
  int32: Type.INTEGER,
  int64: Type.BIGINT,
  uint8: Type.UTINYINT,
  uint16: Type.USMALLINT,
  uint32: Type.UINTEGER,
  uint64: Type.UBIGINT,
  float32: Type.FLOAT,
  float64: Type.DOUBLE,
  utf8: Type.VARCHAR,
  binary: Type.BLOB,
  date: Type.DATE,
  time: Type.TIME,
} as const

/** The DuckDB type that holds a column of `type`. */
export function toLogicalType(type: DataType): LogicalType {
  switch (type.kind) {
    case 'timestamp':
      return duckdb.create_logical_type(type.zoned ? Type.TIMESTAMP_TZ : Type.TIMESTAMP)
    case 'decimal':
      return duckdb.create_decimal_type(type.precision, type.scale)
    case 'list':
      return duckdb.create_list_type(toLogicalType(type.item))
    case 'struct':
      return duckdb.create_struct_type(
        type.fields.map((field) => toLogicalType(field.type)),
        type.fields.map((field) => field.name),
      )
    default:
      return duckdb.create_logical_type(PLAIN[type.kind])
  }
}

const KINDS = new Map<number, DataType>(
  Object.entries(PLAIN).map(([kind, id]) => [id, { kind } as DataType] as const),
)
KINDS.set(Type.TIMESTAMP, { kind: 'timestamp' })
KINDS.set(Type.TIMESTAMP_S, { kind: 'timestamp' })
KINDS.set(Type.TIMESTAMP_MS, { kind: 'timestamp' })
KINDS.set(Type.TIMESTAMP_TZ, { kind: 'timestamp', zoned: true })
KINDS.set(Type.HUGEINT, { kind: 'decimal', precision: 38, scale: 0 })
KINDS.set(Type.SQLNULL, { kind: 'int32' })

/** How a result column of this type reaches the reader; whatever Arrow's layout cannot say is text. */
export function fromLogicalType(logical: LogicalType): DataType {
  const id = duckdb.get_type_id(logical)
  const plain = KINDS.get(id)
  if (plain !== undefined) return plain
  if (id === Type.DECIMAL) {
    return {
      kind: 'decimal',
      precision: duckdb.decimal_width(logical),
      scale: duckdb.decimal_scale(logical),
    }
  }
  if (needsText(logical)) return { kind: 'utf8' }
  if (id === Type.LIST) return { kind: 'list', item: fromLogicalType(duckdb.list_type_child_type(logical)) }
  if (id === Type.ARRAY) return { kind: 'list', item: fromLogicalType(duckdb.array_type_child_type(logical)) }
  if (id === Type.STRUCT) {
    return {
      kind: 'struct',
      fields: structFields(logical).map(({ name, type }) => ({ name, type: fromLogicalType(type) })),
    }
  }
  return { kind: 'utf8' }
}

const TEXT_ONLY: ReadonlySet<number> = new Set([
  Type.MAP,
  Type.UNION,
  Type.VARIANT,
  Type.BIGNUM,
  Type.GEOMETRY,
  Type.BIT,
])

/** Whether DuckDB itself has to print the values: types whose text only it knows, also inside others. */
export function needsText(logical: LogicalType): boolean {
  const id = duckdb.get_type_id(logical)
  if (TEXT_ONLY.has(id)) return true
  if (id === Type.LIST) return needsText(duckdb.list_type_child_type(logical))
  if (id === Type.ARRAY) return needsText(duckdb.array_type_child_type(logical))
  if (id === Type.STRUCT) return structFields(logical).some(({ type }) => needsText(type))
  return false
}

export function structFields(logical: LogicalType): { name: string; type: LogicalType }[] {
  return Array.from({ length: duckdb.struct_type_child_count(logical) }, (_, i) => ({
    name: duckdb.struct_type_child_name(logical, i),
    type: duckdb.struct_type_child_type(logical, i),
  }))
}

const NAMES = new Map<number, string>([
  [Type.TIMESTAMP_TZ, 'TIMESTAMP WITH TIME ZONE'],
  [Type.TIME_TZ, 'TIME WITH TIME ZONE'],
  [Type.SQLNULL, 'NULL'],
])

/** The type as SQL writes it: `DECIMAL(10,2)`, `ENUM('a', 'b')`, `STRUCT(a INTEGER)[]`. */
export function sqlTypeName(logical: LogicalType): string {
  const alias = duckdb.logical_type_get_alias(logical)
  if (alias) return alias
  const id = duckdb.get_type_id(logical)
  switch (id) {
    case Type.DECIMAL:
      return `DECIMAL(${duckdb.decimal_width(logical)},${duckdb.decimal_scale(logical)})`
    case Type.ENUM:
      return `ENUM(${enumValues(logical).map(quoteText).join(', ')})`
    case Type.LIST:
      return `${sqlTypeName(duckdb.list_type_child_type(logical))}[]`
    case Type.ARRAY:
      return `${sqlTypeName(duckdb.array_type_child_type(logical))}[${duckdb.array_type_array_size(logical)}]`
    case Type.MAP:
      return `MAP(${sqlTypeName(duckdb.map_type_key_type(logical))}, ${sqlTypeName(duckdb.map_type_value_type(logical))})`
    case Type.STRUCT:
      return `STRUCT(${structFields(logical)
        .map(({ name, type }) => `${quoteIdentifier(name)} ${sqlTypeName(type)}`)
        .join(', ')})`
    case Type.UNION:
      return `UNION(${Array.from(
        { length: duckdb.union_type_member_count(logical) },
        (_, i) =>
          `${quoteIdentifier(duckdb.union_type_member_name(logical, i))} ${sqlTypeName(duckdb.union_type_member_type(logical, i))}`,
      ).join(', ')})`
    default:
      return NAMES.get(id) ?? Type[id] ?? 'UNKNOWN'
  }
}

export function enumValues(logical: LogicalType): string[] {
  return Array.from({ length: duckdb.enum_dictionary_size(logical) }, (_, i) =>
    duckdb.enum_dictionary_value(logical, i),
  )
}
