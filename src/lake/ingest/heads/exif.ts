/** One row of EXIF, from tags by their names, whoever read them. */

import type { Row } from '../../types.ts'

/** A tag's value: text, a number, a fraction, or several of them. */
export type ExifValue = string | number | readonly ExifValue[]

/** Tags by the names of the EXIF specification (CIPA DC-008), undefined where absent. */
export type ExifTags = (name: string) => ExifValue | undefined

/** Undefined when no tag of interest is there. */
export function exifRow(tags: ExifTags): Row | undefined {
  const row = {
    make: text(tags('Make')),
    model: text(tags('Model')),
    lens_model: text(tags('LensModel')),
    software: text(tags('Software')),
    artist: text(tags('Artist')),
    description: text(tags('ImageDescription')),
    datetime:
      timestamp(tags('DateTimeOriginal')) ??
      timestamp(tags('DateTimeDigitized')) ??
      timestamp(tags('DateTime')),
    exposure_time: real(tags('ExposureTime')),
    f_number: real(tags('FNumber')),
    iso: integer(tags('ISOSpeedRatings')),
    focal_length: real(tags('FocalLength')),
    orientation: orientationOf(tags('Orientation')),
    latitude: degrees(tags('GPSLatitude'), tags('GPSLatitudeRef'), 'S', 90),
    longitude: degrees(tags('GPSLongitude'), tags('GPSLongitudeRef'), 'W', 180),
    altitude: altitude(tags('GPSAltitude'), tags('GPSAltitudeRef')),
  }
  return Object.values(row).every((value) => value === null) ? undefined : row
}

/** 1 to 8, else null. */
export function orientationOf(value: ExifValue | undefined): number | null {
  const number = integer(value)
  return number !== null && number >= 1 && number <= 8 ? number : null
}

function text(value: ExifValue | undefined): string | null {
  const first = Array.isArray(value) ? value[0] : value
  if (typeof first !== 'string') return null
  // Cut at a NUL and trimmed, as cameras pad.
  const shown = first.split('\0', 1)[0]!.trim()
  return shown === '' ? null : shown
}

/** A number, or a fraction as [numerator, denominator]. */
function real(value: ExifValue | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (!Array.isArray(value)) return null
  const [first, second] = value as readonly ExifValue[]
  if (typeof first !== 'number') return real(first)
  const quotient = typeof second === 'number' ? first / second : first
  return Number.isFinite(quotient) ? quotient : null
}

/** The first number, when an int32 holds it: some cameras write two ISO values. */
function integer(value: ExifValue | undefined): number | null {
  const first = Array.isArray(value) ? value[0] : value
  return typeof first === 'number' && Number.isInteger(first) && Math.abs(first) < 2 ** 31 ? first : null
}

/** `2008:10:22 16:28:39` in microseconds, without a zone as cameras have none; null when it is no time. */
function timestamp(value: ExifValue | undefined): bigint | null {
  const match = /^(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)/.exec(text(value) ?? '')
  if (match === null) return null
  const [year, month, day, hour, minute, second] = match.slice(1).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const milliseconds = Date.UTC(year, month - 1, day, hour, minute, second)
  const back = new Date(milliseconds)
  const isReal = back.getUTCMonth() === month - 1 && back.getUTCDate() === day && back.getUTCHours() === hour
  return isReal ? BigInt(milliseconds) * 1000n : null
}

function degrees(
  value: ExifValue | undefined,
  reference: ExifValue | undefined,
  negative: string,
  most: number,
): number | null {
  if (!Array.isArray(value) || value.length !== 3) return null
  const [degree, minute, second] = value.map(real)
  if (degree == null || minute == null || second == null) return null
  const angle = degree + minute / 60 + second / 3600
  if (angle > most) return null
  return text(reference)?.toUpperCase() === negative ? -angle : angle
}

function altitude(value: ExifValue | undefined, reference: ExifValue | undefined): number | null {
  const metres = real(value)
  return metres === null ? null : integer(reference) === 1 ? -metres : metres
}
