/** The record that LASzip leaves in a compressed file: how its points were compressed. */

import { badLas, unsupportedLas } from '../error.ts'
import type { Header } from '../header.ts'
import { SHAPES, WAVE_BYTES } from '../record.ts'
import type { VariableRecord } from '../records.ts'

/** What decoding compressed points needs to know: plain JSON. */
export interface Compression {
  /** One stream for the whole file, points one by one in chunks, or chunks in layers. */
  readonly kind: 'stream' | 'pointwise' | 'layered'
  /** Points of each chunk; undefined where each says its own. */
  readonly chunkPoints?: number
}

export const LASZIP = { user: 'laszip encoded', id: 22204 }

const KINDS = ['stream', 'pointwise', 'layered'] as const
const VARIABLE = 0xffffffff

const POINT10 = 6
const GPS_TIME = 7
const RGB12 = 8
const WAVE_PACKET13 = 9
const POINT14 = 10
const RGB14 = 11
const RGB_NIR14 = 12
const WAVE_PACKET14 = 13
const BYTES = 0
const BYTES14 = 14

interface Item {
  readonly type: number
  readonly size: number
}

/** The items that points of this format are made of, as LASzip splits them. */
function itemsOf(format: number, recordLength: number): Item[] {
  const { extended, gpsTime, rgb, nir, wave, size } = SHAPES[format]!
  const items: Item[] = []
  if (extended) {
    items.push({ type: POINT14, size: 30 })
    if (nir !== undefined) items.push({ type: RGB_NIR14, size: 8 })
    else if (rgb !== undefined) items.push({ type: RGB14, size: 6 })
  } else {
    items.push({ type: POINT10, size: 20 })
    if (gpsTime !== undefined) items.push({ type: GPS_TIME, size: 8 })
    if (rgb !== undefined) items.push({ type: RGB12, size: 6 })
  }
  if (wave !== undefined) items.push({ type: extended ? WAVE_PACKET14 : WAVE_PACKET13, size: WAVE_BYTES })
  if (recordLength > size) items.push({ type: extended ? BYTES14 : BYTES, size: recordLength - size })
  return items
}

export function parseCompression(
  record: VariableRecord | undefined,
  { format, recordLength }: Header,
  uri: string,
): Compression {
  if (record === undefined)
    throw badLas('the points are compressed, expected a record of LASzip about how', uri)
  const { data, start } = record
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const items = data.length < 34 ? 0 : view.getUint16(32, true)
  if (data.length < 34 + items * 6)
    throw badLas(`LASzip's record has ${data.length} bytes, expected ${34 + items * 6} or more`, uri, start)
  const compressor = view.getUint16(0, true)
  const kind = KINDS[compressor - 1]
  if (kind === undefined || view.getUint16(2, true) !== 0)
    throw unsupportedLas(
      `the points are compressed by compressor ${compressor}, coder ${data[2]}, expected 1 to 3, 0`,
      uri,
    )
  const expected = itemsOf(format, recordLength)
  const version = kind === 'layered' ? 3 : 2
  if (SHAPES[format]!.extended !== (kind === 'layered'))
    throw unsupportedLas(`points of format ${format} are compressed by compressor ${compressor}`, uri)
  const actual = Array.from({ length: items }, (_, i) => {
    const at = 34 + i * 6
    return [view.getUint16(at, true), view.getUint16(at + 2, true), view.getUint16(at + 4, true)] as const
  })
  const fits =
    actual.length === expected.length &&
    actual.every(([type, size], i) => type === expected[i]!.type && size === expected[i]!.size)
  const show = (list: readonly (readonly number[])[]): string => list.map((item) => item.join(':')).join(' ')
  if (!fits) {
    const wanted = show(expected.map(({ type, size }) => [type, size, version]))
    throw badLas(`points of format ${format} are made of ${show(actual)}, expected ${wanted}`, uri, start)
  }
  // LASzip calls the wave packets' coding version 1, lazrs 2: there is only one.
  if (actual.some(([type, , found]) => found !== version && !(type === WAVE_PACKET13 && found === 1)))
    throw unsupportedLas(
      `the points' parts are compressed as ${show(actual)}, expected version ${version}`,
      uri,
    )
  const chunkPoints = view.getUint32(12, true)
  if (kind === 'stream') return { kind }
  if (chunkPoints === VARIABLE) return { kind }
  if (chunkPoints === 0) throw badLas('the points are in chunks of none', uri, start + 12)
  return { kind, chunkPoints }
}
