/** Where the raster lies: GeoTIFF's keys and matrices (OGC 19-008r4), read as GDAL reads them. */

import type { TiffBytes } from './tiff/bytes.ts'
import { type Directory, readNumbers, readOpaque } from './tiff/directory.ts'
import { TAG } from './tiff/tags.ts'
import type { Box, Transform } from './types.ts'

const RASTER_TYPE = 1025
const CITATION = 1026
const GEOGRAPHIC = 2048
const GEOGRAPHIC_CITATION = 2049
const PROJECTED = 3072
const PROJECTED_CITATION = 3073
const USER_DEFINED = 32767

const MOST_KEYS = 4096
const MOST_TEXT = 64 * 1024

interface GeoKeys {
  /** `EPSG:n`, or the citation of a system that has no code. */
  readonly crs: string | undefined
  /** The tie point is a pixel's centre, not its corner. */
  readonly pixelIsPoint: boolean
}

export interface Georeference {
  readonly crs?: string | undefined
  /** Of the full resolution; undefined where there is none, or control points instead. */
  readonly transform?: Transform | undefined
}

export async function readGeoreference(bytes: TiffBytes, directory: Directory): Promise<Georeference> {
  const keys = await readGeoKeys(bytes, directory)
  const transform = await readTransform(bytes, directory)
  // The system is that of the control points then, not of the raster.
  if (transform === undefined && directory.entries.has(TAG.tiePoints)) return {}
  if (transform === undefined || !keys.pixelIsPoint) return { crs: keys.crs, transform }
  // GDAL's coordinates are of corners.
  const [x, xCol, xRow, y, yCol, yRow] = transform
  const corner = [x - (xCol + xRow) / 2, xCol, xRow, y - (yCol + yRow) / 2, yCol, yRow] as const
  return { crs: keys.crs, transform: corner }
}

async function readTransform(bytes: TiffBytes, directory: Directory): Promise<Transform | undefined> {
  const scale = await readNumbers(bytes, directory, TAG.pixelScale, 0, 3)
  const ties = await readNumbers(bytes, directory, TAG.tiePoints, 0, 6)
  const [xScale = 0, yScale = 0] = scale
  if (xScale !== 0 && yScale !== 0 && ties.length >= 6) {
    // A negative scale was meant to be north-up, whatever the specification says: so does GDAL read it.
    const down = yScale < 0 ? yScale : -yScale
    const [col, row, , x, y] = ties as [number, number, number, number, number]
    return finite([x - col * xScale, xScale, 0, y - row * down, 0, down])
  }
  const matrix = await readNumbers(bytes, directory, TAG.transformation, 0, 16)
  if (matrix.length < 16) return undefined
  const [a, b, , d, e, f, , h] = matrix as [number, number, number, number, number, number, number, number]
  return finite([d, a, b, h, e, f])
}

function finite(transform: Transform): Transform | undefined {
  return transform.every(Number.isFinite) ? transform : undefined
}

async function readGeoKeys(bytes: TiffBytes, directory: Directory): Promise<GeoKeys> {
  const shorts = await readNumbers(bytes, directory, TAG.geoKeys, 0, MOST_KEYS)
  const ascii = await readOpaque(bytes, directory, TAG.geoAscii, MOST_TEXT)
  const text = Buffer.from(ascii ?? []).toString('latin1')
  const codes = new Map<number, number>()
  const texts = new Map<number, string>()
  // Four shorts each, the first four a header (7.1.2). Location 0: the value stands in the key itself.
  for (let at = 4; at + 3 < shorts.length; at += 4) {
    const [key, location, count, value] = shorts.slice(at, at + 4) as [number, number, number, number]
    if (location === 0) codes.set(key, value)
    else if (location === TAG.geoAscii)
      texts.set(key, text.slice(value, value + count).replace(/[|\0\s]+$/, ''))
  }
  const pixelIsPoint = codes.get(RASTER_TYPE) === 2
  const projected = codes.get(PROJECTED)
  // A user-defined projection is not the geographic system that it is based on.
  const code = projected ?? codes.get(GEOGRAPHIC)
  if (code !== undefined && code >= 1024 && code < USER_DEFINED) return { crs: `EPSG:${code}`, pixelIsPoint }
  const citation = [PROJECTED_CITATION, CITATION, GEOGRAPHIC_CITATION]
    .map((key) => texts.get(key))
    .find((one) => one !== undefined && one !== '')
  return { crs: code === undefined ? undefined : citation, pixelIsPoint }
}

/** The transform of a smaller copy of the raster, as rasterio gives it. */
export function scaleTransform(transform: Transform, xTimes: number, yTimes: number): Transform {
  const [x, xCol, xRow, y, yCol, yRow] = transform
  return [x, xCol * xTimes, xRow * yTimes, y, yCol * xTimes, yRow * yTimes]
}

/** Coordinates of a place on the raster, in the order of operations of GDAL and rasterio, to the last bit. */
export function at(
  transform: Transform,
  col: number,
  row: number,
): { readonly x: number; readonly y: number } {
  const [x, xCol, xRow, y, yCol, yRow] = transform
  return { x: xCol * col + xRow * row + x, y: yCol * col + yRow * row + y }
}

/** The smallest box around pixels. */
export function boundsOf(
  transform: Transform,
  box: Box,
): { readonly xMin: number; readonly yMin: number; readonly xMax: number; readonly yMax: number } {
  const [left, top, right, bottom] = [box.col, box.row, box.col + box.width, box.row + box.height]
  const corners = [
    at(transform, left, top),
    at(transform, right, top),
    at(transform, left, bottom),
    at(transform, right, bottom),
  ]
  const xs = corners.map(({ x }) => x)
  const ys = corners.map(({ y }) => y)
  return { xMin: Math.min(...xs), yMin: Math.min(...ys), xMax: Math.max(...xs), yMax: Math.max(...ys) }
}
