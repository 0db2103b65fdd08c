/**
 * Fields of ordinary form, from bytes straight into columns. Every function reads the field that begins at
 * `at`, writes row `row`, and returns where the field ended, or -1 for anything out of the ordinary, which the
 * record scanner then reads again. They do not look for the end of the bytes: a line end stops them, and the
 * caller has made sure that there is one.
 */

import { DAY_MICROS, daysFromCivil, monthLength } from '../values/calendar.ts'
import type { BoolColumn, FixedColumn, TextColumn } from './column.ts'

/** Signs of a dialect, as the functions need them. */
export interface Signs {
  /** 1 for the bytes that end an unquoted field, or make it special. */
  readonly stops: Uint8Array
  /** -1 for none. */
  readonly quote: number
  /** Two quotes stand for one. */
  readonly doubled: boolean
  readonly escape: number
  /** The byte of the decimal sign. */
  readonly decimal: number
  /** An empty field is null. */
  readonly emptyIsNull: boolean
  readonly quotedNulls: boolean
}

const MINUS = 45
const TWO32 = 4294967296

/** 10 ** i is exact up to 22. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i)

/** A field that is empty, where no text can be: null, unless an empty field is not. */
function empty(column: FixedColumn | BoolColumn, at: number, row: number, signs: Signs): number {
  if (!signs.emptyIsNull) return -1
  column.setNull(row)
  return at
}

/** Integers of up to 18 digits into 64 bits. */
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
  if (stops[byte] === 1) return empty(column, at, row, signs)
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
    if (digit >= 0 && digit <= 9) return -1
    writeWide(words, row, high, POWERS[at - middle]!, value, negative)
  }
  if (quoted && bytes[at++] !== signs.quote) return -1
  return stops[bytes[at]!] === 1 ? at : -1
}

/** high * power + low into 64 bits: both factors are below 2^30, and so halves of the product are exact. */
function writeWide(
  words: Int32Array,
  row: number,
  high: number,
  power: number,
  low: number,
  negative: boolean,
): void {
  const upper = (high >>> 15) * power * 32768
  const lower = (high & 32767) * power + low
  const sum = (upper >>> 0) + (lower >>> 0)
  let word0 = sum | 0
  let word1 = (Math.floor(upper / TWO32) + Math.floor(lower / TWO32) + (sum >= TWO32 ? 1 : 0)) | 0
  if (negative) {
    word0 = -word0 | 0
    word1 = ~word1 + (word0 === 0 ? 1 : 0)
  }
  words[row * 2] = word0
  words[row * 2 + 1] = word1
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
  if (stops[byte] === 1) return empty(column, at, row, signs)
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
  if (stops[byte] === 1) return empty(column, at, row, signs)
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

const two = (bytes: Uint8Array, at: number): number => {
  const tens = bytes[at]! - 48
  const ones = bytes[at + 1]! - 48
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : -1000000
}

/** Days of YYYY-MM-DD at `at`, or a number below -10^9. Reads no byte behind one that does not fit. */
function isoDay(bytes: Uint8Array, at: number): number {
  const century = two(bytes, at)
  if (century < 0) return -2e9
  const year = century * 100 + two(bytes, at + 2)
  if (year < 0 || bytes[at + 4] !== MINUS) return -2e9
  const month = two(bytes, at + 5)
  if (month < 1 || month > 12 || bytes[at + 7] !== MINUS) return -2e9
  const day = two(bytes, at + 8)
  if (day < 1 || (day > 28 && day > monthLength(year, month))) return -2e9
  return daysFromCivil(year, month, day)
}

/** YYYY-MM-DD */
export function readDate(
  column: FixedColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
): number {
  const { stops } = signs
  const byte = bytes[start]!
  if (stops[byte] === 1) return empty(column, start, row, signs)
  const quoted = byte === signs.quote
  let at = quoted ? start + 1 : start
  const days = isoDay(bytes, at)
  if (days < -1e9) return -1
  column.words[row] = days
  at += 10
  if (quoted && bytes[at++] !== signs.quote) return -1
  return stops[bytes[at]!] === 1 ? at : -1
}

/** YYYY-MM-DD HH:MM:SS with up to six digits behind the second, a T for the space. */
export function readTimestamp(
  column: FixedColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
): number {
  const { stops } = signs
  const byte = bytes[start]!
  if (stops[byte] === 1) return empty(column, start, row, signs)
  const quoted = byte === signs.quote
  let at = quoted ? start + 1 : start
  const days = isoDay(bytes, at)
  if (days < -1e9) return -1
  const between = bytes[at + 10]
  if (between !== 32 && between !== 84) return -1
  const hour = two(bytes, at + 11)
  if (hour < 0 || hour > 23 || bytes[at + 13] !== 58) return -1
  const minute = two(bytes, at + 14)
  if (minute < 0 || minute > 59 || bytes[at + 16] !== 58) return -1
  const second = two(bytes, at + 17)
  if (second < 0 || second > 59) return -1
  at += 19
  let micros = 0
  if (bytes[at] === 46) {
    const first = ++at
    let digit = bytes[at]! - 48
    while (digit >= 0 && digit <= 9 && at - first < 6) {
      micros = micros * 10 + digit
      digit = bytes[++at]! - 48
    }
    micros *= POWERS[6 - (at - first)]!
  }
  if (quoted && bytes[at++] !== signs.quote) return -1
  if (stops[bytes[at]!] !== 1) return -1
  const value = days * DAY_MICROS + ((hour * 60 + minute) * 60 + second) * 1e6 + micros
  // Years 0 … 9999 stay within 2^59; the low word of a double beyond 2^53 would be rounded.
  if (value > 9e15 || value < -9e15) return -1
  column.words[row * 2] = value | 0
  column.words[row * 2 + 1] = Math.floor(value / TWO32)
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
  if (stops[byte] === 1) return empty(column, start, row, signs)
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

/** Below this many bytes a loop is quicker than making the view that `set` wants. */
const LOOP = 48

/** Text, quoted or not; `limit` is where bytes end for a quoted one, which may hold line ends. */
export function readText(
  column: TextColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
  limit: number,
): number {
  const { stops } = signs
  const byte = bytes[start]!
  if (byte === signs.quote) return readQuoted(column, bytes, start + 1, row, signs, limit)
  // A space may be followed by a quote.
  if (byte === 32 && bytes[start + 1] === signs.quote) return -1
  let at = start
  while (stops[bytes[at]!] === 0) at++
  const length = at - start
  if (length === 0 && signs.emptyIsNull) {
    column.setNull(row)
    return at
  }
  const from = column.offsets[row]!
  if (from + length > column.data.length) column.makeRoom(row, length)
  const data = column.data
  if (length < LOOP) for (let i = 0; i < length; i++) data[from + i] = bytes[start + i]!
  else data.set(bytes.subarray(start, at), from)
  column.offsets[row + 1] = from + length
  return at
}

function readQuoted(
  column: TextColumn,
  bytes: Uint8Array,
  start: number,
  row: number,
  signs: Signs,
  limit: number,
): number {
  const { stops, quote } = signs
  const sign = signs.doubled ? quote : signs.escape
  const from = column.offsets[row]!
  let to = from
  let at = start
  let run = start
  for (;;) {
    while (at < limit && bytes[at] !== quote && bytes[at] !== sign) at++
    if (at >= limit || bytes[at] !== quote) return -1
    const doubled = signs.doubled && at + 1 < limit && bytes[at + 1] === quote
    const length = at - run + (doubled ? 1 : 0)
    if (to + length > column.data.length) {
      column.offsets[row + 1] = to
      column.makeRoom(row + 1, length)
    }
    const data = column.data
    if (length < LOOP) for (let i = 0; i < length; i++) data[to + i] = bytes[run + i]!
    else data.set(bytes.subarray(run, run + length), to)
    to += length
    if (!doubled) break
    at += 2
    run = at
  }
  at++
  if (at >= limit || stops[bytes[at]!] !== 1) return -1
  column.offsets[row + 1] = to
  if (to === from && signs.emptyIsNull && signs.quotedNulls) column.setNull(row)
  return at
}

/** Over a field that nobody wants. */
export function skipField(bytes: Uint8Array, start: number, signs: Signs, limit: number): number {
  const { stops, quote } = signs
  let at = start
  const byte = bytes[at]!
  if (byte === quote) {
    if (!signs.doubled && signs.escape >= 0) return -1
    for (;;) {
      at++
      while (at < limit && bytes[at] !== quote) at++
      if (at >= limit) return -1
      at++
      if (at >= limit) return -1
      if (bytes[at] !== quote) return stops[bytes[at]!] === 1 ? at : -1
      if (!signs.doubled) return -1
    }
  }
  if (byte === 32 && bytes[at + 1] === quote) return -1
  while (stops[bytes[at]!] === 0) at++
  return at
}
