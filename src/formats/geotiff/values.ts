/** Bands taken out of a tile's samples, a stretch of pixels at a time. */

import type { ColumnValues } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { type Samples, sizeOf } from './decode.ts'
import { nodataValue } from './nodata.ts'
import type { Tile } from './tiles.ts'
import type { Raster, SampleKind } from './types.ts'

const ARRAYS = {
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  uint64: BigUint64Array,
  int64: BigInt64Array,
  float32: Float32Array,
  float64: Float64Array,
} as const

export function newValues(allocate: Allocate, kind: SampleKind, length: number): ColumnValues {
  const bytes = length * (sizeOf(kind) / 8)
  return new ARRAYS[kind](allocate(Math.max(8, bytes)), 0, length)
}

/** Pixels [from, to) of the part of a tile, row by row. */
export interface Stretch {
  readonly tile: Tile
  readonly from: number
  readonly to: number
}

/** A band of the stretch. 64-bit values are moved as halves, floats as the bits that they are. */
export function takeBand(
  { bytes, bits, perPixel, width }: Samples,
  band: number,
  { tile, from, to }: Stretch,
  { tileWidth, tileHeight }: Pick<Raster, 'tileWidth' | 'tileHeight'>,
  out: ColumnValues,
): void {
  const Kind = bits === 8 ? Uint8Array : bits === 16 ? Uint16Array : Uint32Array
  const words = bits === 64 ? 2 : 1
  const size = Kind.BYTES_PER_ELEMENT
  const source = new Kind(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.length / size)
  const target = new Kind(out.buffer as ArrayBuffer, out.byteOffset, out.byteLength / size)
  const left = tile.col - tile.tileCol * tileWidth
  const top = tile.row - tile.tileRow * tileHeight
  let written = 0
  for (let pixel = from; pixel < to; ) {
    const row = Math.floor(pixel / tile.width)
    const col = pixel - row * tile.width
    const count = Math.min(tile.width - col, to - pixel)
    const start = ((top + row) * width + left + col) * perPixel + band
    if (perPixel === 1) target.set(source.subarray(start * words, (start + count) * words), written)
    else if (words === 1) strided(source, start, perPixel, target, written, count)
    else {
      strided(source, 2 * start, 2 * perPixel, target, written, count, 2)
      strided(source, 2 * start + 1, 2 * perPixel, target, written + 1, count, 2)
    }
    written += count * words
    pixel += count
  }
}

function strided(
  source: Uint8Array | Uint16Array | Uint32Array,
  start: number,
  step: number,
  target: Uint8Array | Uint16Array | Uint32Array,
  at: number,
  count: number,
  wide = 1,
): void {
  for (let i = 0, from = start, to = at; i < count; i++, from += step, to += wide) target[to] = source[from]!
}

/** What a tile that is not in the file holds: GDAL gives the value for "no data", else zeros. */
export function fillAbsent(kind: SampleKind, nodata: string | undefined, out: ColumnValues): void {
  const value = nodata === undefined ? undefined : nodataValue(nodata, kind)
  if (out instanceof BigInt64Array || out instanceof BigUint64Array) out.fill(BigInt(value ?? 0))
  else out.fill(Number(value ?? 0))
}

/** Bits of the values that are not "no data"; undefined where all are something. */
export function validityOf(
  allocate: Allocate,
  values: ColumnValues,
  nodata: number | bigint,
): Uint8Array | undefined {
  const length = values.length
  const absentIsNaN = typeof nodata === 'number' && Number.isNaN(nodata)
  const bits = new Uint8Array(allocate(Math.max(8, (length + 7) >> 3)), 0, (length + 7) >> 3)
  let nulls = 0
  for (let i = 0; i < length; i += 8) {
    let byte = 0
    const end = Math.min(length, i + 8)
    for (let k = i; k < end; k++) {
      const value = values[k]!
      // biome-ignore lint/suspicious/noSelfCompare: only NaN differs from itself
      if (absentIsNaN ? value === value : value !== nodata) byte |= 1 << (k - i)
      else nulls++
    }
    bits[i >> 3] = byte
  }
  return nulls === 0 ? undefined : bits
}
