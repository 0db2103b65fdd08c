/** Column vectors and results from plain values, for tests of what reads them. */

import type { QueryResult, ResultColumn } from '../../src/engine/types.ts'
import type { ColumnBatch, ColumnVector, DataType } from '../../src/formats/batch.ts'

export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { [key: string]: Value }

const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  float32: Float32Array,
  float64: Float64Array,
  date: Int32Array,
  time: BigInt64Array,
  timestamp: BigInt64Array,
} as const

export function vector(type: DataType, values: readonly Value[]): ColumnVector {
  const length = values.length
  const validity = values.includes(null) ? bits(values.map((value) => value !== null)) : undefined
  switch (type.kind) {
    case 'bool':
      return { length, validity, values: bits(values.map(Boolean)) }
    case 'utf8':
    case 'binary': {
      const pieces = values.map((value) =>
        value === null ? new Uint8Array(0) : value instanceof Uint8Array ? value : Buffer.from(String(value)),
      )
      return {
        length,
        validity,
        offsets: offsets(pieces.map((piece) => piece.length)),
        values: Buffer.concat(pieces),
      }
    }
    case 'decimal': {
      const bytes = new DataView(new ArrayBuffer(length * 16))
      values.forEach((value, i) => {
        const unscaled = BigInt((value as bigint | null) ?? 0n)
        bytes.setBigInt64(i * 16, BigInt.asIntN(64, unscaled), true)
        bytes.setBigInt64(i * 16 + 8, unscaled >> 64n, true)
      })
      return { length, validity, values: new Uint8Array(bytes.buffer) }
    }
    case 'list': {
      const lists = values.map((value) => (value ?? []) as readonly Value[])
      return {
        length,
        validity,
        offsets: offsets(lists.map((list) => list.length)),
        children: [vector(type.item, lists.flat())],
      }
    }
    case 'struct':
      return {
        length,
        validity,
        children: type.fields.map((field) =>
          vector(
            field.type,
            values.map((value) =>
              value === null ? null : ((value as Record<string, Value>)[field.name] ?? null),
            ),
          ),
        ),
      }
    case 'int64':
    case 'uint64':
    case 'time':
    case 'timestamp': {
      const array = new ARRAYS[type.kind](length)
      values.forEach((value, i) => {
        array[i] = BigInt((value as number | bigint | null) ?? 0)
      })
      return { length, validity, values: array }
    }
    default: {
      const array = new ARRAYS[type.kind](length)
      values.forEach((value, i) => {
        array[i] = Number(value ?? 0)
      })
      return { length, validity, values: array }
    }
  }
}

function bits(flags: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(flags.length / 8))
  flags.forEach((flag, i) => {
    if (flag) bytes[i >> 3]! |= 1 << (i & 7)
  })
  return bytes
}

function offsets(lengths: readonly number[]): Int32Array {
  const result = new Int32Array(lengths.length + 1)
  lengths.forEach((length, i) => {
    result[i + 1] = result[i]! + length
  })
  return result
}

const int32: DataType = { kind: 'int32' }
const utf8: DataType = { kind: 'utf8' }

/** Types by their SQL names, as the engine would give them. */
export const TYPES: Readonly<Record<string, DataType>> = {
  BOOLEAN: { kind: 'bool' },
  INTEGER: int32,
  BIGINT: { kind: 'int64' },
  UBIGINT: { kind: 'uint64' },
  HUGEINT: utf8,
  DOUBLE: { kind: 'float64' },
  FLOAT: { kind: 'float32' },
  VARCHAR: utf8,
  JSON: utf8,
  UUID: utf8,
  BLOB: { kind: 'binary' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp', zoned: true },
  'DECIMAL(9,2)': { kind: 'decimal', precision: 9, scale: 2 },
  'DECIMAL(38,10)': { kind: 'decimal', precision: 38, scale: 10 },
  'INTEGER[]': { kind: 'list', item: int32 },
  'VARCHAR[]': { kind: 'list', item: utf8 },
  'STRUCT(x INTEGER, y VARCHAR)': {
    kind: 'struct',
    fields: [
      { name: 'x', type: int32 },
      { name: 'y', type: utf8 },
    ],
  },
  'MAP(VARCHAR, INTEGER)': {
    kind: 'list',
    item: {
      kind: 'struct',
      fields: [
        { name: 'key', type: utf8 },
        { name: 'value', type: int32 },
      ],
    },
  },
}

export interface TestColumn {
  readonly name: string
  readonly sqlType: string
  readonly type?: DataType
  readonly values: readonly Value[]
}

export const col = (
  name: string,
  sqlType: string,
  values: readonly Value[],
  type?: DataType,
): TestColumn => ({
  name,
  sqlType,
  values,
  ...(type && { type }),
})

/** A result of these columns, cut into batches of `size` rows. */
export function result(columns: readonly TestColumn[], size = 2048): QueryResult {
  const header: ResultColumn[] = columns.map(({ name, sqlType, type }) => ({
    name,
    sqlType,
    type: type ?? TYPES[sqlType]!,
  }))
  const rows = columns[0]?.values.length ?? 0
  async function* batches(): AsyncGenerator<ColumnBatch> {
    for (let at = 0; at < rows; at += size) {
      const vectors = columns.map(({ values }, i) => vector(header[i]!.type, values.slice(at, at + size)))
      yield { rows: Math.min(size, rows - at), columns: vectors }
    }
  }
  return { columns: header, returns: 'rows', batches: batches(), close: async () => {} }
}
