/** What is known of a raster: plain JSON, so that it travels in the layout. */

import type { VarveError } from '../../errors.ts'
import type { Compression } from './tiff/tags.ts'

/** Types of samples as GDAL names them, by what a column of them is called here. */
export type SampleKind =
  | 'uint8'
  | 'int8'
  | 'uint16'
  | 'int16'
  | 'uint32'
  | 'int32'
  | 'uint64'
  | 'int64'
  | 'float32'
  | 'float64'

/** An error that names the directory which is refused. */
export type Refuse = (code: 'invalid-data' | 'unsupported', what: string) => VarveError

/** One image of the file: a level or its mask. */
export interface Raster {
  /** Byte of its directory. */
  readonly directory: number
  readonly width: number
  readonly height: number
  readonly tileWidth: number
  readonly tileHeight: number
  /** Strips end with the image; tiles are always whole. */
  readonly tiled: boolean
  readonly bands: number
  readonly bits: number
  readonly kind: SampleKind
  readonly compression: Compression
  /** 1 none, 2 horizontal differencing, 3 floating point (TIFF 6.0 section 14, technical note 3). */
  readonly predictor: number
  /** Each band has tiles of its own. */
  readonly separate: boolean
  /** JPEG: the samples are YCbCr, and are given as RGB, as GDAL does. */
  readonly ycbcr: boolean
  /** JPEG: tables that all tiles share, base64. */
  readonly jpegTables?: string | undefined
  readonly lerc?: Lerc | undefined
}

/** How a raster's LERC blobs are kept. */
export interface Lerc {
  /** Each is compressed once more. */
  readonly within: 'none' | 'deflate' | 'zstd'
  /** The last band is opacity, which stands as the mask of the others where it has only 0 and 255. */
  readonly alpha: boolean
}

/** Pixels [col, col + width) × [row, row + height) of a level. */
export interface Box {
  readonly col: number
  readonly row: number
  readonly width: number
  readonly height: number
}

/** GDAL's six numbers: x = t[0] + col × t[1] + row × t[2], y = t[3] + col × t[4] + row × t[5]. */
export type Transform = readonly [number, number, number, number, number, number]

/** `layout.dialect`. */
export interface Dialect {
  readonly little: boolean
  readonly big: boolean
  readonly level: number
  readonly pixels: boolean
  /** What of the level is read, inside it. */
  readonly window: Box
  readonly raster: Raster
  readonly mask?: Raster | undefined
  /** The level's own. */
  readonly transform?: Transform | undefined
  readonly crs?: string | undefined
  /** As the file has it, where it is a value of the samples' type. */
  readonly nodata?: string | undefined
}
