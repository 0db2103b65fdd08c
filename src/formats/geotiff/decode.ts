/** A tile's bytes as samples in this machine's form: decompressed, in its byte order, differences undone. */

import type { Allocate } from '../builders.ts'
import { type Codec, codecOf, type TileShape } from './codecs/index.ts'
import { undoDifferences, undoFloating } from './predictor.ts'
import type { Compression } from './tiff/tags.ts'
import { storedRows } from './tiles.ts'
import type { Raster } from './types.ts'

/** Codecs that cannot stop after some rows. */
const WHOLE: readonly Compression[] = ['jpeg', 'zstd', 'webp', 'lerc']

/** Samples of a tile, pixel by pixel and band by band; 8, 16, 32 or 64 bits each, aligned. */
export interface Samples {
  readonly bytes: Uint8Array
  /** Bits of one of them: those of the raster's type. */
  readonly bits: number
  /** Samples of a pixel. */
  readonly perPixel: number
  /** Pixels of a row. */
  readonly width: number
  /** Each sample is still the difference to the one of its band before it in the row. */
  readonly differences: boolean
}

export class TileDecoder {
  private constructor(
    readonly raster: Raster,
    readonly little: boolean,
    readonly codec: Codec,
  ) {}

  static async make(raster: Raster, little: boolean): Promise<TileDecoder> {
    return new TileDecoder(raster, little, await codecOf(raster))
  }

  /** Rows [from, to) of one plane of a tile, in their place; `invalid-data` where its bytes do not hold them. */
  decode(bytes: Uint8Array, tileRow: number, from: number, to: number, allocate: Allocate): Samples {
    const { raster, little } = this
    const { bits, tileWidth: width, kind, compression } = raster
    const perPixel = raster.separate ? 1 : raster.bands
    const rowBytes = Math.ceil((width * perPixel * bits) / 8)
    // What stands behind the last row that is wanted is not decoded, where the codec can stop.
    const rows = WHOLE.includes(compression) ? storedRows(raster, tileRow) : to
    const shape: TileShape = { width, rows, samples: perPixel, bytes: rowBytes * rows, allocate }
    let decoded = this.codec(bytes, shape)
    if (bits === 16 || bits === 32 || bits === 64) decoded = aligned(decoded, bits)
    const wanted = decoded.subarray(from * rowBytes, to * rowBytes)
    if (raster.predictor === 3) undoFloating(wanted, rowBytes, bits, perPixel)
    else if (!little && (bits === 16 || bits === 32 || bits === 64)) {
      // A copy: what is not compressed may still be someone else's.
      if (compression === 'none') {
        const copy = new Uint8Array(decoded)
        swap(copy.subarray(from * rowBytes, to * rowBytes), bits)
        decoded = copy
      } else swap(wanted, bits)
    }
    const isHalf = kind === 'float32' && bits === 16
    const differences = raster.predictor === 2 && bits !== 64 && !isHalf
    if (raster.predictor === 2 && !differences) undoDifferences(wanted, rowBytes, isHalf ? 16 : 64, perPixel)
    const values = { bits: sizeOf(kind), perPixel, width, differences }
    if (isHalf) return { ...values, bytes: halfFloats(decoded) }
    if (bits === sizeOf(kind)) return { ...values, bytes: decoded }
    return { ...values, bytes: unpacked(decoded, rows, width * perPixel, bits, sizeOf(kind), little) }
  }
}

export function sizeOf(kind: string): number {
  return Number(/\d+$/.exec(kind)![0])
}

/** Bytes that start where a typed array of such values may, and that may be written to. */
function aligned(bytes: Uint8Array, bits: number): Uint8Array {
  return bytes.byteOffset % (bits / 8) === 0 ? bytes : new Uint8Array(bytes)
}

function swap(bytes: Uint8Array, bits: number): void {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bits === 16) buffer.swap16()
  else if (bits === 32) buffer.swap32()
  else buffer.swap64()
}

/** Samples of odd widths, the highest bit first, rows starting at whole bytes; 24 bits as GDAL writes and reads them. */
function unpacked(
  bytes: Uint8Array,
  rows: number,
  perRow: number,
  bits: number,
  size: number,
  little: boolean,
): Uint8Array {
  const Kind = size === 8 ? Uint8Array : size === 16 ? Uint16Array : Uint32Array
  const out = new Kind(rows * perRow)
  const rowBytes = Math.ceil((perRow * bits) / 8)
  const reversed = bits === 24 && !little
  let to = 0
  for (let row = 0; row < rows; row++) {
    let at = row * rowBytes
    let held = 0
    let count = 0
    for (let i = 0; i < perRow; i++) {
      if (reversed) {
        out[to++] = bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16)
        at += 3
        continue
      }
      // Not in 32 bits: up to 30 may be held when the next eight come.
      while (count < bits) {
        held = held * 256 + bytes[at++]!
        count += 8
      }
      count -= bits
      const value = Math.floor(held / 2 ** count)
      out[to++] = value
      held -= value * 2 ** count
    }
  }
  return new Uint8Array(out.buffer)
}

/** IEEE 754 binary16 as binary32. */
function halfFloats(bytes: Uint8Array): Uint8Array {
  const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length >> 1)
  const out = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) {
    const half = halves[i]!
    const sign = half & 0x8000 ? -1 : 1
    const exponent = (half >> 10) & 31
    const fraction = half & 1023
    if (exponent === 0) out[i] = sign * 2 ** -24 * fraction
    else if (exponent === 31) out[i] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
    else out[i] = sign * 2 ** (exponent - 25) * (1024 + fraction)
  }
  return new Uint8Array(out.buffer)
}
