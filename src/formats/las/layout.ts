/** What a file of points looks like, from its header and the records behind it. */

import type { BlockLayout } from '../blocks/types.ts'
import { checkOptionNames } from '../text/options.ts'
import type { Options } from '../text/types.ts'
import type { FileAtHand } from '../types.ts'
import { pointColumns } from './columns.ts'
import { badLas, unsupportedLas } from './error.ts'
import { extraColumns } from './extra-bytes.ts'
import { HEADER_BYTES, type Header, parseHeader } from './header.ts'
import { LASZIP, parseCompression } from './laz/record.ts'
import { SHAPES } from './record.ts'
import { type RecordName, readRecordsNamed, type VariableRecord } from './records.ts'
import type { LasDialect } from './types.ts'
import { zoneNames } from './zones.ts'

const EXTRA_BYTES: RecordName = { user: 'LASF_Spec', id: 4 }

export interface LasDescription {
  readonly header: Header
  readonly dialect: LasDialect
  /** Those that were asked for. */
  readonly records: readonly VariableRecord[]
}

/** Reads the header and the records that decoding needs, and others by name. */
export async function describeLas(
  file: FileAtHand,
  others: readonly RecordName[] = [],
): Promise<LasDescription> {
  const { source, signal, head } = file
  const { uri, size } = source
  if (head.container !== 'plain')
    throw unsupportedLas('the file is compressed by gzip as a whole; unpack it', uri)
  const bytes = await source.read(0, Math.min(size, HEADER_BYTES), { signal })
  const header = parseHeader(bytes, size, uri)
  const records = await readRecordsNamed(source, header, [EXTRA_BYTES, LASZIP, ...others], signal)
  const named = ({ user, id }: RecordName) =>
    records.find((record) => record.user === user && record.id === id)
  const { version, format, points, pointsStart, recordLength, scale, offset, min, max, compressed } = header
  if (!compressed && points * recordLength > size - pointsStart) {
    const room = Math.floor((size - pointsStart) / recordLength)
    throw badLas(
      `the file has room for ${room} points, expected ${points} as the header says`,
      uri,
      pointsStart,
    )
  }
  const extra = extraColumns(named(EXTRA_BYTES), recordLength - SHAPES[format]!.size, uri)
  const compression = compressed ? parseCompression(named(LASZIP), header, uri) : undefined
  const dialect: LasDialect = {
    version,
    format,
    points,
    pointsStart,
    recordLength,
    scale,
    offset,
    min,
    max,
    extra,
    ...(compression && { compression }),
  }
  return { header, dialect, records }
}

export async function lasLayout(file: FileAtHand, options: Options): Promise<BlockLayout> {
  checkOptionNames('las', options, [])
  const { dialect } = await describeLas(file)
  const columns = pointColumns(dialect, false).map(({ field }) => field)
  return { columns, zones: zoneNames(dialect), ordinal: columns.length - 1, dialect: { ...dialect } }
}
