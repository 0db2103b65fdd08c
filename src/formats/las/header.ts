/** The public header block (LAS 1.4-R15, table 3, and the same place in every version before). */

import { badLas, unsupportedLas } from './error.ts'
import { SHAPES } from './record.ts'

export interface Header {
  readonly version: string
  readonly headerSize: number
  /** Byte of the first point, or of what compressed points begin with. */
  readonly pointsStart: number
  readonly vlrs: number
  readonly format: number
  readonly compressed: boolean
  readonly recordLength: number
  readonly points: number
  readonly scale: readonly number[]
  readonly offset: readonly number[]
  /** As the file claims; null where that is no number. Some writers are wrong. */
  readonly min: readonly (number | null)[]
  readonly max: readonly (number | null)[]
}

/** Bytes of a header up to version 1.2, 1.3 and from 1.4 on. */
const HEADER_12 = 227
const HEADER_13 = 235
const HEADER_14 = 375

/** Bytes enough for every header. */
export const HEADER_BYTES = HEADER_14

const MAGIC = 'LASF'

export function hasMagic(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(0, 4)).toString('latin1') === MAGIC
}

/** The header from a file's first bytes; `invalid-data` where it cannot be one of a file of this size. */
export function parseHeader(head: Uint8Array, size: number, uri: string): Header {
  if (!hasMagic(head)) {
    const found = head.length === 0 ? 'is empty' : `starts with ${JSON.stringify(printable(head))}`
    throw badLas(`the file ${found}, expected "${MAGIC}"`, uri, 0)
  }
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  if (head.length < HEADER_12)
    throw badLas(`the header ends after ${head.length} bytes, expected ${HEADER_12}`, uri, head.length)
  const [major, minor] = [head[24]!, head[25]!]
  if (major !== 1 || minor > 4)
    throw unsupportedLas(`the version is ${major}.${minor}, expected 1.0 to 1.4`, uri)
  const least = minor >= 4 ? HEADER_14 : minor === 3 ? HEADER_13 : HEADER_12
  const headerSize = view.getUint16(94, true)
  if (headerSize < least || headerSize > size)
    throw badLas(
      `the header has ${headerSize} bytes, expected ${least} or more, and no more than the file`,
      uri,
      94,
    )
  if (head.length < least)
    throw badLas(`the header ends after ${head.length} bytes, expected ${least}`, uri, head.length)
  const pointsStart = view.getUint32(96, true)
  if (pointsStart < headerSize || pointsStart > size)
    throw badLas(`the points start at byte ${pointsStart}, expected ${headerSize} to ${size}`, uri, 96)
  const vlrs = view.getUint32(100, true)
  const code = head[104]!
  const format = code & 0x3f
  const shape = SHAPES[format]
  if (shape === undefined) throw unsupportedLas(`the point format is ${format}, expected 0 to 10`, uri)
  const recordLength = view.getUint16(105, true)
  if (recordLength < shape.size)
    throw badLas(
      `records have ${recordLength} bytes, expected ${shape.size} or more in format ${format}`,
      uri,
      105,
    )
  const points = minor >= 4 ? Number(view.getBigUint64(247, true)) : view.getUint32(107, true)
  if (points > Number.MAX_SAFE_INTEGER) throw badLas(`the header counts ${points} points`, uri, 247)
  const triple = (at: number, step: number): number[] =>
    [0, 1, 2].map((i) => view.getFloat64(at + i * step, true))
  const scale = triple(131, 8)
  const offset = triple(155, 8)
  if (![...scale, ...offset].every(Number.isFinite))
    throw badLas(`scales are (${scale}) and offsets (${offset}), expected numbers`, uri, 131)
  const number = (value: number): number | null => (Number.isFinite(value) ? value : null)
  return {
    version: `${major}.${minor}`,
    headerSize,
    pointsStart,
    vlrs,
    format,
    // LASzip marks the format by its highest bit.
    compressed: (code & 0x80) !== 0,
    recordLength,
    points,
    scale,
    offset,
    max: triple(179, 16).map(number),
    min: triple(187, 16).map(number),
  }
}

function printable(head: Uint8Array): string {
  return Buffer.from(head.subarray(0, 4)).toString('latin1')
}
