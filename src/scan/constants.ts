/**
 * Constants of a WHERE on their way from an engine to the scan: with their SQL kind first, then fitted to the type
 * of the column they are compared with. What DuckDB would compare in another way than plain values do (collations,
 * time zones, rounding) is not fitted, and so never prunes.
 */

import type { DataType } from '../formats/batch.ts'

export type Constant =
  | readonly ['boolean', boolean]
  /** Digits, with a sign where negative. */
  | readonly ['integer', string]
  /** Digits with a point. */
  | readonly ['decimal', string]
  | readonly ['double', number]
  /** An untyped literal or VARCHAR. */
  | readonly ['text', string]
  /** What was cast to a type, as it was written. */
  | readonly ['date' | 'timestamp' | 'timestamptz', string]
  /** The name of a parameter of PREPARE, whose value EXECUTE gives. */
  | readonly ['parameter', string]

/**
 * Constants that a BETWEEN or IN compares in one type, which DuckDB makes of all of theirs: as constants of that type.
 * `undefined` where they do not go together as plain values do.
 */
export function alignConstants(constants: readonly Constant[]): readonly Constant[] | undefined {
  const kinds = new Set(constants.map(([kind]) => kind))
  if (kinds.size < 2) return constants
  const only = (...allowed: readonly Constant[0][]): boolean =>
    [...kinds].every((kind) => allowed.includes(kind))
  if (only('integer', 'decimal')) return constants.map(([, value]): Constant => ['decimal', String(value)])
  // Beyond 2^53 whole numbers are rounded then.
  if (only('integer', 'decimal', 'double'))
    return constants.map(([, value]): Constant => ['double', Number(value)])
  return only('date', 'timestamp') ? constants : undefined
}

type Fitted = boolean | number | bigint | string

/** The constant as a value of the column's type, `undefined` where that would not be exact. */
export function fitConstant(constant: Constant, type: DataType): Fitted | undefined {
  switch (type.kind) {
    case 'bool':
      return constant[0] === 'boolean' ? constant[1] : undefined
    case 'utf8':
      return constant[0] === 'text' ? constant[1] : undefined
    case 'int8':
    case 'int16':
    case 'int32':
    case 'int64':
    case 'uint8':
    case 'uint16':
    case 'uint32':
    case 'uint64':
      return fitInteger(constant)
    case 'float32':
    case 'float64':
      return fitFloat(constant, type.kind === 'float32')
    case 'date':
      return constant[0] === 'text' || constant[0] === 'date' ? fitDate(constant[1]) : undefined
    case 'timestamp':
      return fitTimestamp(constant, type.zoned === true)
    default:
      return undefined
  }
}

const INTEGER = /^[+-]?\d{1,38}$/

function fitInteger(constant: Constant): number | bigint | undefined {
  switch (constant[0]) {
    case 'integer':
    case 'text': {
      if (!INTEGER.test(constant[1])) return undefined
      const value = BigInt(constant[1].replace('+', ''))
      return Number.isSafeInteger(Number(value)) ? Number(value) : value
    }
    case 'decimal':
    case 'double': {
      // Beyond 2^53 DuckDB compares rounded values.
      const value = Number(constant[1])
      return Math.abs(value) < 2 ** 53 && exactDecimal(constant) ? value : undefined
    }
    default:
      return undefined
  }
}

function fitFloat(constant: Constant, single: boolean): number | undefined {
  if (constant[0] !== 'integer' && constant[0] !== 'decimal' && constant[0] !== 'double') return undefined
  const value = Number(constant[1])
  if (!Number.isFinite(value) || !exactDecimal(constant)) return undefined
  // FLOAT is compared as FLOAT with one kind of constant and as DOUBLE with another.
  return single && Math.fround(value) !== value ? undefined : value
}

/** Up to 15 digits, a decimal and its double say the same. */
function exactDecimal(constant: Constant): boolean {
  return constant[0] === 'double' || String(constant[1]).replace(/\D/g, '').length <= 15
}

function fitDate(text: string): string | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  return match !== null && isDay(match) ? text : undefined
}

const TIMESTAMP =
  /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?)?)?(?: ?(Z|[+-]\d\d(?::\d\d)?))?$/

/** `YYYY-MM-DDTHH:MM:SS[.ffffff]`, zoned columns with `Z` or an offset; without one it is the session's zone. */
function fitTimestamp(constant: Constant, zoned: boolean): string | undefined {
  if (constant[0] !== 'text' && !constant[0].startsWith('timestamp') && constant[0] !== 'date')
    return undefined
  const match = TIMESTAMP.exec(String(constant[1]))
  if (match === null || !isDay(match)) return undefined
  const [, year, month, day, hour, minute, second, fraction, zone] = match
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined
  const local = `${year}-${month}-${day}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}${fraction ?? ''}`
  if (!zoned) return zone === undefined && constant[0] !== 'timestamptz' ? local : undefined
  if (zone === undefined || (constant[0] !== 'text' && constant[0] !== 'timestamptz')) return undefined
  return `${local}${zone === 'Z' || zone.includes(':') ? zone : `${zone}:00`}`
}

function isDay(match: readonly (string | undefined)[]): boolean {
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day && year > 0
}
