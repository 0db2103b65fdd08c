/** Values of extra bytes, which stand in each point at any byte. */

import { type ColumnValues, type ColumnVector, NUMBER_ARRAYS } from '../batch.ts'
import { type ExtraColumn, KIND_BYTES, type NumberKind } from './extra-bytes.ts'

const READERS: Readonly<Record<NumberKind, (view: DataView, at: number) => number>> = {
  uint8: (view, at) => view.getUint8(at),
  int8: (view, at) => view.getInt8(at),
  uint16: (view, at) => view.getUint16(at, true),
  int16: (view, at) => view.getInt16(at, true),
  uint32: (view, at) => view.getUint32(at, true),
  int32: (view, at) => view.getInt32(at, true),
  uint64: (view, at) => Number(view.getBigUint64(at, true)),
  int64: (view, at) => Number(view.getBigInt64(at, true)),
  float32: (view, at) => view.getFloat32(at, true),
  float64: (view, at) => view.getFloat64(at, true),
}

/** The column's values of points [from, to), whose bytes stand `stride` apart. */
export function extraValues(
  column: ExtraColumn,
  bytes: Uint8Array,
  stride: number,
  from: number,
  to: number,
  allocate: (bytes: number) => ArrayBuffer,
): ColumnVector {
  const { kind, count, at } = column
  const length = to - from
  if (kind === undefined) {
    const values = new Uint8Array(allocate(length * count), 0, length * count)
    for (let i = 0; i < length; i++) {
      const start = (from + i) * stride + at
      values.set(bytes.subarray(start, start + count), i * count)
    }
    return { length, offsets: steps(length, count, allocate), values }
  }
  const isScaled = column.scale !== undefined || column.offset !== undefined
  const values = isScaled
    ? scaledValues(column, kind, bytes, stride, from, length, allocate)
    : copiedValues(kind, count, at, bytes, stride, from, length, allocate)
  if (count === 1) return { length, values }
  return { length, offsets: steps(length, count, allocate), children: [{ length: length * count, values }] }
}

/** Byte by byte: 64-bit integers and the bits of a NaN stay what they are. */
function copiedValues(
  kind: NumberKind,
  count: number,
  at: number,
  bytes: Uint8Array,
  stride: number,
  from: number,
  length: number,
  allocate: (bytes: number) => ArrayBuffer,
): ColumnValues {
  const width = KIND_BYTES[kind] * count
  const buffer = allocate(length * width)
  const target = new Uint8Array(buffer, 0, length * width)
  let to = 0
  for (let i = 0; i < length; i++) {
    const start = (from + i) * stride + at
    for (let k = 0; k < width; k++) target[to++] = bytes[start + k]!
  }
  return new NUMBER_ARRAYS[kind](buffer, 0, length * count)
}

function scaledValues(
  { count, at, scale, offset }: ExtraColumn,
  kind: NumberKind,
  bytes: Uint8Array,
  stride: number,
  from: number,
  length: number,
  allocate: (bytes: number) => ArrayBuffer,
): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = READERS[kind]
  const width = KIND_BYTES[kind]
  const values = new Float64Array(allocate(length * count * 8), 0, length * count)
  for (let i = 0; i < length; i++) {
    const start = (from + i) * stride + at
    for (let k = 0; k < count; k++)
      values[i * count + k] = read(view, start + k * width) * (scale?.[k] ?? 1) + (offset?.[k] ?? 0)
  }
  return values
}

function steps(length: number, count: number, allocate: (bytes: number) => ArrayBuffer): Int32Array {
  const offsets = new Int32Array(allocate((length + 1) * 4), 0, length + 1)
  for (let i = 0; i <= length; i++) offsets[i] = i * count
  return offsets
}
