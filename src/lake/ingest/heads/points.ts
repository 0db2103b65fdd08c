/** LAS, LAZ and COPC: the public header block (ASPRS LAS 1.4 R15, 2.4) and the coordinate system's records. */

import type { Row } from '../../types.ts'
import { latin1 } from './detect.ts'
import { readGeoKeys } from './geokeys.ts'
import { HeadError, type HeadReader } from './reader.ts'
import type { HeadReport } from './types.ts'

/** Shortest public header block, of versions 1.0 to 1.2. */
const LEAST_HEADER = 227
const HEADER_1_4 = 375

/** Variable length records that are looked at, and bytes of one that are read: a WKT is a few KiB. */
const MOST_RECORDS = 256
const MOST_BYTES = 64 * 1024

interface VariableRecord {
  readonly user: string
  readonly id: number
  readonly start: number
  readonly length: number
}

export async function readPoints(reader: HeadReader): Promise<HeadReport> {
  const bytes = await reader.range(0, Math.min(HEADER_1_4, reader.size))
  if (bytes.length < LEAST_HEADER)
    throw new HeadError(`it has ${bytes.length} bytes, the public header block has at least ${LEAST_HEADER}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const [major, minor] = [view.getUint8(24), view.getUint8(25)]
  const headerSize = view.getUint16(94, true)
  const format = view.getUint8(104)
  const isLong = major === 1 && minor >= 4 && headerSize >= HEADER_1_4 && bytes.length >= HEADER_1_4
  const count = isLong ? view.getBigUint64(247, true) : BigInt(view.getUint32(107, true))
  const reals = (at: number, step: number): number[] =>
    [0, 1, 2].map((axis) => view.getFloat64(at + axis * step, true))
  // Bounds are stored as x max, x min, y max, y min, z max, z min.
  const row: Row = {
    version: `${major}.${minor}`,
    // LASzip marks its formats with the high bits.
    point_format: format & 0x3f,
    point_count: count,
    compressed: (format & 0xc0) !== 0,
    min: reals(187, 16),
    max: reals(179, 16),
    scale: reals(131, 8),
    offset: reals(155, 8),
    system_identifier: text(bytes, 26, 58),
    generating_software: text(bytes, 58, 90),
    created: dayOf(view.getUint16(92, true), view.getUint16(90, true)),
  }
  const extended = isLong
    ? { at: Number(view.getBigUint64(235, true)), count: view.getUint32(243, true) }
    : { at: 0, count: 0 }
  try {
    const records = await readRecords(reader, headerSize, view.getUint32(100, true), 54)
    const more = extended.count === 0 ? [] : await readRecords(reader, extended.at, extended.count, 60)
    const crs = (await readCrs(reader, [...records, ...more])) ?? null
    return { columns: { points: { ...row, copc: records[0]?.user === 'copc', crs } } }
  } catch (error) {
    if (!(error instanceof HeadError)) throw error
    return {
      columns: { points: row },
      problem: `its variable length records cannot be read: ${error.message}`,
    }
  }
}

/** The headers of variable length records, 54 bytes each, or extended ones, 60. */
async function readRecords(
  reader: HeadReader,
  start: number,
  count: number,
  header: 54 | 60,
): Promise<VariableRecord[]> {
  const records: VariableRecord[] = []
  let at = start
  for (let i = 0; i < Math.min(count, MOST_RECORDS); i++) {
    const bytes = await reader.range(at, at + header)
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const length = header === 54 ? view.getUint16(20, true) : Number(view.getBigUint64(20, true))
    records.push({ user: text(bytes, 2, 18) ?? '', id: view.getUint16(18, true), start: at + header, length })
    at += header + length
  }
  return records
}

/** The WKT if there is one, else the EPSG code of the GeoTIFF keys. */
async function readCrs(reader: HeadReader, records: readonly VariableRecord[]): Promise<string | undefined> {
  const find = (id: number): VariableRecord | undefined =>
    records.find(
      ({ user, id: own, length }) =>
        own === id &&
        length <= MOST_BYTES &&
        (user === 'LASF_Projection' || (id === 2112 && user === 'liblas')),
    )
  const wkt = find(2112)
  if (wkt !== undefined) {
    const shown = text(await reader.range(wkt.start, wkt.start + wkt.length), 0, wkt.length)
    if (shown !== null) return shown
  }
  const keys = find(34735)
  if (keys === undefined) return undefined
  const bytes = await reader.range(keys.start, keys.start + keys.length)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  return readGeoKeys(
    Array.from({ length: Math.floor(bytes.length / 2) }, (_, i) => view.getUint16(2 * i, true)),
  ).crs
}

/** Text up to the first NUL, trimmed; null when nothing is left. */
function text(bytes: Uint8Array, start: number, end: number): string | null {
  const shown = latin1(bytes, start, end).split('\0', 1)[0]!.trim()
  return shown === '' ? null : shown
}

/** Days since 1970 of a day of a year, 1 being 1 January; null when the writer left it out. */
function dayOf(year: number, day: number): number | null {
  if (year < 1900 || year > 9999 || day < 1 || day > 366) return null
  return Date.UTC(year, 0, day) / 86_400_000
}
