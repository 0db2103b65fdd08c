/** The levels of a file: its image, the smaller copies of it, and their masks. */

import { VarveError } from '../../errors.ts'
import { readRaster } from './raster.ts'
import type { TiffBytes } from './tiff/bytes.ts'
import { type Directory, readNumber } from './tiff/directory.ts'
import { MASK, REDUCED, TAG } from './tiff/tags.ts'
import type { Raster } from './types.ts'

export interface Level {
  readonly full: Raster
  readonly raster: Raster
  readonly mask: Raster | undefined
}

interface Sized {
  readonly directory: Directory
  readonly subfile: number
  readonly width: number
  readonly height: number
  readonly bands: number
}

/**
 * Level 0 is the first directory; the others are the reduced copies of it in the order of the file, as GDAL numbers
 * overviews. Further pages of a document are no levels.
 */
export async function readLevel(
  bytes: TiffBytes,
  directories: readonly Directory[],
  level: number,
): Promise<Level> {
  const sizes: Sized[] = []
  for (const directory of directories) sizes.push(await sizeOf(bytes, directory))
  const [first, ...others] = sizes as [Sized, ...Sized[]]
  const copies = others.filter(
    ({ subfile, bands }) => (subfile & (REDUCED | MASK)) === REDUCED && bands === first.bands,
  )
  const levels = [first, ...copies]
  const wanted = levels[level]
  if (wanted === undefined) {
    const message = `geotiff: there is no level ${level}, expected 0 to ${levels.length - 1}`
    throw new VarveError('invalid-input', message, { level, levels: levels.length })
  }
  const full = await readRaster(bytes, first.directory)
  const raster = level === 0 ? full : await readRaster(bytes, wanted.directory)
  if (raster.kind !== full.kind) {
    const message = `geotiff: level ${level} has samples of type ${raster.kind}, expected ${full.kind}, that of level 0`
    throw new VarveError('unsupported', message, { byte: raster.directory })
  }
  const masks = others.filter(
    ({ subfile, width, height, bands }) =>
      (subfile & MASK) !== 0 &&
      ((subfile & REDUCED) !== 0) === level > 0 &&
      width === wanted.width &&
      height === wanted.height &&
      bands === 1,
  )
  const mask = masks[0] && (await readRaster(bytes, masks[0].directory))
  if (mask !== undefined && (mask.tileWidth !== raster.tileWidth || mask.tileHeight !== raster.tileHeight)) {
    const found = `${mask.tileWidth} × ${mask.tileHeight}`
    const message = `geotiff: the mask's tiles are ${found}, expected ${raster.tileWidth} × ${raster.tileHeight} as the image's`
    throw new VarveError('unsupported', message, { byte: mask.directory })
  }
  return { full, raster, mask }
}

async function sizeOf(bytes: TiffBytes, directory: Directory): Promise<Sized> {
  const number = (tag: number, otherwise: number) => readNumber(bytes, directory, tag, otherwise)
  return {
    directory,
    subfile: await number(TAG.newSubfileType, 0),
    width: await number(TAG.imageWidth, 0),
    height: await number(TAG.imageLength, 0),
    bands: await number(TAG.samplesPerPixel, 1),
  }
}
