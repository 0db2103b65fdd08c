/** Numbers, dates and blobs as DuckDB casts them to VARCHAR. */

/** A double; shortest digits that read back the same, laid out as DuckDB does: `1.0`, `1e+16`, `1e-05`. */
export function doubleText(value: number): string {
  return layOut(value, String)
}

/** A float (single precision): the shortest digits that read back as the same float. */
export function floatText(value: number): string {
  return layOut(value, shortestFloat)
}

function shortestFloat(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(Number(value.toPrecision(9)))
}

function layOut(value: number, shortest: (value: number) => string): string {
  if (Number.isNaN(value)) return 'nan'
  if (value === Number.POSITIVE_INFINITY) return 'inf'
  if (value === Number.NEGATIVE_INFINITY) return '-inf'
  if (Object.is(value, -0)) return '-0.0'
  if (value === 0) return '0.0'
  const text = shortest(value)
  const size = Math.abs(value)
  if (size >= 1e16 || size < 1e-4) return exponential(text)
  return plain(text)
}

/** JavaScript turns to exponents below 1e-6 and from 1e21 on, DuckDB below 1e-4 and from 1e16 on. */
function exponential(text: string): string {
  const [mantissa = '', exponent = '0'] = text.includes('e')
    ? text.split('e')
    : Number(text).toExponential().split('e')
  const power = Number(exponent)
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`
}

const plain = (text: string): string => (text.includes('.') ? text : `${text}.0`)

/** An integer of `scale` digits after the point: `decimalText(-5n, 2)` is `-0.05`. */
export function decimalText(unscaled: bigint, scale: number): string {
  if (scale === 0) return unscaled.toString()
  const negative = unscaled < 0n
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, '0')
  const cut = digits.length - scale
  return `${negative ? '-' : ''}${digits.slice(0, cut)}.${digits.slice(cut)}`
}

/** 16 bytes, little-endian two's complement (Arrow's Decimal128). */
export function int128(view: DataView, offset: number): bigint {
  return (view.getBigInt64(offset + 8, true) << 64n) | view.getBigUint64(offset, true)
}

const DATE_INFINITY = 2147483647

/** Days since 1970-01-01, proleptic Gregorian, years before 1 as `(BC)`. */
export function dateText(days: number): string {
  if (days === DATE_INFINITY) return 'infinity'
  if (days === -DATE_INFINITY) return '-infinity'
  // Civil from days, by Howard Hinnant: https://howardhinnant.github.io/date_algorithms.html
  const shifted = days + 719468
  const era = Math.floor(shifted / 146097)
  const dayOfEra = shifted - era * 146097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36524) - Math.floor(dayOfEra / 146096)) /
      365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const shown = String(year > 0 ? year : 1 - year).padStart(4, '0')
  return `${shown}-${two(month)}-${two(day)}${year > 0 ? '' : ' (BC)'}`
}

const two = (value: number): string => (value < 10 ? `0${value}` : String(value))

const DAY = 86_400_000_000n

/** Microseconds since midnight; fractions without trailing zeros. */
export function timeText(micros: bigint): string {
  const value = Number(micros)
  const seconds = Math.floor(value / 1e6)
  const fraction = value - seconds * 1e6
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return fraction === 0 ? clock : `${clock}.${String(fraction).padStart(6, '0').replace(/0+$/, '')}`
}

const TIMESTAMP_INFINITY = 9223372036854775807n

/** Microseconds since 1970-01-01 00:00:00; zoned ones in UTC, `+00`. */
export function timestampText(micros: bigint, zoned: boolean): string {
  if (micros === TIMESTAMP_INFINITY) return 'infinity'
  if (micros === -TIMESTAMP_INFINITY) return '-infinity'
  let days = micros / DAY
  let rest = micros % DAY
  if (rest < 0n) {
    rest += DAY
    days -= 1n
  }
  return `${dateText(Number(days))} ${timeText(rest)}${zoned ? '+00' : ''}`
}

/** Printable ASCII as it is; everything else, quotes and the backslash as `\xAA`. */
export function blobText(bytes: Uint8Array): string {
  let text = ''
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x27 && byte !== 0x22
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return text
}
