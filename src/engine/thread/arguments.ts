/** Argument values, as DuckDB's C API gives and takes them. */

import duckdb, { type LogicalType, type Value } from '@duckdb/node-bindings'
import { VarveError } from '../../errors.ts'
import type { Argument } from '../../scan/types.ts'
import { structFields } from './types.ts'

const { Type } = duckdb

/** A table function's argument as a plain value; what JSON could not say is text as SQL prints it. */
export function fromValue(value: Value): Argument {
  return fromTypedValue(value, duckdb.get_value_type(value))
}

function fromTypedValue(value: Value, type: LogicalType): Argument {
  if (duckdb.is_null_value(value)) return null
  switch (duckdb.get_type_id(type)) {
    case Type.SQLNULL:
      return null
    case Type.BOOLEAN:
      return duckdb.get_bool(value)
    case Type.TINYINT:
    case Type.SMALLINT:
    case Type.INTEGER:
    case Type.UTINYINT:
    case Type.USMALLINT:
    case Type.UINTEGER:
    case Type.BIGINT:
    case Type.INTEGER_LITERAL:
      return safe(duckdb.get_int64(value))
    case Type.UBIGINT:
      return safe(duckdb.get_uint64(value))
    case Type.HUGEINT:
      return safe(duckdb.get_hugeint(value))
    case Type.UHUGEINT:
      return safe(duckdb.get_uhugeint(value))
    case Type.FLOAT:
    case Type.DOUBLE:
    case Type.DECIMAL:
      return duckdb.get_double(value)
    case Type.LIST:
      return Array.from({ length: duckdb.get_list_size(value) }, (_, i) =>
        fromValue(duckdb.get_list_child(value, i)),
      )
    case Type.STRUCT:
      return Object.fromEntries(
        structFields(type).map(({ name }, i) => [name, fromValue(duckdb.get_struct_child(value, i))]),
      )
    case Type.MAP:
      return Object.fromEntries(
        Array.from({ length: duckdb.get_map_size(value) }, (_, i) => [
          duckdb.get_varchar(duckdb.get_map_key(value, i)),
          fromValue(duckdb.get_map_value(value, i)),
        ]),
      )
    default:
      return duckdb.get_varchar(value)
  }
}

function safe(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

/** A query parameter as a DuckDB value: whole numbers as INTEGER or BIGINT, like literals; others as DOUBLE. */
export function toValue(argument: Argument): Value {
  return typed(argument).value
}

interface Typed {
  readonly value: Value
  readonly type: LogicalType
}

function typed(argument: Argument): Typed {
  const make = (id: number, value: Value): Typed => ({ value, type: duckdb.create_logical_type(id) })
  switch (typeof argument) {
    case 'boolean':
      return make(Type.BOOLEAN, duckdb.create_bool(argument))
    case 'string':
      return make(Type.VARCHAR, duckdb.create_varchar(argument))
    case 'bigint':
      return integer(argument)
    case 'number':
      return Number.isSafeInteger(argument) && !Object.is(argument, -0)
        ? integer(BigInt(argument))
        : make(Type.DOUBLE, duckdb.create_double(argument))
    default:
      if (argument === null) return make(Type.SQLNULL, duckdb.create_null_value())
      return Array.isArray(argument) ? list(argument) : struct(argument as Record<string, Argument>)
  }
}

function integer(value: bigint): Typed {
  if (BigInt.asIntN(32, value) === value) {
    return { value: duckdb.create_int32(Number(value)), type: duckdb.create_logical_type(Type.INTEGER) }
  }
  if (BigInt.asIntN(64, value) === value) {
    return { value: duckdb.create_int64(value), type: duckdb.create_logical_type(Type.BIGINT) }
  }
  if (BigInt.asIntN(128, value) === value) {
    return { value: duckdb.create_hugeint(value), type: duckdb.create_logical_type(Type.HUGEINT) }
  }
  throw new VarveError(
    'invalid-input',
    `parameter ${value} is out of range, expected an integer of at most 128 bits`,
  )
}

/** Numbers of several kinds become the widest of them, so that `[1, 2.5]` is a list of DOUBLE. */
function list(items: readonly Argument[]): Typed {
  const present = items.filter((item) => item !== null)
  const unified =
    present.length > 0 && present.every((item) => typeof item === 'number' || typeof item === 'bigint')
      ? unifyNumbers(items, present)
      : items.map(typed)
  const type = unified.find((_, i) => items[i] !== null)?.type ?? duckdb.create_logical_type(Type.INTEGER)
  const values = unified.map((item) => item.value)
  try {
    return { value: duckdb.create_list_value(type, values), type: duckdb.create_list_type(type) }
  } catch (cause) {
    // DuckDB does not say why; the items' types are all that it looks at.
    const message = 'a list parameter has items of several types, expected one'
    throw new VarveError('invalid-input', message, {}, cause)
  }
}

function unifyNumbers(items: readonly Argument[], present: readonly (number | bigint)[]): Typed[] {
  const fraction = present.some((item) => typeof item === 'number' && !Number.isInteger(item))
  return items.map((item) => {
    if (item === null) return typed(null)
    if (fraction) {
      return {
        value: duckdb.create_double(Number(item)),
        type: duckdb.create_logical_type(Type.DOUBLE),
      }
    }
    const value = BigInt(item as number | bigint)
    return BigInt.asIntN(64, value) === value
      ? { value: duckdb.create_int64(value), type: duckdb.create_logical_type(Type.BIGINT) }
      : integer(value)
  })
}

function struct(fields: Readonly<Record<string, Argument>>): Typed {
  const names = Object.keys(fields)
  const members = names.map((name) => typed(fields[name]!))
  const type = duckdb.create_struct_type(
    members.map((member) => member.type),
    names,
  )
  const value = duckdb.create_struct_value(
    type,
    members.map((member) => member.value),
  )
  return { value, type }
}
