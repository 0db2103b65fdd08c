/** TIFF: `image` always, `exif` where a camera wrote it, `raster` where it is a GeoTIFF or tiled. */

import type { Row } from '../../types.ts'
import { type ExifValue, exifRow, orientationOf } from './exif.ts'
import { type GeoKeys, readGeoKeys } from './geokeys.ts'
import { HeadError, type HeadReader } from './reader.ts'
import { openTiff, type Tiff, type TiffDirectory } from './tiff.ts'
import type { HeadReport } from './types.ts'

const SUBFILE_TYPE = 254
const BITS_PER_SAMPLE = 258
const COMPRESSION = 259
const ORIENTATION = 274
const SAMPLES_PER_PIXEL = 277
const TILE_WIDTH = 322
const TILE_HEIGHT = 323
const SAMPLE_FORMAT = 339
const PIXEL_SCALE = 33550
const TIE_POINTS = 33922
const TRANSFORMATION = 34264
const EXIF_DIRECTORY = 34665
const GEO_KEYS = 34735
const GPS_DIRECTORY = 34853
const GDAL_METADATA = 42112
const GDAL_NODATA = 42113

const RASTER_TAGS = [
  TILE_WIDTH,
  PIXEL_SCALE,
  TIE_POINTS,
  TRANSFORMATION,
  GEO_KEYS,
  GDAL_METADATA,
  GDAL_NODATA,
]

/** Names by number, in the main directory, EXIF's and GPS's. */
const EXIF_NAMES: Readonly<Record<number, string>> = {
  270: 'ImageDescription',
  271: 'Make',
  272: 'Model',
  274: 'Orientation',
  305: 'Software',
  306: 'DateTime',
  315: 'Artist',
  33434: 'ExposureTime',
  33437: 'FNumber',
  34855: 'ISOSpeedRatings',
  36867: 'DateTimeOriginal',
  36868: 'DateTimeDigitized',
  37386: 'FocalLength',
  42036: 'LensModel',
}
const GPS_NAMES: Readonly<Record<number, string>> = {
  1: 'GPSLatitudeRef',
  2: 'GPSLatitude',
  3: 'GPSLongitudeRef',
  4: 'GPSLongitude',
  5: 'GPSAltitudeRef',
  6: 'GPSAltitude',
}

const COMPRESSIONS: Readonly<Record<number, string>> = {
  1: 'none',
  2: 'ccittrle',
  3: 'ccittfax3',
  4: 'ccittfax4',
  5: 'lzw',
  6: 'jpeg',
  7: 'jpeg',
  8: 'deflate',
  32773: 'packbits',
  32946: 'deflate',
  34712: 'jpeg2000',
  34887: 'lerc',
  34925: 'lzma',
  50000: 'zstd',
  50001: 'webp',
}

/** Directories that are counted; a chain that goes on is a pyramid no more. */
const MOST_DIRECTORIES = 64

export async function readTiff(reader: HeadReader): Promise<HeadReport> {
  const tiff = await openTiff(reader)
  const main = await tiff.directory(tiff.first)
  const [width] = (await tiff.numbers(main, 256)) ?? []
  const [height] = (await tiff.numbers(main, 257)) ?? []
  if (!isSize(width) || !isSize(height))
    throw new HeadError(`its first directory says ${width ?? 'no'} columns and ${height ?? 'no'} rows`)
  const bits = (await tiff.numbers(main, BITS_PER_SAMPLE))?.[0] ?? 1
  const bands = (await tiff.numbers(main, SAMPLES_PER_PIXEL))?.[0] ?? 1
  const orientation = orientationOf(await tiff.numbers(main, ORIENTATION))
  const columns: Record<string, Row> = {
    image: { type: 'tiff', width, height, channels: bands, bit_depth: bits, orientation },
  }
  const exif = await readExif(tiff, main)
  if (exif !== undefined) columns.exif = exif
  if (RASTER_TAGS.some((tag) => main.entries.has(tag)))
    columns.raster = { width, height, bands, ...(await readRaster(tiff, main, { width, height, bits })) }
  return { columns }
}

function isSize(value: number | undefined): value is number {
  return value !== undefined && Number.isInteger(value) && value > 0 && value < 2 ** 31
}

async function readExif(tiff: Tiff, main: TiffDirectory): Promise<Row | undefined> {
  const tags = new Map<string, ExifValue>()
  await gather(tiff, main, EXIF_NAMES, tags)
  const below = [
    [EXIF_DIRECTORY, EXIF_NAMES],
    [GPS_DIRECTORY, GPS_NAMES],
  ] as const
  for (const [pointer, names] of below) {
    const [position] = (await tiff.numbers(main, pointer)) ?? []
    if (position !== undefined) await gather(tiff, await tiff.directory(position), names, tags)
  }
  const row = exifRow((name) => tags.get(name))
  // Every TIFF may have an orientation; alone it says nothing of a camera.
  return tags.size === 0 || (tags.size === 1 && tags.has('Orientation')) ? undefined : row
}

async function gather(
  tiff: Tiff,
  directory: TiffDirectory,
  names: Readonly<Record<number, string>>,
  tags: Map<string, ExifValue>,
): Promise<void> {
  for (const [tag, name] of Object.entries(names)) {
    const number = Number(tag)
    const numbers = await tiff.numbers(directory, number)
    const value = numbers ?? (await tiff.text(directory, number))
    if (value !== undefined) tags.set(name, Array.isArray(value) && value.length === 1 ? value[0]! : value)
  }
}

async function readRaster(
  tiff: Tiff,
  main: TiffDirectory,
  { width, height, bits }: { width: number; height: number; bits: number },
): Promise<Row> {
  const [format = 1] = (await tiff.numbers(main, SAMPLE_FORMAT)) ?? []
  const [tileWidth] = (await tiff.numbers(main, TILE_WIDTH)) ?? []
  const [tileHeight] = (await tiff.numbers(main, TILE_HEIGHT)) ?? []
  const [compression = 1] = (await tiff.numbers(main, COMPRESSION)) ?? []
  const keys = readGeoKeys((await tiff.numbers(main, GEO_KEYS)) ?? [])
  const ties = (await tiff.numbers(main, TIE_POINTS)) ?? []
  const transform = await readTransform(tiff, main, ties, keys)
  const nodata = (await tiff.text(main, GDAL_NODATA))?.trim()
  return {
    dtype: dtypeOf(format, bits),
    // Without a transform the keys speak of ground control points, not of the raster.
    crs: transform === undefined && ties.length > 6 ? null : (keys.crs ?? null),
    bounds: transform === undefined ? null : boundsOf(transform, width, height),
    transform: transform ?? null,
    tile_width: isSize(tileWidth) ? tileWidth : null,
    tile_height: isSize(tileHeight) ? tileHeight : null,
    overviews: (await countOverviews(tiff, main)) ?? null,
    nodata: nodata === undefined || nodata === '' ? null : numberOf(nodata),
    compression: COMPRESSIONS[compression] ?? String(compression),
  }
}

/** numpy's name of SampleFormat and bits; fewer than 8 bits are read as bytes. */
function dtypeOf(format: number, bits: number): string | null {
  const width = Math.max(8, bits)
  const stem = { 1: 'uint', 2: 'int', 3: 'float', 5: 'complex_int', 6: 'complex' }[format]
  return stem === undefined ? null : `${stem}${width}`
}

function numberOf(text: string): number | null {
  const number = Number(text)
  return /^[+-]?nan$/i.test(text) ? Number.NaN : Number.isNaN(number) ? null : number
}

/** From the file to the map, in GDAL's order; OGC 19-008r4, 7.2. */
async function readTransform(
  tiff: Tiff,
  main: TiffDirectory,
  ties: readonly number[],
  { pixelIsPoint }: GeoKeys,
): Promise<number[] | undefined> {
  const matrix = await tiff.numbers(main, TRANSFORMATION)
  const [scaleX, scaleY] = (await tiff.numbers(main, PIXEL_SCALE)) ?? []
  let transform: number[] | undefined
  if (scaleX !== undefined && scaleY !== undefined && scaleY !== 0 && ties.length >= 6) {
    const [column, row, , x, y] = ties as [number, number, number, number, number]
    transform = [x - column * scaleX, scaleX, 0, y + row * scaleY, 0, -scaleY]
  } else if (matrix !== undefined && matrix.length >= 8) {
    transform = [3, 0, 1, 7, 4, 5].map((i) => matrix[i]!)
  }
  if (transform === undefined || !transform.every(Number.isFinite)) return undefined
  const [x, dx, rx, y, ry, dy] = transform as [number, number, number, number, number, number]
  return pixelIsPoint ? [x - (dx + rx) / 2, dx, rx, y - (ry + dy) / 2, ry, dy] : transform
}

function boundsOf(transform: readonly number[], width: number, height: number): number[] {
  const [x, dx, rx, y, ry, dy] = transform as [number, number, number, number, number, number]
  const corners = [
    [0, 0],
    [width, 0],
    [0, height],
    [width, height],
  ] as const
  const xs = corners.map(([column, row]) => x + column * dx + row * rx)
  const ys = corners.map(([column, row]) => y + column * ry + row * dy)
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}

/** Directories that are a smaller copy of the first and no mask; undefined when the chain cannot be followed. */
async function countOverviews(tiff: Tiff, main: TiffDirectory): Promise<number | undefined> {
  const seen = new Set([tiff.first])
  let count = 0
  let { next } = main
  while (next !== 0) {
    if (seen.has(next) || seen.size >= MOST_DIRECTORIES) return undefined
    seen.add(next)
    try {
      const directory = await tiff.directory(next)
      const [kind = 0] = (await tiff.numbers(directory, SUBFILE_TYPE)) ?? []
      if ((kind & 1) !== 0 && (kind & 4) === 0) count++
      next = directory.next
    } catch (error) {
      if (error instanceof HeadError) return undefined
      throw error
    }
  }
  return count
}
