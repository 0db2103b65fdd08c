/** Picks values out of Arrow-layout columns. */

import type { ColumnValues, ColumnVector, DataType } from '../../formats/batch.ts'
import { getBit } from './bits.ts'

/** The values at `indexes`, in that order. */
export function take(type: DataType, vector: ColumnVector, indexes: Int32Array): ColumnVector {
  const length = indexes.length
  const validity = vector.validity === undefined ? undefined : takeBits(vector.validity, indexes)
  switch (type.kind) {
    case 'struct':
      return {
        length,
        validity,
        children: type.fields.map((field, i) => take(field.type, vector.children![i]!, indexes)),
      }
    case 'list': {
      const { offsets, from } = spread(vector.offsets!, indexes)
      return { length, validity, offsets, children: [take(type.item, vector.children![0]!, from)] }
    }
    case 'utf8':
    case 'binary':
      return takeTexts(vector, indexes, validity)
    case 'bool':
      return { length, validity, values: takeBits(vector.values as Uint8Array, indexes) }
    default:
      return { length, validity, values: takeFixed(vector.values!, vector.length, indexes) }
  }
}

function takeBits(bits: Uint8Array, indexes: Int32Array): Uint8Array {
  const out = new Uint8Array((indexes.length + 7) >> 3)
  indexes.forEach((index, i) => {
    if (getBit(bits, index)) out[i >> 3]! |= 1 << (i & 7)
  })
  return out
}

function takeFixed(values: ColumnValues, length: number, indexes: Int32Array): ColumnValues {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  const width = length === 0 ? 0 : values.byteLength / length
  const out = new Uint8Array(indexes.length * width)
  indexes.forEach((index, i) => {
    out.set(bytes.subarray(index * width, (index + 1) * width), i * width)
  })
  const make = values.constructor as new (buffer: ArrayBuffer) => ColumnValues
  return new make(out.buffer)
}

/** Offsets of the lists at `indexes`, and where each of their items comes from. */
function spread(offsets: Int32Array, indexes: Int32Array): { offsets: Int32Array; from: Int32Array } {
  const out = new Int32Array(indexes.length + 1)
  indexes.forEach((index, i) => {
    out[i + 1] = out[i]! + offsets[index + 1]! - offsets[index]!
  })
  const from = new Int32Array(out[indexes.length]!)
  indexes.forEach((index, i) => {
    for (let k = out[i]!; k < out[i + 1]!; k++) from[k] = offsets[index]! + k - out[i]!
  })
  return { offsets: out, from }
}

function takeTexts(
  vector: ColumnVector,
  indexes: Int32Array,
  validity: Uint8Array | undefined,
): ColumnVector {
  const source = vector.offsets!
  const bytes = vector.values as Uint8Array
  const offsets = new Int32Array(indexes.length + 1)
  indexes.forEach((index, i) => {
    offsets[i + 1] = offsets[i]! + source[index + 1]! - source[index]!
  })
  const values = new Uint8Array(offsets[indexes.length]!)
  indexes.forEach((index, i) => {
    values.set(bytes.subarray(source[index]!, source[index + 1]!), offsets[i]!)
  })
  return { length: indexes.length, validity, offsets, values }
}
