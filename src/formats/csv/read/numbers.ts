/**
 * Numbers and booleans of ordinary form, from bytes straight into columns. Every function reads the field that begins at `start`,
 * writes row `row`, and returns where the field ended, or -1 for anything out of the ordinary, which is then read
 * again in the slow way. They do not look for the end of the bytes: a line end stops them, and the caller has
 * made sure that there is one.
 */

import type { BoolColumn, FixedColumn } from './column.ts'
import { emptyField, MINUS, POWERS, type Signs, TWO32 } from './signs.ts'

/** Integers of up to 19 digits into 64 bits. */
export function readInt64(
  column: FixedColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
): number {
  const { stops } = signs
  let at = start
  let byte = bytes[at]!
  if (stops[byte] === 1) return emptyField(column, at, row, signs)
  const quoted = byte === signs.quote
  if (quoted) byte = bytes[++at]!
  const negative = byte === MINUS
  if (negative) byte = bytes[++at]!
  const first = at
  let value = 0
  let digit = byte - 48
  // Nine digits fit 32 bits; multiplying words is quicker than multiplying doubles.
  while (digit >= 0 && digit <= 9 && at - first < 9) {
    value = (Math.imul(value, 10) + digit) | 0
    digit = bytes[++at]! - 48
  }
  if (at === first) return -1
  const words = column.words
  if (digit < 0 || digit > 9) {
    if (negative) value = -value | 0
    words[row * 2] = value
    words[row * 2 + 1] = value >> 31
  } else {
    const high = value
    value = 0
    const middle = at
    while (digit >= 0 && digit <= 9 && at - middle < 9) {
      value = (Math.imul(value, 10) + digit) | 0
      digit = bytes[++at]! - 48
    }
    writeWide(words, row, high, POWERS[at - middle]!, value)
    if (digit >= 0 && digit <= 9) {
      if (!appendDigit(words, row, digit)) return -1
      digit = bytes[++at]! - 48
      if (digit >= 0 && digit <= 9) return -1
    }
    if (negative) negate(words, row)
  }
  if (quoted && bytes[at++] !== signs.quote) return -1
  return stops[bytes[at]!] === 1 ? at : -1
}

/** high * power + low into 64 bits: both factors are below 2^30, and so halves of the product are exact. */
function writeWide(words: Int32Array, row: number, high: number, power: number, low: number): void {
  const upper = (high >>> 15) * power * 32768
  const lower = (high & 32767) * power + low
  const sum = (upper >>> 0) + (lower >>> 0)
  words[row * 2] = sum | 0
  words[row * 2 + 1] = Math.floor(upper / TWO32) + Math.floor(lower / TWO32) + (sum >= TWO32 ? 1 : 0)
}

/** Ten times the value and a digit; false when that does not fit. */
function appendDigit(words: Int32Array, row: number, digit: number): boolean {
  const low = (words[row * 2]! >>> 0) * 10 + digit
  const high = words[row * 2 + 1]! * 10 + Math.floor(low / TWO32)
  words[row * 2] = low | 0
  words[row * 2 + 1] = high
  return high < 2147483648
}

function negate(words: Int32Array, row: number): void {
  const low = -words[row * 2]! | 0
  words[row * 2] = low
  words[row * 2 + 1] = ~words[row * 2 + 1]! + (low === 0 ? 1 : 0)
}

/** Integers of up to nine digits into 32 bits or fewer. */
export function readInt32(
  column: FixedColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
): number {
  const { stops } = signs
  let at = start
  let byte = bytes[at]!
  if (stops[byte] === 1) return emptyField(column, at, row, signs)
  const negative = byte === MINUS
  if (negative) byte = bytes[++at]!
  const first = at
  let value = 0
  let digit = byte - 48
  while (digit >= 0 && digit <= 9 && at - first < 9) {
    value = (Math.imul(value, 10) + digit) | 0
    digit = bytes[++at]! - 48
  }
  if (at === first || stops[bytes[at]!] !== 1) return -1
  column.words[row] = negative ? -value : value
  return at
}

/** Decimals of up to 15 digits: the quotient of two exact doubles is the nearest one to the text. */
export function readDouble(
  column: FixedColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
): number {
  const { stops, decimal } = signs
  let at = start
  let byte = bytes[at]!
  if (stops[byte] === 1) return emptyField(column, at, row, signs)
  const quoted = byte === signs.quote
  if (quoted) byte = bytes[++at]!
  const negative = byte === MINUS
  if (negative) byte = bytes[++at]!
  const first = at
  let high = 0
  let low = 0
  let digits = 0
  let fraction = 0
  let digit = byte - 48
  while (digit >= 0 && digit <= 9) {
    if (digits < 9) high = (Math.imul(high, 10) + digit) | 0
    else low = (Math.imul(low, 10) + digit) | 0
    digits++
    digit = bytes[++at]! - 48
  }
  if (bytes[at] === decimal) {
    const point = ++at
    digit = bytes[at]! - 48
    while (digit >= 0 && digit <= 9) {
      if (digits < 9) high = (Math.imul(high, 10) + digit) | 0
      else low = (Math.imul(low, 10) + digit) | 0
      digits++
      digit = bytes[++at]! - 48
    }
    fraction = at - point
  }
  if (at === first || digits === 0 || digits > 15) return -1
  let value = digits > 9 ? high * POWERS[digits - 9]! + low : high
  if (fraction > 0) value /= POWERS[fraction]!
  if (quoted && bytes[at++] !== signs.quote) return -1
  if (stops[bytes[at]!] !== 1) return -1
  column.doubles[row] = negative ? -value : value
  return at
}

/** true, false, t, f, in any case. */
export function readBool(
  column: BoolColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
): number {
  const { stops } = signs
  const byte = bytes[start]!
  if (stops[byte] === 1) return emptyField(column, start, row, signs)
  const letter = byte | 32
  let at = start + 1
  if (letter === 116) {
    if (stops[bytes[at]!] !== 1) {
      // r u e
      if ((bytes[at]! | 32) !== 114 || (bytes[at + 1]! | 32) !== 117 || (bytes[at + 2]! | 32) !== 101)
        return -1
      at += 3
    }
  } else if (letter === 102) {
    if (stops[bytes[at]!] !== 1) {
      // a l s e
      if ((bytes[at]! | 32) !== 97 || (bytes[at + 1]! | 32) !== 108) return -1
      if ((bytes[at + 2]! | 32) !== 115 || (bytes[at + 3]! | 32) !== 101) return -1
      at += 4
    }
  } else {
    return -1
  }
  if (stops[bytes[at]!] !== 1) return -1
  column.set(row, letter === 116)
  return at
}
