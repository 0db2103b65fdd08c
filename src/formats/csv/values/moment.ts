/** Dates, times and timestamps in ISO 8601's manner, as DuckDB's casts read them. */

import { DAY_MICROS, dayNumber, INFINITE_DAY, timestampMicros } from './calendar.ts'
import { isSpace } from './scalar.ts'
import { zoneOffset } from './zone.ts'

const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 48 && byte <= 57

/** Where a partial parse stopped; kept here so that parsing makes no objects. */
let at = 0

function skipSpaces(bytes: Uint8Array, from: number, end: number): number {
  let i = from
  while (i < end && isSpace(bytes[i])) i++
  return i
}

/** One or two digits at `at`, or -1. */
function twoDigits(bytes: Uint8Array, end: number): number {
  if (at >= end || !isDigit(bytes[at])) return -1
  let value = bytes[at++]! - 48
  if (at < end && isDigit(bytes[at])) value = value * 10 + bytes[at++]! - 48
  return value
}

function hasWord(bytes: Uint8Array, from: number, end: number, word: string): boolean {
  if (from + word.length > end) return false
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[from + i]!
    if ((byte >= 65 && byte <= 90 ? byte + 32 : byte) !== word.charCodeAt(i)) return false
  }
  return true
}

const SPECIAL: readonly (readonly [word: string, day: number])[] = [
  ['infinity', INFINITE_DAY],
  ['inf', INFINITE_DAY],
  ['epoch', 0],
]

/** infinity, inf, epoch: nothing but spaces may follow. */
function specialDay(bytes: Uint8Array, start: number, end: number, negative: boolean): number | undefined {
  for (const [word, day] of SPECIAL) {
    if (!hasWord(bytes, start, end, word)) continue
    at = skipSpaces(bytes, start + word.length, end)
    if (at !== end) return undefined
    return negative ? (day === 0 ? undefined : -day) : day
  }
  return undefined
}

/** Days since 1970-01-01, `at` behind the date; undefined when it is none. */
function datePart(bytes: Uint8Array, start: number, end: number, strict: boolean): number | undefined {
  at = skipSpaces(bytes, start, end)
  const negative = bytes[at] === 45 && at < end
  if (negative) at++
  if (at >= end) return undefined
  if (!isDigit(bytes[at])) return specialDay(bytes, at, end, negative)
  const first = at
  let year = 0
  while (at < end && isDigit(bytes[at])) {
    if (year >= 100000000) return undefined
    year = year * 10 + bytes[at++]! - 48
  }
  if (strict && at - first < 2) return undefined
  if (negative) year = -year
  if (at >= end) return undefined
  const separator = bytes[at++]!
  // space - / and backslash
  if (separator !== 32 && separator !== 45 && separator !== 47 && separator !== 92) return undefined
  const month = twoDigits(bytes, end)
  if (month < 0 || at >= end || bytes[at++] !== separator) return undefined
  const day = twoDigits(bytes, end)
  if (day < 0) return undefined
  if (end - at >= 5 && isSpace(bytes[at]) && hasWord(bytes, at + 1, end, '(bc)')) {
    if (negative || year === 0) return undefined
    year = 1 - year
    at += 5
  }
  if (strict) {
    at = skipSpaces(bytes, at, end)
    if (at < end) return undefined
  } else if (at < end && isDigit(bytes[at])) {
    return undefined
  }
  return dayNumber(year, month, day)
}

/** Microseconds since midnight, `at` behind the time; undefined when it is none. */
function timePart(bytes: Uint8Array, start: number, end: number, strict: boolean): number | undefined {
  at = skipSpaces(bytes, start, end)
  const first = at
  let hour = 0
  while (at < end && isDigit(bytes[at]) && at - first < 9) hour = hour * 10 + bytes[at++]! - 48
  if (at === first || at >= end || bytes[at++] !== 58) return undefined
  const minuteAt = at
  const minute = twoDigits(bytes, end)
  if (minute < 0 || minute >= 60) return undefined
  let second = 0
  let micros = 0
  if (at >= end) {
    if (strict && at - minuteAt < 2) return undefined
  } else {
    if (bytes[at++] !== 58) return undefined
    second = twoDigits(bytes, end)
    if (second < 0) {
      if (strict || at < end) return undefined
      second = 0
    }
    if (second >= 60) return undefined
    if (at < end && bytes[at] === 46) {
      at++
      for (let unit = 100000; at < end && isDigit(bytes[at]); at++, unit = Math.floor(unit / 10)) {
        micros += (bytes[at]! - 48) * unit
      }
    }
  }
  if (strict) {
    at = skipSpaces(bytes, at, end)
    if (at < end) return undefined
  }
  const value = ((hour * 60 + minute) * 60 + second) * 1e6 + micros
  return value <= DAY_MICROS ? value : undefined
}

/** Days since 1970-01-01. */
export function parseDate(
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean,
): number | undefined {
  return datePart(bytes, start, end, strict)
}

/** Microseconds since midnight; less strictly also of a timestamp. */
export function parseTime(
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean,
): number | undefined {
  const time = timePart(bytes, start, end, strict)
  if (time !== undefined || strict) return time
  const stamp = parseTimestamp(bytes, start, end, false, false)
  if (stamp === undefined) return undefined
  const day = BigInt(DAY_MICROS)
  return Number(((stamp % day) + day) % day)
}

/** ±HH[[:]MM[:SS]] at `at`, in seconds; undefined when there is none. */
function utcOffset(bytes: Uint8Array, end: number): number | undefined {
  const sign = bytes[at]
  if (at + 3 > end || (sign !== 43 && sign !== 45)) return undefined
  if (!isDigit(bytes[at + 1]) || !isDigit(bytes[at + 2])) return undefined
  let seconds = ((bytes[at + 1]! - 48) * 10 + bytes[at + 2]! - 48) * 3600
  at += 3
  for (let unit = 60; unit > 0; unit = unit === 60 ? 1 : 0) {
    const digits = at < end && bytes[at] === 58 ? at + 1 : at
    if (digits + 2 > end || !isDigit(bytes[digits]) || !isDigit(bytes[digits + 1])) break
    seconds += ((bytes[digits]! - 48) * 10 + bytes[digits + 1]! - 48) * unit
    at = digits + 2
  }
  return sign === 45 ? -seconds : seconds
}

const isZoneByte = (byte: number): boolean => /[A-Za-z0-9_/+-]/.test(String.fromCharCode(byte))

/**
 * Microseconds since 1970-01-01. With `zoned`, offsets and names of time zones count, and a text without one
 * is UTC. Otherwise an offset is refused when strict, and passed over when not.
 */
export function parseTimestamp(
  bytes: Uint8Array,
  start: number,
  end: number,
  strict: boolean,
  zoned: boolean,
): bigint | undefined {
  const days = datePart(bytes, start, end, false)
  if (days === undefined) return undefined
  if (at === end) return timestampMicros(days, 0)
  const timeAt = bytes[at] === 32 || bytes[at] === 84 ? at + 1 : at
  const time = timePart(bytes, timeAt, end, false)
  if (time === undefined) return undefined
  let offset: number | undefined
  let zone = ''
  if (at < end) {
    if (bytes[at] === 90) {
      at++
      offset = 0
    } else {
      offset = utcOffset(bytes, end)
      if (offset === undefined) {
        if (bytes[at++] !== 32) return undefined
        while (at < end && isZoneByte(bytes[at]!)) zone += String.fromCharCode(bytes[at++]!)
      }
    }
    at = skipSpaces(bytes, at, end)
    if (at < end) return undefined
  }
  const local = timestampMicros(days, time)
  if (local === undefined) return undefined
  if (!zoned) {
    if (zone !== '' && zone !== 'UTC') return undefined
    return strict && offset !== undefined ? undefined : local
  }
  if (zone !== '') offset = zoneOffset(zone, local)
  if (zone !== '' && offset === undefined) return undefined
  return local - BigInt(offset ?? 0) * 1_000_000n
}
