/** The proleptic Gregorian calendar, year 0 being 1 BC, and the int64 of a timestamp. */

export const DAY_MICROS = 86_400_000_000

/** What DuckDB keeps for infinity; minus infinity is its negative. */
export const INFINITE_DAY = 2147483647
export const INFINITE_MICROS = 9223372036854775807n

const LENGTHS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const isLeap = (year: number): boolean => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)

export function monthLength(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : LENGTHS[month - 1]!
}

/** Days since 1970-01-01 of a date that exists (http://howardhinnant.github.io/date_algorithms.html). */
export function daysFromCivil(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = (((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) | 0) + day - 1
  return era * 146097 + yearOfEra * 365 + (yearOfEra >> 2) - ((yearOfEra / 100) | 0) + dayOfYear - 719468
}

/** Days since 1970-01-01; undefined for a date that does not exist or that DuckDB cannot hold. */
export function dayNumber(year: number, month: number, day: number): number | undefined {
  if (month < 1 || month > 12 || day < 1 || day > monthLength(year, month)) return undefined
  const days = daysFromCivil(year, month, day)
  return days > -INFINITE_DAY && days < INFINITE_DAY ? days : undefined
}

const LOWEST_MICROS = -9223372022400000000n

/** Microseconds since 1970-01-01; undefined beyond what a timestamp can hold. */
export function timestampMicros(days: number, micros: number): bigint | undefined {
  if (Math.abs(days) === INFINITE_DAY) return days > 0 ? INFINITE_MICROS : -INFINITE_MICROS
  const value = BigInt(days) * BigInt(DAY_MICROS) + BigInt(micros)
  return value >= LOWEST_MICROS && value < INFINITE_MICROS ? value : undefined
}
