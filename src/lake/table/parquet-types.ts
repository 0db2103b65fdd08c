/** varve's column types as Parquet's (https://parquet.apache.org/docs/file-format/types/), in both directions. */

import type { SchemaElement } from 'hyparquet'
import type { DataType, Field } from '../../formats/batch.ts'
import type { Value } from '../types.ts'

type Element = Omit<SchemaElement, 'name' | 'repetition_type'>

const PLAIN = {
  bool: { type: 'BOOLEAN' },
  int8: { type: 'INT32', converted_type: 'INT_8' },
  int16: { type: 'INT32', converted_type: 'INT_16' },
  int32: { type: 'INT32' },
  int64: { type: 'INT64' },
  uint8: { type: 'INT32', converted_type: 'UINT_8' },
  uint16: { type: 'INT32', converted_type: 'UINT_16' },
  uint32: { type: 'INT32', converted_type: 'UINT_32' },
  uint64: { type: 'INT64', converted_type: 'UINT_64' },
  float32: { type: 'FLOAT' },
  float64: { type: 'DOUBLE' },
  utf8: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  binary: { type: 'BYTE_ARRAY' },
  date: { type: 'INT32', converted_type: 'DATE' },
  time: { type: 'INT64', converted_type: 'TIME_MICROS' },
} as const satisfies Record<string, Element>

/** The schema of a file with these columns, depth first as the footer has it. */
export function parquetSchema(columns: readonly Field[]): SchemaElement[] {
  return [{ name: 'root', num_children: columns.length }, ...columns.flatMap(elementsOf)]
}

function elementsOf({ name, type }: Field): SchemaElement[] {
  const repetition_type = 'OPTIONAL'
  switch (type.kind) {
    case 'timestamp':
      return [
        {
          name,
          repetition_type,
          type: 'INT64',
          logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: type.zoned === true, unit: 'MICROS' },
        },
      ]
    case 'decimal':
      return [
        {
          name,
          repetition_type,
          type: 'FIXED_LEN_BYTE_ARRAY',
          type_length: 16,
          converted_type: 'DECIMAL',
          precision: type.precision,
          scale: type.scale,
        },
      ]
    case 'list':
      return [
        { name, repetition_type, num_children: 1, converted_type: 'LIST' },
        { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
        ...elementsOf({ name: 'element', type: type.item }),
      ]
    case 'struct':
      return [{ name, repetition_type, num_children: type.fields.length }, ...type.fields.flatMap(elementsOf)]
    default:
      return [{ name, repetition_type, ...PLAIN[type.kind] }]
  }
}

/** A column's values as the reader gives them, as rows hold them; the file's schema is that of `parquetSchema`. */
export function fromParquet(type: DataType, value: unknown): Value {
  if (value === null || value === undefined) return null
  switch (type.kind) {
    case 'list':
      return (value as unknown[]).map((item) => fromParquet(type.item, item))
    case 'struct': {
      const fields = value as Record<string, unknown>
      return Object.fromEntries(
        type.fields.map((field) => [field.name, fromParquet(field.type, fields[field.name])]),
      )
    }
    case 'decimal':
      return signed(value as Uint8Array)
    case 'uint64':
      return BigInt.asUintN(64, value as bigint)
    default:
      return value as Value
  }
}

/** Whether `fromParquet` changes values of this type at all. */
export function isAsRead({ kind }: DataType): boolean {
  return !['list', 'struct', 'decimal', 'uint64'].includes(kind)
}

/** Big-endian two's complement. */
function signed(bytes: Uint8Array): bigint {
  return BigInt.asIntN(bytes.length * 8, BigInt(`0x${Buffer.from(bytes).toString('hex') || '0'}`))
}
