/** Values without an Arrow layout, as DuckDB prints them. */

/** Microseconds (any sign) as `HH:MM:SS[.ffffff]`, the fraction without trailing zeros. */
export function printTime(micros: bigint): string {
  const sign = micros < 0n ? '-' : ''
  const rest = micros < 0n ? -micros : micros
  const seconds = rest / 1_000_000n
  const pad = (value: bigint): string => `${value}`.padStart(2, '0')
  const clock = `${pad(seconds / 3600n)}:${pad((seconds / 60n) % 60n)}:${pad(seconds % 60n)}`
  return `${sign}${clock}${fraction(rest % 1_000_000n, 6)}`
}

export function fraction(value: bigint, digits: number): string {
  return value === 0n ? '' : `.${`${value}`.padStart(digits, '0').replace(/0+$/, '')}`
}

/** `1 year 2 months 3 days 04:05:06.789`. */
export function printInterval(months: number, days: number, micros: bigint): string {
  const parts: string[] = []
  const add = (count: number, unit: string): void => {
    if (count !== 0) parts.push(`${count} ${unit}${Math.abs(count) === 1 ? '' : 's'}`)
  }
  add(Math.trunc(months / 12), 'year')
  add(months % 12, 'month')
  add(days, 'day')
  if (micros !== 0n || parts.length === 0) parts.push(printTime(micros))
  return parts.join(' ')
}

/** A UUID from DuckDB's 128 bits, whose top bit is flipped to make them sort as integers. */
export function printUuid(lower: bigint, upper: bigint): string {
  const top = BigInt.asUintN(64, upper) ^ (1n << 63n)
  const hex = `${top.toString(16).padStart(16, '0')}${BigInt.asUintN(64, lower).toString(16).padStart(16, '0')}`
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

const INFINITY = 0x7fffffffffffffffn

/** Nanoseconds since 1970 as `YYYY-MM-DD HH:MM:SS[.fffffffff]`. */
export function printNanoseconds(nanos: bigint): string {
  if (nanos === INFINITY) return 'infinity'
  if (nanos === -INFINITY) return '-infinity'
  const perDay = 86_400_000_000_000n
  const day = (nanos - (((nanos % perDay) + perDay) % perDay)) / perDay
  const rest = nanos - day * perDay
  const date = new Date(Number(day) * 86_400_000).toISOString().slice(0, 10)
  return `${date} ${printTime((rest / 1_000_000_000n) * 1_000_000n)}${fraction(rest % 1_000_000_000n, 9)}`
}

/** Nanoseconds since midnight. */
export function printTimeNanoseconds(nanos: bigint): string {
  return `${printTime((nanos / 1_000_000_000n) * 1_000_000n)}${fraction(nanos % 1_000_000_000n, 9)}`
}

const MAX_OFFSET = 16 * 60 * 60 - 1

/** TIME WITH TIME ZONE: 40 bits of microseconds, then 24 bits of the inverted offset (duckdb.h). */
export function printZonedTime(bits: bigint): string {
  const unsigned = BigInt.asUintN(64, bits)
  const offset = MAX_OFFSET - Number(unsigned & 0xffffffn)
  const size = Math.abs(offset)
  const pad = (value: number): string => `${value}`.padStart(2, '0')
  const hours = pad(Math.trunc(size / 3600))
  const minutes = Math.trunc(size / 60) % 60
  const seconds = size % 60
  const tail = seconds !== 0 ? `:${pad(minutes)}:${pad(seconds)}` : minutes !== 0 ? `:${pad(minutes)}` : ''
  return `${printTime(unsigned >> 24n)}${offset < 0 ? '-' : '+'}${hours}${tail}`
}
