/** Bands taken out of a tile's samples, a stretch of pixels at a time. */

import { type ColumnValues, NUMBER_ARRAYS } from '../batch.ts'
import type { Allocate } from '../builders.ts'
import { type Samples, sizeOf } from './decode.ts'
import { nodataValue } from './nodata.ts'
import { sumThree, takeThree, type Words } from './rgb.ts'
import { hasWholeVectors, sumRows } from './rgb-rows.ts'
import type { Tile } from './tiles.ts'
import type { Raster, SampleKind } from './types.ts'

export function newValues(allocate: Allocate, kind: SampleKind, length: number): ColumnValues {
  const bytes = length * (sizeOf(kind) / 8)
  return new NUMBER_ARRAYS[kind](allocate(Math.max(8, bytes)), 0, length)
}

/** Pixels [from, to) of the part of a tile, row by row. */
export interface Stretch {
  readonly tile: Tile
  readonly from: number
  readonly to: number
}

/** Bands of the stretch, one array each. 64-bit values are moved as halves, floats as the bits that they are. */
export function takeBands(
  { bytes, bits, perPixel, width, differences }: Samples,
  bands: readonly number[],
  { tile, from, to }: Stretch,
  { tileWidth, tileHeight }: Pick<Raster, 'tileWidth' | 'tileHeight'>,
  out: readonly ColumnValues[],
): void {
  const Kind = bits === 8 ? Uint8Array : bits === 16 ? Uint16Array : Uint32Array
  const words = bits === 64 ? 2 : 1
  const size = Kind.BYTES_PER_ELEMENT
  const wordsOf = (values: ColumnValues | Uint8Array): Words =>
    new Kind(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength / size)
  const source = wordsOf(bytes)
  const targets = out.map(wordsOf)
  const [red, green, blue] = targets
  const isRgb = perPixel === 3 && words === 1 && bands.join() === '0,1,2'
  const left = tile.col - tile.tileCol * tileWidth
  const top = tile.row - tile.tileRow * tileHeight
  const inRows = left === 0 && tile.width === width && from % width === 0 && to % width === 0
  if (isRgb && differences && bits === 8 && inRows && hasWholeVectors(width)) {
    const row = top + from / width
    sumRows(bytes.subarray(3 * row * width), [red!, green!, blue!], 0, (to - from) / width, width)
    return
  }
  let written = 0
  for (let pixel = from; pixel < to; ) {
    const row = Math.floor(pixel / tile.width)
    const col = pixel - row * tile.width
    const count = Math.min(tile.width - col, to - pixel)
    const line = (top + row) * width * perPixel
    const start = line + (left + col) * perPixel
    if (isRgb && differences) sumThree(source, line, start, [red!, green!, blue!], written, count)
    else if (isRgb) takeThree(source, start, [red!, green!, blue!], written, count)
    else
      for (const [i, target] of targets.entries()) {
        const band = bands[i]!
        if (differences) sumStrided(source, line + band, start + band, perPixel, target, written, count)
        else if (perPixel === 1)
          target.set(source.subarray(start * words, (start + count) * words), written * words)
        else
          for (let word = 0; word < words; word++) {
            const at = (start + band) * words + word
            strided(source, at, perPixel * words, target, written * words + word, count, words)
          }
      }
    written += count
    pixel += count
  }
}

function strided(
  source: Words,
  start: number,
  step: number,
  target: Words,
  at: number,
  count: number,
  wide: number,
): void {
  for (let i = 0, from = start, to = at; i < count; i++, from += step, to += wide) target[to] = source[from]!
}

/** Sums from the line's beginning; what a sum has beyond the target's bits is lost, as it was to the encoder. */
function sumStrided(
  source: Words,
  line: number,
  start: number,
  step: number,
  target: Words,
  at: number,
  count: number,
): void {
  let sum = 0
  let from = line
  for (; from < start; from += step) sum = (sum + source[from]!) | 0
  for (let i = 0; i < count; i++, from += step) {
    sum = (sum + source[from]!) | 0
    target[at + i] = sum
  }
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
