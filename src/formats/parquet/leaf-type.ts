/**
 * The types of stored columns (https://github.com/apache/parquet-format/blob/master/LogicalTypes.md) as DuckDB's
 * read_parquet has them, but for those that batches do not have:
 *
 * - TIMESTAMP and TIME of nanoseconds are of microseconds, the rest cut off; TIME with a time zone is TIME, in UTC;
 * - UUID, INTERVAL and JSON are VARCHAR, in the text that DuckDB casts them to;
 * - MAP is a list of structs of key and value.
 */

import type { DataType } from '../batch.ts'
import { bytesAt, flagAt, numberAt, type Struct, structAt } from './compact.ts'
import { badParquet, unsupportedParquet } from './error.ts'
import type { Conversion, Leaf, Physical } from './types.ts'

const PHYSICAL: readonly (readonly [Physical, width: number])[] = [
  ['boolean', 1],
  ['int32', 4],
  ['int64', 8],
  ['int96', 12],
  ['float', 4],
  ['double', 8],
  ['bytes', 0],
  ['fixed', 0],
]

/** Values of enum ConvertedType. */
const UTF8 = 0
const ENUM = 4
const DECIMAL = 5
const DATE = 6
const TIME_MILLIS = 7
const TIME_MICROS = 8
const TIMESTAMP_MILLIS = 9
const TIMESTAMP_MICROS = 10
const UINT_8 = 11
const INT_64 = 18
const JSON_TEXT = 19
const INTERVAL = 21

const INTEGERS = ['uint8', 'uint16', 'uint32', 'uint64', 'int8', 'int16', 'int32', 'int64'] as const

type Typed = Pick<Leaf, 'type' | 'conversion'> & { readonly scale?: number }

/** More bytes than a value of a fixed length has in any file. */
const WIDEST = 1 << 24

/** What a schema's element without children says of its values. */
export function leafType(
  element: Struct,
  name: string,
  binaryAsString: boolean,
): Pick<Leaf, 'physical' | 'width' | 'type' | 'conversion' | 'scale'> {
  const [physical, natural] = PHYSICAL[numberAt(element, 1) ?? -1] ?? []
  if (physical === undefined || natural === undefined)
    throw badParquet(`column "${name}" has type ${numberAt(element, 1)}, expected 0 to 7`)
  let width = natural
  if (physical === 'fixed') {
    width = numberAt(element, 2) ?? 0
    if (width < 1 || width > WIDEST)
      throw badParquet(`values of column "${name}" have ${width} bytes, expected 1 to ${WIDEST}`)
  }
  const typed = logicalType(element, physical, width, name) ?? plainType(physical, binaryAsString)
  return { physical, width, scale: 0, ...typed }
}

const as = (type: DataType, conversion: Conversion = 'none'): Typed => ({ type, conversion })
const TEXT: DataType = { kind: 'utf8' }

function plainType(physical: Physical, binaryAsString: boolean): Typed {
  const bytes: DataType = binaryAsString ? TEXT : { kind: 'binary' }
  switch (physical) {
    case 'boolean':
      return as({ kind: 'bool' }, 'flag')
    case 'int32':
    case 'int64':
      return as({ kind: physical })
    case 'int96':
      return as({ kind: 'timestamp' }, 'julian')
    case 'float':
      return as({ kind: 'float32' })
    case 'double':
      return as({ kind: 'float64' })
    case 'bytes':
      return as(bytes)
    case 'fixed':
      return as(bytes, 'cut')
  }
}

/** What its annotation makes of it, where it fits the stored type; as in DuckDB, it is passed over where it does not. */
function logicalType(element: Struct, physical: Physical, width: number, name: string): Typed | undefined {
  const converted = numberAt(element, 6)
  const logical = structAt(element, 10)
  const decimal = structAt(logical, 5)
  if (decimal !== undefined || converted === DECIMAL) {
    const scale = numberAt(decimal, 1) ?? numberAt(element, 7) ?? 0
    return decimalType(physical, numberAt(decimal, 2) ?? numberAt(element, 8) ?? 0, scale, name)
  }
  const text = physical === 'fixed' ? 'cut' : 'none'
  if (physical === 'bytes' || physical === 'fixed') {
    // STRING, ENUM, JSON; BSON stays binary.
    if (logical?.[1] || logical?.[4] || logical?.[12]) return as(TEXT, text)
    if (converted === UTF8 || converted === ENUM || converted === JSON_TEXT) return as(TEXT, text)
    if (logical?.[14] && width === 16) return as(TEXT, 'uuid')
    if (logical?.[15] && width === 2) return as({ kind: 'float32' }, 'half')
    if (converted === INTERVAL && width === 12) return as(TEXT, 'interval')
    if (logical?.[16]) throw unsupportedParquet(`column "${name}" is VARIANT, which is not read`)
    return undefined
  }
  if (physical === 'int32') {
    if (logical?.[6] || converted === DATE) return as({ kind: 'date' })
    if (structAt(logical, 7) !== undefined || converted === TIME_MILLIS)
      return as({ kind: 'time' }, 'milliseconds of a day')
  }
  if (physical === 'int64') {
    const moment = structAt(logical, 8)
    if (moment !== undefined) {
      const unit = structAt(moment, 2)
      const type: DataType =
        flagAt(moment, 1) === true ? { kind: 'timestamp', zoned: true } : { kind: 'timestamp' }
      return as(type, unit?.[1] ? 'milliseconds' : unit?.[3] ? 'nanoseconds' : 'none')
    }
    const time = structAt(logical, 7)
    if (time !== undefined) return as({ kind: 'time' }, structAt(time, 2)?.[3] ? 'nanoseconds' : 'none')
    if (converted === TIMESTAMP_MILLIS) return as({ kind: 'timestamp' }, 'milliseconds')
    if (converted === TIMESTAMP_MICROS) return as({ kind: 'timestamp' })
    if (converted === TIME_MICROS) return as({ kind: 'time' })
  }
  return integerType(structAt(logical, 10), converted, physical)
}

function integerType(
  logical: Struct | undefined,
  converted: number | undefined,
  physical: Physical,
): Typed | undefined {
  if (physical !== 'int32' && physical !== 'int64') return undefined
  // A byte, in a compact struct that keeps it as a number.
  const bits = numberAt(logical, 1)
  const named =
    bits === undefined ? undefined : (`${flagAt(logical, 2) === false ? 'u' : ''}int${bits}` as const)
  const index =
    converted !== undefined && converted >= UINT_8 && converted <= INT_64 ? converted - UINT_8 : -1
  const kind = INTEGERS.find((one) => one === named) ?? INTEGERS[index]
  if (kind === undefined) return undefined
  const isWide = kind.endsWith('64')
  if (isWide !== (physical === 'int64')) return undefined
  return as({ kind }, /(8|16)$/.test(kind) ? 'narrow' : 'none')
}

function decimalType(physical: Physical, precision: number, scale: number, name: string): Typed | undefined {
  if (physical === 'float' || physical === 'double' || physical === 'boolean' || physical === 'int96')
    return undefined
  if (precision < 1 || scale < 0 || scale > precision)
    throw badParquet(
      `column "${name}" is DECIMAL(${precision}, ${scale}), expected a scale from 0 to its precision`,
    )
  if (precision > 38) return { type: { kind: 'float64' }, conversion: 'large decimal', scale }
  return as({ kind: 'decimal', precision, scale }, 'decimal')
}

/** The element's name. */
export function nameOf(element: Struct): string {
  const bytes = bytesAt(element, 4)
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8')
}
