/** Arrays of the .ibd as numbers. */

import { inflateSync } from 'node:zlib'
import { NUMBER_ARRAYS } from '../batch.ts'
import { isZlib, rawBytes, typeOf } from './kind.ts'
import { VALUE_BYTES, type ValueType } from './terms.ts'

export type ItemType = 'float32' | 'float64' | 'int32' | 'int64'
export type Items = Float32Array | Float64Array | Int32Array | BigInt64Array

/** Whether a column of `item` holds such values as they are; DOUBLE takes all. */
export function fits(type: ValueType, item: string): boolean {
  if (item === 'float64' || type === item) return true
  return (
    type.startsWith('int') && item.startsWith('int') && VALUE_BYTES[type] <= VALUE_BYTES[item as ItemType]
  )
}

export function newItems(type: ItemType, length: number, allocate: (bytes: number) => ArrayBuffer): Items {
  return new NUMBER_ARRAYS[type](allocate(Math.max(8, length * VALUE_BYTES[type])), 0, length)
}

/** The most that deflate makes of a byte is 1032 (zlib's technical details); what is said to be more, is not. */
const MOST_INFLATED = 1032

/** Why so many values cannot be in so many bytes; undefined when they can. Before anything is allocated for them. */
export function absurd(kind: number, length: number, bytes: number): string | undefined {
  if (!isZlib(kind)) return undefined
  if (bytes === 0 && length > 0) return 'it is compressed, expected an external encoded length'
  const raw = rawBytes(kind, length)
  if (raw <= (bytes + 1) * MOST_INFLATED) return undefined
  return `${bytes} compressed bytes hold ${length} values, expected fewer`
}

/** The array's values, decompressed; an Error says what is wrong with it. */
export function valueBytes(kind: number, length: number, stored: Uint8Array): Uint8Array {
  if (!isZlib(kind)) return stored
  const raw = rawBytes(kind, length)
  // node refuses a limit of 0.
  const bytes = raw === 0 ? new Uint8Array(0) : inflateSync(stored, { maxOutputLength: raw + 1 })
  if (bytes.length === raw) return bytes
  throw new RangeError(`it inflates to ${bytes.length} bytes, expected ${raw}`)
}

/** Puts values, as they stand in the file, at `at` among the items. */
export function putValues(into: Items, at: number, bytes: Uint8Array, kind: number): void {
  const type = typeOf(kind)
  const make = NUMBER_ARRAYS[type]
  if (into instanceof make) {
    // The same bits: no number is made.
    const width = VALUE_BYTES[type]
    new Uint8Array(into.buffer, into.byteOffset + at * width, bytes.length).set(bytes)
    return
  }
  const isAligned = bytes.byteOffset % VALUE_BYTES[type] === 0
  const { buffer, byteOffset } = isAligned ? bytes : bytes.slice()
  const values = new make(buffer as ArrayBuffer, byteOffset, bytes.length / VALUE_BYTES[type])
  if (into instanceof BigInt64Array) for (let i = 0; i < values.length; i++) into[at + i] = BigInt(values[i]!)
  else if (values instanceof BigInt64Array)
    for (let i = 0; i < values.length; i++) into[at + i] = Number(values[i])
  else into.set(values, at)
}
