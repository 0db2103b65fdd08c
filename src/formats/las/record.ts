/** Point data records as they stand in a file (LAS 1.4-R15, tables 7 to 17). */

import type { Points, Wanted } from './points.ts'

export interface RecordShape {
  /** Bytes of the standard fields. */
  readonly size: number
  /** Formats 6 to 10: other bits, a finer scan angle. */
  readonly extended: boolean
  /** Where these stand, when they do. */
  readonly gpsTime?: number
  readonly rgb?: number
  readonly nir?: number
  readonly wave?: number
}

/** By point data record format. */
export const SHAPES: readonly RecordShape[] = [
  { size: 20, extended: false },
  { size: 28, extended: false, gpsTime: 20 },
  { size: 26, extended: false, rgb: 20 },
  { size: 34, extended: false, gpsTime: 20, rgb: 28 },
  { size: 57, extended: false, gpsTime: 20, wave: 28 },
  { size: 63, extended: false, gpsTime: 20, rgb: 28, wave: 34 },
  { size: 30, extended: true, gpsTime: 22 },
  { size: 36, extended: true, gpsTime: 22, rgb: 30 },
  { size: 38, extended: true, gpsTime: 22, rgb: 30, nir: 36 },
  { size: 59, extended: true, gpsTime: 22, wave: 30 },
  { size: 67, extended: true, gpsTime: 22, rgb: 30, nir: 36, wave: 38 },
]

/** Bytes of a record's wave packet fields. */
export const WAVE_BYTES = 29

/** Where a field of records stands, and which points it is read into. */
interface Course {
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly start: number
  readonly length: number
  readonly to: number
  readonly count: number
}

/** Reads the wanted fields of `count` records of `length` bytes into points [to, to + count). */
export function readRecords(
  bytes: Uint8Array,
  start: number,
  length: number,
  shape: RecordShape,
  count: number,
  wanted: Wanted,
  points: Points,
  to = 0,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const { extended, gpsTime, rgb, nir, wave, size } = shape
  const at = (offset: number): Course => ({ bytes, view, start: start + offset, length, to, count })
  if (wanted.xy) {
    readInts(points.x, at(0))
    readInts(points.y, at(4))
  }
  if (wanted.z) readInts(points.z, at(8))
  if (wanted.intensity) readWords(points.intensity, at(12))
  if (wanted.returns) readBytes(points.returns, at(14), 1)
  if (wanted.flags && extended) readBytes(points.flags, at(15), 1)
  if (wanted.classification) readBytes(points.classification, at(extended ? 16 : 15), 1)
  if (wanted.scanAngle) {
    if (extended) readWords(points.scanAngle, at(18))
    else readSignedBytes(points.scanAngle, at(16))
  }
  if (wanted.userData) readBytes(points.userData, at(17), 1)
  if (wanted.pointSource) readWords(points.pointSource, at(extended ? 20 : 18))
  // As words: a NaN's bits would not survive being a number.
  if (wanted.gpsTime && gpsTime !== undefined) {
    readInts(points.gpsWords, at(gpsTime), 2, 0)
    readInts(points.gpsWords, at(gpsTime + 4), 2, 1)
  }
  if (wanted.rgb && rgb !== undefined)
    for (let k = 0; k < 3; k++) readWords(points.rgb, at(rgb + 2 * k), 3, k)
  if (wanted.nir && nir !== undefined) readWords(points.nir, at(nir))
  if (wanted.wave && wave !== undefined) readBytes(points.wave, at(wave), WAVE_BYTES)
  if (wanted.extra && length > size) readBytes(points.extra, at(size), length - size)
}

/** Into every `step`-th place of `values`, from `first` on. */
function readInts(values: Int32Array, { view, start, length, to, count }: Course, step = 1, first = 0): void {
  let at = start
  for (let i = to; i < to + count; i++, at += length) values[i * step + first] = view.getInt32(at, true)
}

function readWords(
  values: Uint16Array | Int16Array,
  { view, start, length, to, count }: Course,
  step = 1,
  first = 0,
): void {
  let at = start
  for (let i = to; i < to + count; i++, at += length) values[i * step + first] = view.getUint16(at, true)
}

function readSignedBytes(values: Int16Array, { view, start, length, to, count }: Course): void {
  let at = start
  for (let i = to; i < to + count; i++, at += length) values[i] = view.getInt8(at)
}

/** `width` bytes of each record, one behind the other. */
function readBytes(values: Uint8Array, { bytes, start, length, to, count }: Course, width: number): void {
  let at = start
  let put = to * width
  for (let i = 0; i < count; i++, at += length) {
    for (let k = 0; k < width; k++) values[put++] = bytes[at + k]!
  }
}
