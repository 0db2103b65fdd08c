/** What a reader does with each field of a record. */

import type { DataType, Field } from '../../batch.ts'
import type { CsvDialect } from '../dialect.ts'
import type { Machine } from '../machine.ts'
import { type Cast, castTo } from '../types.ts'
import { type Column, makeColumn } from './column.ts'
import type { Signs } from './signs.ts'

export const SKIP = 0
export const INT64 = 1
export const INT32 = 2
export const DOUBLE = 3
export const DATE = 4
export const TIMESTAMP = 5
export const BOOL = 6
export const TEXT = 7
/** By the cast of the type, field by field. */
export const OTHER = 8

const OPERATIONS: Readonly<Record<string, number>> = {
  int64: INT64,
  int32: INT32,
  float64: DOUBLE,
  date: DATE,
  timestamp: TIMESTAMP,
  bool: BOOL,
  utf8: TEXT,
}

/** One field of every record that becomes a column. */
export interface Wanted {
  readonly field: number
  readonly name: string
  readonly type: DataType
  readonly column: Column
  /** Undefined for texts. */
  readonly cast: Cast | undefined
  /** Gathered for its zone only: a value that does not fit its type widens the zone, and is no error. */
  readonly zoneOnly: boolean
}

export interface Plan {
  /** What to do with field i. */
  readonly operations: Uint8Array
  /** The column of field i. */
  readonly wanted: readonly (Wanted | undefined)[]
  readonly signs: Signs
  /** Texts for NULL. */
  readonly nulls: readonly Buffer[]
}

export function makePlan(
  fields: readonly Field[],
  dialect: CsvDialect,
  machine: Machine,
  projected: ReadonlySet<number>,
  zoned: ReadonlySet<number>,
  allocate: (bytes: number) => ArrayBuffer,
): Plan {
  const nulls = dialect.nulls.map((text) => Buffer.from(text))
  // Texts for NULL that look like values have to be compared before anything is parsed; the others are no values
  // to the quick way, which hands them over. Any text is a value of a text column.
  const other = dialect.nulls.filter((text) => text !== '')
  const confusable = other.some((text) => /^[-.\d]|^(?:t|f|true|false)$/i.test(text))
  const operations = new Uint8Array(dialect.fields)
  const wanted = fields.slice(0, dialect.fields).map(({ name, type }, field): Wanted | undefined => {
    if (!projected.has(field) && !zoned.has(field)) return undefined
    const cast = type.kind === 'utf8' ? undefined : castTo(type, dialect, false)
    const compares = type.kind === 'utf8' ? other.length > 0 : confusable
    operations[field] = compares ? OTHER : operationOf(type, dialect)
    return { field, name, type, column: makeColumn(type, allocate), cast, zoneOnly: !projected.has(field) }
  })
  const signs: Signs = {
    stops: machine.stops,
    quote: machine.quote,
    doubled: machine.quote >= 0 && machine.quote === machine.escape,
    escape: machine.escape,
    decimal: dialect.decimal.charCodeAt(0),
    emptyIsNull: dialect.nulls.includes(''),
    quotedNulls: dialect.quotedNulls,
  }
  return { operations, wanted, signs, nulls }
}

function operationOf(type: DataType, { dateFormat, timestampFormat }: CsvDialect): number {
  if (type.kind === 'date' && dateFormat !== '') return OTHER
  if (type.kind === 'timestamp' && (type.zoned === true || timestampFormat !== '')) return OTHER
  return OPERATIONS[type.kind] ?? OTHER
}
