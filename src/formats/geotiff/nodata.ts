/** GDAL_NODATA: the value of pixels without a measurement, as text (gdal.org, GTiff driver). */

import type { TiffBytes } from './tiff/bytes.ts'
import { type Directory, readOpaque } from './tiff/directory.ts'
import { TAG } from './tiff/tags.ts'
import type { SampleKind } from './types.ts'

const MOST = 64

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  uint8: [0n, 255n],
  int8: [-128n, 127n],
  uint16: [0n, 65535n],
  int16: [-32768n, 32767n],
  uint32: [0n, 2n ** 32n - 1n],
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
}

/** The text, where it is a value that samples of this type can have: -9999 is none among bytes. */
export async function readNodata(
  bytes: TiffBytes,
  directory: Directory,
  kind: SampleKind,
): Promise<string | undefined> {
  const value = await readOpaque(bytes, directory, TAG.gdalNodata, MOST)
  if (value === undefined) return undefined
  const text = Buffer.from(value).toString('latin1').split('\0')[0]!.trim().toLowerCase()
  return nodataValue(text, kind) === undefined ? undefined : text
}

const NAMES: Readonly<Record<string, number>> = {
  nan: Number.NaN,
  '-nan': Number.NaN,
  inf: Number.POSITIVE_INFINITY,
  '+inf': Number.POSITIVE_INFINITY,
  '-inf': Number.NEGATIVE_INFINITY,
}

/** The value as samples of the type hold it; undefined where they cannot. */
export function nodataValue(text: string, kind: SampleKind): number | bigint | undefined {
  const number = NAMES[text] ?? (text === '' ? undefined : Number(text))
  if (number === undefined || (Number.isNaN(number) && NAMES[text] === undefined)) return undefined
  const range = RANGES[kind]
  if (range === undefined) return kind === 'float32' ? Math.fround(number) : number
  if (!Number.isInteger(number)) return undefined
  const whole = /^[+-]?\d+$/.test(text) ? BigInt(text) : BigInt(number)
  if (whole < range[0] || whole > range[1]) return undefined
  return kind.endsWith('64') ? whole : Number(whole)
}
