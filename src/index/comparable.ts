/** Values of a WHERE as zone maps keep theirs: dates as days, moments as microseconds, numbers as DuckDB compares them. */

import type { DataType } from '../formats/batch.ts'
import type { ZoneValue } from '../formats/text/types.ts'

const DATE = /^\d{4}-\d\d-\d\d$/
const TIME = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?$/
const MOMENT = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d(?:\.\d{1,6})?))?(Z|[+-]\d\d:\d\d)?$/

const DAY = 86_400_000
const DAY_MICROS = 86_400_000_000n

/** The value as it compares with zones of a column of this type, `undefined` when that is not known for certain. */
export function comparable(value: ZoneValue, type: DataType): ZoneValue | undefined {
  switch (type.kind) {
    case 'bool':
      return typeof value === 'boolean' ? value : undefined
    case 'utf8':
      return typeof value === 'string' ? value : undefined
    case 'date': {
      const day = typeof value === 'string' && DATE.test(value) ? daysOf(value) : undefined
      return day === undefined ? undefined : BigInt(day)
    }
    case 'time':
      return typeof value === 'string' ? microsOf(value) : undefined
    case 'timestamp':
      return typeof value === 'string' ? momentOf(value, type.zoned === true) : undefined
    case 'float32':
    case 'float64': {
      if (typeof value !== 'number' && typeof value !== 'bigint') return undefined
      const number = Number(value)
      // Not a number is larger than infinity, and not in the zone. FLOAT is compared as FLOAT or as DOUBLE.
      if (!Number.isFinite(number)) return undefined
      return type.kind === 'float32' && Math.fround(number) !== number ? undefined : number
    }
    default:
      if (typeof value === 'bigint') return value
      // Beyond 2^53 an integer is compared as the double that it is rounded to.
      return typeof value === 'number' && Math.abs(value) < 2 ** 53 ? value : undefined
  }
}

/** Days since 1970 of `YYYY-MM-DD`, `undefined` for 30 February. */
function daysOf(text: string): number | undefined {
  const millis = Date.parse(`${text}T00:00:00Z`)
  if (Number.isNaN(millis) || !new Date(millis).toISOString().startsWith(text)) return undefined
  return millis / DAY
}

function microsOf(text: string): bigint | undefined {
  const match = TIME.exec(text)
  if (match === null) return undefined
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (hour > 23 || minute > 59 || second > 59) return undefined
  return BigInt((hour * 60 + minute) * 60 + second) * 1_000_000n + BigInt((match[4] ?? '').padEnd(6, '0'))
}

/** Only with an offset does a text name a moment; without one it is a place on a clock. */
function momentOf(text: string, zoned: boolean): bigint | undefined {
  const match = MOMENT.exec(text)
  if (match === null || zoned !== (match[3] !== undefined)) return undefined
  const day = daysOf(match[1]!)
  const time = microsOf(match[2] ?? '00:00:00')
  if (day === undefined || time === undefined) return undefined
  const zone = match[3] === undefined || match[3] === 'Z' ? '+00:00' : match[3]
  const minutes = BigInt(zone.slice(1, 3)) * 60n + BigInt(zone.slice(4, 6))
  const offset = (zone.startsWith('-') ? -minutes : minutes) * 60_000_000n
  return BigInt(day) * DAY_MICROS + time - offset
}
