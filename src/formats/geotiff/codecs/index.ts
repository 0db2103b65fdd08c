/** The codecs of tiles, one each: bytes of the file in, samples as the file orders them out. */

import { VarveError } from '../../../errors.ts'
import type { Allocate } from '../../builders.ts'
import { JpegDecoder } from '../jpeg/decoder.ts'
import type { Raster } from '../types.ts'
import { type Expand, inflater, room, zstd } from './expand.ts'
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

export async function codecOf(raster: Raster): Promise<Codec> {
  switch (raster.compression) {
    case 'none':
      return (bytes, shape) => whole(bytes, bytes.length, shape)
    case 'lzw':
      return (bytes, shape) => {
        const out = room(bytes, shape.bytes, LZW_RATIO, shape.allocate)
        return whole(out, decodeLzw(bytes, out), shape)
      }
    case 'packbits':
      return (bytes, shape) => {
        const out = room(bytes, shape.bytes, PACKBITS_RATIO, shape.allocate)
        return whole(out, decodePackBits(bytes, out), shape)
      }
    case 'deflate':
      return expanded(inflater())
    case 'zstd':
      return expanded(await zstd())
    case 'jpeg': {
      const tables = raster.jpegTables === undefined ? undefined : Buffer.from(raster.jpegTables, 'base64')
      const decoder = new JpegDecoder(tables, raster.ycbcr)
      return (bytes, shape) => {
        const out = decoder.decode(bytes, shape)
        return whole(out, out.length, shape)
      }
    }
    case 'webp':
      return (await import('./webp.ts')).webpCodec()
    case 'lerc':
      return (await import('./lerc.ts')).lercCodec(raster)
  }
}

function expanded(expand: Expand): Codec {
  return (bytes, shape) => {
    const out = expand(bytes, shape.bytes, shape.allocate)
    return whole(out, out.length, shape)
  }
}

function whole(out: Uint8Array, length: number, shape: TileShape): Uint8Array {
  if (length >= shape.bytes) return out.subarray(0, shape.bytes)
  const message = `geotiff: a tile holds ${length} bytes, expected ${shape.bytes}`
  throw new VarveError('invalid-data', message)
}
