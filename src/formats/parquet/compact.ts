/**
 * Thrift's compact protocol (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md), in
 * which footers and page headers are written.
 *
 * Rejected: hyparquet's reader, which makes an array of as many elements as a list promises, and a BigInt of every
 * number: footers have one list for all row groups, and ten numbers for every column of each.
 */

import { badParquet } from './error.ts'

/** A struct's fields by their number. */
export interface Struct {
  readonly [field: number]: Thrift
}

export type Thrift = boolean | number | Uint8Array | Struct | readonly Thrift[]

const TRUE = 1
const FALSE = 2
const BYTE = 3
const I16 = 4
const I32 = 5
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const SET = 10
const STRUCT = 12

/** Deeper than any struct of Parquet's. */
const DEEPEST = 32

export class CompactReader {
  /** Where the next byte stands. */
  at: number
  readonly #bytes: Uint8Array
  readonly #end: number

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes
    this.at = at
    this.#end = end
  }

  struct(depth = 0): Struct {
    if (depth > DEEPEST)
      throw badParquet(`structs stand in each other ${depth} deep, expected at most ${DEEPEST}`)
    const fields: Record<number, Thrift> = {}
    let field = 0
    for (;;) {
      const header = this.#byte()
      const type = header & 15
      if (type === 0) return fields
      field = header >> 4 === 0 ? this.#zigzag() : field + (header >> 4)
      fields[field] = type === TRUE ? true : type === FALSE ? false : this.#value(type, depth)
    }
  }

  #value(type: number, depth: number): Thrift {
    switch (type) {
      // In a list; a field's is in its header.
      case TRUE:
      case FALSE:
        return this.#byte() === TRUE
      case BYTE:
        return (this.#byte() << 24) >> 24
      case I16:
      case I32:
      case I64:
        return this.#zigzag()
      case DOUBLE:
        return new DataView(this.#take(8).slice().buffer).getFloat64(0, true)
      case BINARY:
        return this.#take(this.#varint())
      case LIST:
      case SET: {
        const header = this.#byte()
        const count = header >> 4 === 15 ? this.#varint() : header >> 4
        const list: Thrift[] = []
        // Each element takes a byte at least, so the end comes before a promise too large is kept.
        for (let i = 0; i < count; i++)
          list.push(header % 16 === STRUCT ? this.struct(depth + 1) : this.#value(header & 15, depth + 1))
        return list
      }
      case STRUCT:
        return this.struct(depth + 1)
      default:
        throw badParquet(`a field has type ${type}, expected one of the compact protocol's`)
    }
  }

  #byte(): number {
    if (this.at >= this.#end)
      throw badParquet('a struct goes on behind its bytes, expected its end before them')
    return this.#bytes[this.at++]!
  }

  #take(length: number): Uint8Array {
    if (length > this.#end - this.at)
      throw badParquet(`a text has ${length} bytes, expected at most the ${this.#end - this.at} that follow`)
    return this.#bytes.subarray(this.at, (this.at += length))
  }

  /** Exact up to 2^53, beyond which nothing that is counted here can be true. */
  #varint(): number {
    let value = 0
    let scale = 1
    for (let i = 0; i < 10; i++) {
      const byte = this.#byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
      scale *= 128
    }
    throw badParquet('a number has more than 10 bytes, expected 64 bits')
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }
}

const isStruct = (value: Thrift | undefined): value is Struct =>
  typeof value === 'object' && !Array.isArray(value) && !(value instanceof Uint8Array)

export function structAt(of: Struct | undefined, field: number): Struct | undefined {
  const value = of?.[field]
  return isStruct(value) ? value : undefined
}

export function structsAt(of: Struct, field: number): Struct[] {
  const value = of[field]
  return Array.isArray(value) ? value.filter(isStruct) : []
}

export function numberAt(of: Struct | undefined, field: number): number | undefined {
  const value = of?.[field]
  return typeof value === 'number' ? value : undefined
}

export function flagAt(of: Struct | undefined, field: number): boolean | undefined {
  const value = of?.[field]
  return typeof value === 'boolean' ? value : undefined
}

export function bytesAt(of: Struct | undefined, field: number): Uint8Array | undefined {
  const value = of?.[field]
  return value instanceof Uint8Array ? value : undefined
}

export function textAt(of: Struct | undefined, field: number): string | undefined {
  const value = bytesAt(of, field)
  return value && Buffer.from(value.buffer, value.byteOffset, value.length).toString('utf8')
}

/** A number that must be there, and cannot be negative. */
export function countAt(of: Struct, field: number, name: string): number {
  const value = of[field]
  if (typeof value === 'number' && value >= 0) return value
  throw badParquet(`${name} is ${typeof value === 'number' ? value : 'missing'}, expected a number from 0`)
}
