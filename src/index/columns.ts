/** The columns of an index file, and how zone values are kept in them. */

import type { BasicType, ColumnSource } from 'hyparquet-writer'
import type { DataType } from '../formats/batch.ts'
import type { Zone, ZoneValue } from '../formats/text/types.ts'
import type { Layout, Segment } from '../formats/types.ts'

/** Integers that fit 53 bits, stored as INT64. */
export const NUMBERS = [
  'source_start',
  'source_end',
  'raw_start',
  'raw_end',
  'first_row',
  'rows',
  'crc32',
  'point_raw',
  'point_bits',
  'window_bytes',
  'window_crc32',
] as const

export type NumberColumn = (typeof NUMBERS)[number]

/** The segment's numbers, in the order of `NUMBERS`. */
export function segmentNumbers(segment: Segment, windowBytes: number, windowCrc: number): number[] {
  const { point, end, raw, rawEnd, firstRow, rows, crc } = segment
  return [point.source, end, raw, rawEnd, firstRow, rows, crc, point.raw, point.bits, windowBytes, windowCrc]
}

/** The Parquet type of a column's zone values. */
function zoneType(type: DataType): BasicType {
  switch (type.kind) {
    case 'bool':
      return 'BOOLEAN'
    case 'float32':
    case 'float64':
      return 'DOUBLE'
    case 'utf8':
      return 'STRING'
    default:
      return 'INT64'
  }
}

function typeOf(layout: Layout, name: string): DataType {
  return layout.columns.find((column) => column.name === name)!.type
}

/** Names of a zone column's three columns. */
const parts = (name: string) => ({ min: `min_${name}`, max: `max_${name}`, nulls: `nulls_${name}` })

export function zoneColumns(layout: Layout, segments: readonly Segment[]): ColumnSource[] {
  return layout.zones.flatMap((name, i) => {
    const of = typeOf(layout, name)
    const type = zoneType(of)
    const values = (pick: (zone: Zone) => ZoneValue) =>
      segments.map((segment) => {
        const value = segment.zones[i] === undefined ? null : pick(segment.zones[i])
        if (type !== 'INT64' || (typeof value !== 'number' && typeof value !== 'bigint')) return value
        // Parquet's INT64 has a sign: the same 64 bits mean another number in UBIGINT.
        return of.kind === 'uint64' ? BigInt.asIntN(64, BigInt(value)) : BigInt(value)
      })
    const { min, max, nulls } = parts(name)
    return [
      { name: min, data: values((zone) => zone.min), type },
      { name: max, data: values((zone) => zone.max), type },
      {
        name: nulls,
        // NULL is a zone that nobody knows; without values, but with nulls, all are NULL.
        data: segments.map((segment) => segment.zones[i]?.nulls ?? null),
        type: 'BOOLEAN' as const,
      },
    ]
  })
}

export function zoneColumnNames(layout: Layout): string[] {
  return layout.zones.flatMap((name) => Object.values(parts(name)))
}

/** A segment's zones from its row of the index file; undefined where they are not known. */
export function readZones(layout: Layout, row: Readonly<Record<string, unknown>>): (Zone | undefined)[] {
  return layout.zones.map((name) => {
    const { min, max, nulls } = parts(name)
    if (typeof row[nulls] !== 'boolean') return undefined
    const unsigned = typeOf(layout, name).kind === 'uint64'
    const value = (column: string): ZoneValue => {
      const found = row[column] as ZoneValue
      return unsigned && typeof found === 'bigint' ? BigInt.asUintN(64, found) : found
    }
    return { min: value(min), max: value(max), nulls: row[nulls] === true }
  })
}
