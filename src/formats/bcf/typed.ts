/** Typed values (VCFv4.5, 6.3.3): a descriptor of type and count, then so many values. */

import { float32, int32 } from '../bam/bytes.ts'

export const MISSING = 0
export const INT8 = 1
export const INT16 = 2
export const INT32 = 3
export const FLOAT = 5
export const CHAR = 7

/** Bytes of a value by its type; 0 for types that hold none, or that do not exist. */
export const WIDTHS = [0, 1, 2, 4, 0, 4, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0] as const

/** Of integers, whatever their width. */
export const MISSING_INTEGER = -2147483648
/** The vector ends before this value. */
export const END_INTEGER = -2147483647
export const MISSING_BITS = 0x7f80_0001
export const END_BITS = 0x7f80_0002
/** In a text, where others write `.`. */
export const MISSING_CHAR = 7

/** A descriptor that was read, and where its values stand. */
export class Typed {
  type = MISSING
  count = 0
  /** The first value. */
  at = 0

  /** Reads the descriptor at `at`; false when there is none, or it does not end before `stop`. */
  readDescriptor(bytes: Uint8Array, at: number, stop: number): boolean {
    if (at >= stop) return false
    const first = bytes[at]!
    this.type = first & 15
    this.count = first >> 4
    this.at = at + 1
    if (this.type !== MISSING && WIDTHS[this.type] === 0) return false
    return this.count < 15 || this.#readCount(bytes, stop)
  }

  /** Fifteen says that the count follows, as an integer of its own. */
  #readCount(bytes: Uint8Array, stop: number): boolean {
    const at = this.at
    const type = at < stop ? bytes[at]! & 15 : MISSING
    if (type < INT8 || type > INT32 || bytes[at]! >> 4 !== 1) return false
    this.at = at + 1 + WIDTHS[type]!
    if (this.at > stop) return false
    this.count = integerAt(bytes, at + 1, type)
    return this.count >= 0
  }

  /** Reads the descriptor at `at` and passes its values; false when they do not end before `stop`. */
  read(bytes: Uint8Array, at: number, stop: number): boolean {
    return this.readDescriptor(bytes, at, stop) && this.end <= stop
  }

  /** Behind the values. */
  get end(): number {
    return this.at + this.count * WIDTHS[this.type]!
  }
}

export const isInteger = (type: number): boolean => type >= INT8 && type <= INT32

/** The integer at `at`; what says missing or end says so in 32 bits. */
export function integerAt(bytes: Uint8Array, at: number, type: number): number {
  if (type === INT8) {
    const value = (bytes[at]! << 24) >> 24
    return value > -127 ? value : value === -128 ? MISSING_INTEGER : END_INTEGER
  }
  if (type === INT16) {
    const value = ((bytes[at]! | (bytes[at + 1]! << 8)) << 16) >> 16
    return value > -32767 ? value : value === -32768 ? MISSING_INTEGER : END_INTEGER
  }
  return int32(bytes, at)
}

/** Where a text ends: at its first NUL, with which those of samples are filled up. */
export function textEnd(bytes: Uint8Array, at: number, count: number): number {
  const stop = at + count
  let end = at
  while (end < stop && bytes[end] !== 0) end++
  return end
}

/** The float at `at`, which is neither missing nor an end. */
export const floatAt = float32

/**
 * The number with the fewest digits that is this one in 32 bits: a QUAL of 29.1 is 29.1 in 64 bits, too, as in the VCF
 * that it came from.
 */
export function shortest(value: number): number {
  if (Number.isInteger(value) || !Number.isFinite(value)) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === value) return short
  }
  return Number(value.toPrecision(9))
}
