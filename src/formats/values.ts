/** Columns as plain JavaScript values, for small tables and for rows that are looked at one by one. */

import { type ColumnValues, type ColumnVector, type DataType, NUMBER_ARRAYS } from './batch.ts'
import { Utf8Builder } from './builders.ts'

/**
 * A value as rows hold it: bigint for 64-bit integers, for times and timestamps (µs) and for decimals (unscaled);
 * days since 1970 for dates.
 */
export type Value =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [name: string]: Value }

const ARRAYS = {
  ...NUMBER_ARRAYS,
  date: Int32Array,
  time: BigInt64Array,
  timestamp: BigInt64Array,
} as const

const allocate = (bytes: number): ArrayBuffer => new ArrayBuffer(bytes)

/** The values as a column; `undefined` is null, too. Numbers where 64-bit integers belong are taken as such. */
export function vectorFrom(type: DataType, values: ArrayLike<Value | undefined>): ColumnVector {
  const { length } = values
  switch (type.kind) {
    case 'utf8':
    case 'binary':
      return textVector(values)
    case 'bool': {
      const bits = new Uint8Array((length + 7) >> 3)
      for (let i = 0; i < length; i++) if (values[i] === true) bits[i >> 3]! |= 1 << (i & 7)
      return { length, validity: validityOf(values), values: bits }
    }
    case 'decimal':
      return { length, validity: validityOf(values), values: decimalBytes(values) }
    case 'list': {
      const offsets = new Int32Array(length + 1)
      const items: Value[] = []
      for (let i = 0; i < length; i++) {
        for (const item of (values[i] as readonly Value[] | null | undefined) ?? []) items.push(item)
        offsets[i + 1] = items.length
      }
      return { length, validity: validityOf(values), offsets, children: [vectorFrom(type.item, items)] }
    }
    case 'struct': {
      const structs = values as ArrayLike<Readonly<Record<string, Value>> | null | undefined>
      const children = type.fields.map((field) =>
        vectorFrom(
          field.type,
          Array.from(structs, (struct) => struct?.[field.name] ?? null),
        ),
      )
      return { length, validity: validityOf(values), children }
    }
    default:
      return { length, validity: validityOf(values), values: numbers(ARRAYS[type.kind], values) }
  }
}

function numbers(
  make: (typeof ARRAYS)[keyof typeof ARRAYS],
  values: ArrayLike<Value | undefined>,
): ColumnValues {
  const array = new make(values.length)
  const isBig = array instanceof BigInt64Array || array instanceof BigUint64Array
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === null || value === undefined) continue
    if (isBig) array[i] = typeof value === 'bigint' ? value : BigInt(value as number)
    else array[i] = Number(value)
  }
  return array
}

function textVector(values: ArrayLike<Value | undefined>): ColumnVector {
  const builder = new Utf8Builder(allocate)
  for (let i = 0; i < values.length; i++) {
    const value = values[i]
    if (value === null || value === undefined) builder.appendNull()
    else {
      const bytes = typeof value === 'string' ? Buffer.from(value) : (value as Uint8Array)
      builder.append(bytes, 0, bytes.length)
    }
  }
  return builder.take()
}

function validityOf(values: ArrayLike<Value | undefined>): Uint8Array | undefined {
  let bits: Uint8Array | undefined
  for (let i = 0; i < values.length; i++) {
    if ((values[i] ?? null) !== null) continue
    bits ??= new Uint8Array((values.length + 7) >> 3).fill(255)
    bits[i >> 3]! &= ~(1 << (i & 7))
  }
  return bits
}

/** Little-endian two's complement, 16 bytes each. */
function decimalBytes(values: ArrayLike<Value | undefined>): Uint8Array {
  const halves = new BigUint64Array(values.length * 2)
  for (let i = 0; i < values.length; i++) {
    const value = BigInt.asUintN(128, (values[i] as bigint | null | undefined) ?? 0n)
    halves[2 * i] = BigInt.asUintN(64, value)
    halves[2 * i + 1] = value >> 64n
  }
  return new Uint8Array(halves.buffer)
}

/** The values of a column. */
export function valuesFrom(type: DataType, vector: ColumnVector): Value[] {
  const at = reader(type, vector)
  const { validity, length } = vector
  return Array.from({ length }, (_, i) =>
    validity !== undefined && (validity[i >> 3]! & (1 << (i & 7))) === 0 ? null : at(i),
  )
}

function reader(type: DataType, { values, offsets, children }: ColumnVector): (i: number) => Value {
  switch (type.kind) {
    case 'utf8': {
      const bytes = values as Uint8Array
      const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return (i) => text.toString('utf8', offsets![i]!, offsets![i + 1]!)
    }
    case 'binary':
      return (i) => (values as Uint8Array).slice(offsets![i]!, offsets![i + 1]!)
    case 'bool':
      return (i) => ((values as Uint8Array)[i >> 3]! & (1 << (i & 7))) !== 0
    case 'decimal': {
      const bytes = values as Uint8Array
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
      return (i) => (view.getBigInt64(16 * i + 8, true) << 64n) | view.getBigUint64(16 * i, true)
    }
    case 'list': {
      const items = valuesFrom(type.item, children![0]!)
      return (i) => items.slice(offsets![i]!, offsets![i + 1]!)
    }
    case 'struct': {
      const fields = type.fields.map(
        ({ name, type: inner }, f) => [name, valuesFrom(inner, children![f]!)] as const,
      )
      return (i) => Object.fromEntries(fields.map(([name, column]) => [name, column[i]!]))
    }
    default:
      return (i) => (values as Int32Array | BigInt64Array)[i]!
  }
}
