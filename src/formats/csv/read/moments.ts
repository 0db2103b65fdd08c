/**
 * Dates and timestamps of ordinary form, from bytes straight into columns. Every function reads the field that begins at `start`,
 * writes row `row`, and returns where the field ended, or -1 for anything out of the ordinary, which is then read
 * again in the slow way. They do not look for the end of the bytes: a line end stops them, and the caller has
 * made sure that there is one.
 */

import { DAY_MICROS, daysFromCivil, monthLength } from '../values/calendar.ts'
import type { FixedColumn } from './column.ts'
import { emptyField, MINUS, POWERS, type Signs, TWO32 } from './signs.ts'

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
  if (stops[byte] === 1) return emptyField(column, start, row, signs)
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
  if (stops[byte] === 1) return emptyField(column, start, row, signs)
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
