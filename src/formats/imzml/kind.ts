/** How an array is written, as one small number. */

import { VALUE_BYTES, VALUE_TYPES, type ValueType } from './terms.ts'

const ZLIB = 16

export function kindOf(type: ValueType, zlib: boolean): number {
  return VALUE_TYPES.indexOf(type) + (zlib ? ZLIB : 0)
}

export function typeOf(kind: number): ValueType {
  return VALUE_TYPES[kind & (ZLIB - 1)]!
}

export function isZlib(kind: number): boolean {
  return kind >= ZLIB
}

/** Bytes of `length` values, decompressed. */
export function rawBytes(kind: number, length: number): number {
  return length * VALUE_BYTES[typeOf(kind)]
}

/** Bytes of an array in the .ibd. What a file says of the compressed length of what is not compressed is not read. */
export function storedBytes(kind: number, length: number, bytes: number): number {
  return isZlib(kind) ? bytes : rawBytes(kind, length)
}
