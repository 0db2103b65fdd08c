/**
 * An index as one Parquet file: a row per segment, the windows in its first column.
 *
 * The windows are stored uncompressed (they are deflated already), plain and required, in one page, so that the
 * place of each of them follows from the column chunk's end and the sizes beside it: a reader fetches the
 * file's end, with all the small columns, and then only the windows it needs. Any Parquet reader reads it.
 */

import { crc32 } from 'node:zlib'
import { parquetWriteBuffer } from 'hyparquet-writer'
import type { Point, Segment } from '../formats/types.ts'
import { seal } from './checksums.ts'
import { NUMBERS, segmentNumbers, zoneColumns } from './columns.ts'
import type { IndexFacts } from './types.ts'

export const INDEX_VERSION = 1
/** The key of the file's own metadata. */
export const METADATA_KEY = 'varve.index'

const EMPTY = new Uint8Array(0)

/** Whether decoding of two segments of text begins at the same place. */
export function samePoint(point: Point, before: Point | undefined): boolean {
  return before !== undefined && point.source === before.source && point.bits === before.bits
}

/** The index file of these segments; the same bytes for the same source and format, whoever builds it. */
export function writeIndex(facts: IndexFacts, segments: readonly Segment[]): Uint8Array {
  // Segments that begin at the same access point share its window.
  const windows = segments.map(({ point }, i) => {
    const isShared = facts.layout.blocks !== true && samePoint(point, segments[i - 1]?.point)
    return isShared ? EMPTY : (point.window ?? EMPTY)
  })
  const numbers = segments.map((segment, i) =>
    segmentNumbers(segment, windows[i]!.length, crc32(windows[i]!)),
  )
  const metadata = { v: INDEX_VERSION, ...facts, segments: segments.length }
  const buffer = parquetWriteBuffer({
    columnData: [
      {
        name: 'window',
        data: windows,
        type: 'BYTE_ARRAY',
        nullable: false,
        encoding: 'PLAIN',
        codec: 'UNCOMPRESSED',
        statistics: false,
        offsetIndex: false,
      },
      ...NUMBERS.map((name, column) => ({
        name,
        data: numbers.map((row) => BigInt(row[column]!)),
        type: 'INT64' as const,
        nullable: false,
        offsetIndex: false,
      })),
      ...zoneColumns(facts.layout, segments).map((column) => ({ ...column, offsetIndex: false })),
    ],
    statistics: false,
    rowGroupSize: Math.max(1, segments.length),
    pageSize: 2 ** 31 - 1,
    kvMetadata: [{ key: METADATA_KEY, value: JSON.stringify(metadata) }],
    createdBy: `varve index ${INDEX_VERSION}`,
  })
  return seal(new Uint8Array(buffer), NUMBERS.length)
}
