/** SQL types of CSV columns: their names, and how a text becomes a value of them. */

import { VarveError } from '../../errors.ts'
import type { DataType } from '../batch.ts'
import type { CsvDialect } from './dialect.ts'
import { parseDate, parseTime, parseTimestamp } from './values/moment.ts'
import { parseBool, parseDouble, parseInteger } from './values/scalar.ts'
import { TimeFormat } from './values/strptime.ts'

const NAMES: Readonly<Record<string, DataType>> = {
  BOOLEAN: { kind: 'bool' },
  BOOL: { kind: 'bool' },
  LOGICAL: { kind: 'bool' },
  TINYINT: { kind: 'int8' },
  INT1: { kind: 'int8' },
  SMALLINT: { kind: 'int16' },
  INT2: { kind: 'int16' },
  SHORT: { kind: 'int16' },
  INTEGER: { kind: 'int32' },
  INT: { kind: 'int32' },
  INT4: { kind: 'int32' },
  SIGNED: { kind: 'int32' },
  BIGINT: { kind: 'int64' },
  INT8: { kind: 'int64' },
  LONG: { kind: 'int64' },
  UTINYINT: { kind: 'uint8' },
  USMALLINT: { kind: 'uint16' },
  UINTEGER: { kind: 'uint32' },
  UBIGINT: { kind: 'uint64' },
  FLOAT: { kind: 'float32' },
  REAL: { kind: 'float32' },
  FLOAT4: { kind: 'float32' },
  DOUBLE: { kind: 'float64' },
  FLOAT8: { kind: 'float64' },
  VARCHAR: { kind: 'utf8' },
  TEXT: { kind: 'utf8' },
  STRING: { kind: 'utf8' },
  CHAR: { kind: 'utf8' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  TIMESTAMP: { kind: 'timestamp' },
  DATETIME: { kind: 'timestamp' },
  TIMESTAMPTZ: { kind: 'timestamp', zoned: true },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp', zoned: true },
}

/** The type that SQL calls `name`. */
export function typeNamed(name: string): DataType {
  const type = NAMES[name.trim().replace(/\s+/g, ' ').toUpperCase()]
  if (type !== undefined) return type
  const known = Object.keys(NAMES).join(', ')
  throw new VarveError(
    'unsupported',
    `csv: columns of type "${name}" are not supported, expected one of ${known}`,
    { type: name },
  )
}

/** Inclusive ranges. */
export const INTEGER_RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int8: [-128n, 127n],
  int16: [-32768n, 32767n],
  int32: [-2147483648n, 2147483647n],
  int64: [-9223372036854775808n, 9223372036854775807n],
  uint8: [0n, 255n],
  uint16: [0n, 65535n],
  uint32: [0n, 4294967295n],
  uint64: [0n, 18446744073709551615n],
}

/** A value of the type, undefined when the text is none: bytes[start, end) without quotes and escapes. */
export type Cast = (bytes: Uint8Array, start: number, end: number) => boolean | number | bigint | undefined

/** The cast to any type but text. */
export function castTo(
  type: DataType,
  formats: Pick<CsvDialect, 'decimal' | 'dateFormat' | 'timestampFormat'>,
  strict: boolean,
): Cast {
  const { decimal } = formats
  switch (type.kind) {
    case 'bool':
      return (b, s, e) => parseBool(b, s, e, strict)
    case 'float32':
    case 'float64':
      return (b, s, e) => parseDouble(b, s, e, strict, decimal)
    case 'date': {
      if (formats.dateFormat === '') return (b, s, e) => parseDate(b, s, e, strict)
      const format = new TimeFormat(formats.dateFormat)
      return (b, s, e) => format.date(b, s, e, strict)
    }
    case 'time':
      return (b, s, e) => parseTime(b, s, e, strict)
    case 'timestamp': {
      const zoned = type.zoned === true
      if (zoned || formats.timestampFormat === '') return (b, s, e) => parseTimestamp(b, s, e, strict, zoned)
      const format = new TimeFormat(formats.timestampFormat)
      return (b, s, e) => format.timestamp(b, s, e, strict)
    }
    default: {
      const range = INTEGER_RANGES[type.kind]
      if (range === undefined)
        throw new VarveError('unsupported', `csv: columns of type ${type.kind} are not supported`)
      const [low, high] = range
      return (b, s, e) => {
        const value = parseInteger(b, s, e, strict, decimal)
        return value !== undefined && value >= low && value <= high ? value : undefined
      }
    }
  }
}
