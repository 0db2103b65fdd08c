/** GeoTIFF keys (OGC 19-008r4, 7.1), which LAS files have, too. */

const GEOGRAPHIC = 2048
const PROJECTED = 3072
const RASTER_TYPE = 1025

export interface GeoKeys {
  /** EPSG:n, undefined when the system is user-defined or described otherwise. */
  readonly crs: string | undefined
  /** The pixel's coordinates are of its centre, not of its corner. */
  readonly pixelIsPoint: boolean
}

/** Reads the directory of keys: four shorts each, the first four a header. */
export function readGeoKeys(shorts: readonly number[]): GeoKeys {
  const keys = new Map<number, number>()
  for (let at = 4; at + 3 < shorts.length; at += 4) {
    // Location 0: the value stands in the key itself, as codes do.
    if (shorts[at + 1] === 0) keys.set(shorts[at]!, shorts[at + 3]!)
  }
  const code = [keys.get(PROJECTED), keys.get(GEOGRAPHIC)].find(
    // 32767 is "user-defined", below 1024 is reserved.
    (value) => value !== undefined && value >= 1024 && value < 32767,
  )
  // A user-defined projection is not the geographic system that it is based on.
  const isOwn = keys.get(PROJECTED) === 32767
  return {
    crs: code === undefined || isOwn ? undefined : `EPSG:${code}`,
    pixelIsPoint: keys.get(RASTER_TYPE) === 2,
  }
}
