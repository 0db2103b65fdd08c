/** Plain values to Arrow-layout columns and back, for tests. */

import type { ColumnBatch, ColumnValues, ColumnVector, DataType, Field } from '../../src/formats/batch.ts'

export type Plain =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Plain[]
  | { [name: string]: Plain }

const ARRAYS = {
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
  date: Int32Array,
} as const
const BIG = {
  int64: BigInt64Array,
  uint64: BigUint64Array,
  time: BigInt64Array,
  timestamp: BigInt64Array,
} as const

/** One column of plain values: text, numbers, bigints (64 bits and decimals, unscaled), lists, objects. */
export function columnOf(type: DataType, values: readonly Plain[]): ColumnVector {
  const length = values.length
  const validity = values.includes(null) ? bits(values.map((value) => value !== null)) : undefined
  switch (type.kind) {
    case 'utf8':
    case 'binary': {
      const parts = values.map((value) => (value === null ? Buffer.alloc(0) : Buffer.from(value as string)))
      const joined = Buffer.concat(parts)
      return {
        length,
        validity,
        offsets: offsetsOf(parts.map((part) => part.length)),
        values: new Uint8Array(joined),
      }
    }
    case 'bool':
      return { length, validity, values: bits(values.map((value) => value === true)) }
    case 'decimal': {
      const out = new BigInt64Array(length * 2)
      values.forEach((value, i) => {
        const whole = (value ?? 0n) as bigint
        out[i * 2] = BigInt.asIntN(64, whole)
        out[i * 2 + 1] = whole >> 64n
      })
      return { length, validity, values: new Uint8Array(out.buffer) }
    }
    case 'list': {
      const items = values.map((value) => (value ?? []) as Plain[])
      return {
        length,
        validity,
        offsets: offsetsOf(items.map((item) => item.length)),
        children: [columnOf(type.item, items.flat())],
      }
    }
    case 'struct':
      return {
        length,
        validity,
        children: type.fields.map((field) =>
          columnOf(
            field.type,
            values.map((value) =>
              value === null ? null : (value as { [name: string]: Plain })[field.name]!,
            ),
          ),
        ),
      }
    case 'int64':
    case 'uint64':
    case 'time':
    case 'timestamp':
      return {
        length,
        validity,
        values: BIG[type.kind].from(values.map((value) => BigInt((value ?? 0) as bigint))),
      }
    default:
      return {
        length,
        validity,
        values: ARRAYS[type.kind].from(values.map((value) => Number(value ?? 0))) as ColumnValues,
      }
  }
}

function bits(flags: readonly boolean[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array((flags.length + 7) >> 3)
  flags.forEach((flag, i) => {
    if (flag) out[i >> 3]! |= 1 << (i & 7)
  })
  return out
}

function offsetsOf(lengths: readonly number[]): Int32Array<ArrayBuffer> {
  const out = new Int32Array(lengths.length + 1)
  lengths.forEach((length, i) => {
    out[i + 1] = out[i]! + length
  })
  return out
}

/** The plain values of a column; decimals as unscaled bigints. */
export function valuesOf(type: DataType, column: ColumnVector): Plain[] {
  const out: Plain[] = []
  for (let i = 0; i < column.length; i++) out.push(valueAt(type, column, i))
  return out
}

function valueAt(type: DataType, column: ColumnVector, i: number): Plain {
  const { validity, offsets, values, children } = column
  const bit = (array: Uint8Array): boolean => ((array[i >> 3]! >> (i & 7)) & 1) === 1
  if (validity !== undefined && !bit(validity)) return null
  switch (type.kind) {
    case 'utf8':
      return new TextDecoder('utf-8', { fatal: true }).decode(
        (values as Uint8Array).subarray(offsets![i]!, offsets![i + 1]!),
      )
    case 'binary':
      return new Uint8Array((values as Uint8Array).subarray(offsets![i]!, offsets![i + 1]!))
    case 'bool':
      return bit(values as Uint8Array)
    case 'decimal': {
      const view = new DataView(values!.buffer, values!.byteOffset + i * 16, 16)
      return (view.getBigInt64(8, true) << 64n) | view.getBigUint64(0, true)
    }
    case 'list': {
      const items: Plain[] = []
      for (let k = offsets![i]!; k < offsets![i + 1]!; k++) items.push(valueAt(type.item, children![0]!, k))
      return items
    }
    case 'struct':
      return Object.fromEntries(
        type.fields.map((field, k) => [field.name, valueAt(field.type, children![k]!, i)]),
      )
    default:
      return values![i] as number | bigint
  }
}

/** The rows of a batch as arrays of plain values. */
export function rowsOf(columns: readonly Field[], batch: ColumnBatch): Plain[][] {
  const plain = columns.map(({ type }, i) => valuesOf(type, batch.columns[i]!))
  return Array.from({ length: batch.rows }, (_, row) => plain.map((column) => column[row]!))
}
