/** The codecs of tiles, one each: bytes of the file in, samples as the file orders them out. */

import { VarveError } from '../../../errors.ts'
import type { Allocate } from '../../builders.ts'
import { createInflate } from '../../gzip/inflate-handle.ts'
import { JpegDecoder } from '../jpeg/decoder.ts'
import type { Raster } from '../types.ts'
import { decodeLzw, LZW_RATIO } from './lzw.ts'
import { decodePackBits, PACKBITS_RATIO } from './packbits.ts'

/** What a tile must hold, or the first rows of it when no more is wanted. */
export interface TileShape {
  readonly width: number
  readonly rows: number
  /** Bands in the tile. */
  readonly samples: number
  /** Decoded. */
  readonly bytes: number
  /** Memory for them, used before or new. */
  readonly allocate: Allocate
}

/** The tile's bytes, at least `shape.bytes` of them; `invalid-data` where it has fewer. Never grows beyond them. */
export type Codec = (bytes: Uint8Array, shape: TileShape) => Uint8Array

/** A raw block of zstd may repeat one byte 128 KiB long, from four bytes. */
const ZSTD_RATIO = 1 << 15

export async function codecOf(raster: Raster): Promise<Codec> {
  switch (raster.compression) {
    case 'none':
      return (bytes, shape) => whole(bytes, bytes.length, shape)
    case 'lzw':
      return (bytes, shape) => {
        const out = room(bytes, shape, LZW_RATIO)
        return whole(out, decodeLzw(bytes, out), shape)
      }
    case 'packbits':
      return (bytes, shape) => {
        const out = room(bytes, shape, PACKBITS_RATIO)
        return whole(out, decodePackBits(bytes, out), shape)
      }
    case 'deflate':
      return inflater()
    case 'zstd': {
      const { ZSTDDecoder } = await import('zstddec')
      const decoder = new ZSTDDecoder()
      await decoder.init()
      return (bytes, shape) => {
        const out = decoder.decode(bytes, Math.min(shape.bytes, bytes.length * ZSTD_RATIO))
        return whole(out, out.length, shape)
      }
    }
    case 'jpeg': {
      const tables = raster.jpegTables === undefined ? undefined : Buffer.from(raster.jpegTables, 'base64')
      const decoder = new JpegDecoder(tables, raster.ycbcr)
      return (bytes, shape) => {
        const out = decoder.decode(bytes, shape)
        return whole(out, out.length, shape)
      }
    }
  }
}

/** As much as the tile can hold: its directory may promise far more than its bytes can ever be. */
function room(bytes: Uint8Array, shape: TileShape, ratio: number): Uint8Array {
  const length = Math.min(shape.bytes, bytes.length * ratio)
  return new Uint8Array(shape.allocate(length), 0, length)
}

/** A bit of deflate stands for 129 bytes at most: 258 of a length code and a distance code of one bit each. */
const DEFLATE_RATIO = 1040

/** One zlib stream for all tiles of a thread: making one costs as much as a small tile. It stops where enough is there. */
function inflater(): Codec {
  const inflate = createInflate()
  return (bytes, shape) => {
    const [method = 0, flags = 0] = bytes
    // RFC 1950: deflate, no dictionary, a check of both bytes.
    const isZlib = (method & 15) === 8 && (flags & 32) === 0 && ((method << 8) | flags) % 31 === 0
    if (bytes.length < 2 || !isZlib) {
      const found = Buffer.from(bytes.subarray(0, 2)).toString('hex')
      throw new VarveError('invalid-data', `geotiff: a tile starts with the bytes ${found}, expected zlib's`)
    }
    const out = room(bytes, shape, DEFLATE_RATIO)
    inflate.reset()
    if (inflate.run('flush', bytes, 2, bytes.length, out, 0, out.length) === 'damaged')
      throw new VarveError('invalid-data', `geotiff: a tile cannot be inflated: ${inflate.complaint}`)
    return whole(out, inflate.written, shape)
  }
}

function whole(out: Uint8Array, length: number, shape: TileShape): Uint8Array {
  if (length >= shape.bytes) return out.subarray(0, shape.bytes)
  const message = `geotiff: a tile holds ${length} bytes, expected ${shape.bytes}`
  throw new VarveError('invalid-data', message)
}
