/** What a directory says of its image, checked: nothing else is believed later. */

import { VarveError } from '../../errors.ts'
import { checkWebp, readLerc } from './codecs/samples.ts'
import type { TiffBytes } from './tiff/bytes.ts'
import { type Directory, readNumber, readNumbers, readOpaque } from './tiff/directory.ts'
import { COMPRESSIONS, OTHER_COMPRESSIONS, PHOTOMETRIC_YCBCR, TAG } from './tiff/tags.ts'
import type { Raster, Refuse, SampleKind } from './types.ts'

/** GDAL's rasters have 32-bit sides. */
const MOST_SIDE = 2 ** 31 - 1
const MOST_BANDS = 65_535
/** Decoded bytes of one tile: what a thread must hold at once. */
const MOST_TILE_BYTES = 1 << 29
const MOST_TABLES = 64 * 1024

/** `invalid-data` where the directory contradicts itself, `unsupported` where it is of a kind that is not read. */
export async function readRaster(bytes: TiffBytes, directory: Directory): Promise<Raster> {
  const number = (tag: number, otherwise: number) => readNumber(bytes, directory, tag, otherwise)
  const bad = (code: 'invalid-data' | 'unsupported', what: string): VarveError =>
    new VarveError(code, `geotiff: ${what} (directory at byte ${directory.offset})`, {
      byte: directory.offset,
    })
  const side = async (tag: number, otherwise: number, what: string): Promise<number> => {
    const value = await number(tag, otherwise)
    if (Number.isInteger(value) && value >= 1 && value <= MOST_SIDE) return value
    throw bad('invalid-data', `the ${what} is ${value}, expected 1 to ${MOST_SIDE}`)
  }
  const width = await side(TAG.imageWidth, 0, 'image width')
  const height = await side(TAG.imageLength, 0, 'image length')
  const bands = await number(TAG.samplesPerPixel, 1)
  if (!(Number.isInteger(bands) && bands >= 1 && bands <= MOST_BANDS))
    throw bad('invalid-data', `there are ${bands} samples per pixel, expected 1 to ${MOST_BANDS}`)

  const code = await number(TAG.compression, 1)
  const compression = COMPRESSIONS[code as keyof typeof COMPRESSIONS]
  if (compression === undefined) {
    const name = OTHER_COMPRESSIONS[code] ?? 'unknown'
    const known = [...new Set(Object.values(COMPRESSIONS))].join(', ')
    throw bad('unsupported', `compression ${code} (${name}) is not read, expected one of ${known}`)
  }
  const { bits, kind } = await sampleType(bytes, directory, bands, bad)
  const tiled = directory.entries.has(TAG.tileWidth) || directory.entries.has(TAG.tileOffsets)
  const tileWidth = tiled ? await side(TAG.tileWidth, 0, 'tile width') : width
  // The default is 2^32 - 1: one strip (TIFF 6.0, page 39).
  const rows = tiled ? await side(TAG.tileLength, 0, 'tile length') : await number(TAG.rowsPerStrip, height)
  if (rows < 1) throw bad('invalid-data', `there are ${rows} rows per strip, expected at least 1`)
  const tileHeight = tiled ? rows : Math.min(rows, height)
  const separate = bands > 1 && (await number(TAG.planarConfiguration, 1)) === 2
  const tileBytes = Math.ceil((tileWidth * bits * (separate ? 1 : bands)) / 8) * tileHeight
  if (tileBytes > MOST_TILE_BYTES)
    throw bad(
      'unsupported',
      `a tile has ${tileWidth} × ${tileHeight} pixels, ${tileBytes} bytes, expected at most ${MOST_TILE_BYTES}`,
    )

  const photometric = await number(TAG.photometric, 1)
  const ycbcr = photometric === PHOTOMETRIC_YCBCR
  if (ycbcr && compression !== 'jpeg')
    throw bad('unsupported', `YCbCr with compression ${compression} is not read, expected jpeg`)
  if (compression === 'jpeg' && bits !== 8)
    throw bad('unsupported', `JPEG of ${bits} bits per sample is not read, expected 8`)
  if ((await number(TAG.fillOrder, 1)) === 2 && bits < 8)
    throw bad('unsupported', 'fill order 2 (bits from the lowest) is not read, expected 1')
  if (compression === 'webp') checkWebp({ bands, kind, separate }, bad)
  const lerc =
    compression === 'lerc' ? await readLerc(bytes, directory, { bits, kind, separate }, bad) : undefined
  const predictor = ['lzw', 'deflate', 'zstd'].includes(compression) ? await number(TAG.predictor, 1) : 1
  checkPredictor(predictor, bits, kind, bad)
  const tables =
    compression === 'jpeg' ? await readOpaque(bytes, directory, TAG.jpegTables, MOST_TABLES) : undefined
  return {
    directory: directory.offset,
    width,
    height,
    tileWidth,
    tileHeight,
    tiled,
    bands,
    bits,
    kind,
    compression,
    predictor,
    separate,
    ycbcr,
    ...(lerc !== undefined && { lerc }),
    ...(tables !== undefined && { jpegTables: Buffer.from(tables).toString('base64') }),
  }
}

/** SampleFormat and BitsPerSample, the same for all bands, as the type that GDAL gives them. */
async function sampleType(
  bytes: TiffBytes,
  directory: Directory,
  bands: number,
  bad: Refuse,
): Promise<{ readonly bits: number; readonly kind: SampleKind }> {
  const widths = await readNumbers(bytes, directory, TAG.bitsPerSample, 0, bands)
  const formats = await readNumbers(bytes, directory, TAG.sampleFormat, 0, bands)
  const bits = widths[0] ?? 1
  // "Undefined" (4) is read as unsigned integers, as GDAL does.
  const format = formats[0] === 4 ? 1 : (formats[0] ?? 1)
  if (widths.some((one) => one !== bits) || formats.some((one) => one !== formats[0])) {
    const shown = `${widths.join(', ')} bits, formats ${formats.join(', ')}`
    throw bad('unsupported', `samples of different types (${shown}) are not read, expected all bands alike`)
  }
  const kind = KINDS[`${format}/${bits}`] ?? (format === 1 ? packedKind(bits) : undefined)
  if (kind !== undefined) return { bits, kind }
  const name = ['', 'unsigned', 'signed', 'floating point', '', 'complex integer', 'complex'][format] ?? '?'
  throw bad('unsupported', `${name} samples (format ${format}) of ${bits} bits are not read`)
}

/** By SampleFormat / BitsPerSample. Half floats become floats, as in GDAL. */
const KINDS: Readonly<Record<string, SampleKind>> = {
  '1/8': 'uint8',
  '1/16': 'uint16',
  '1/32': 'uint32',
  '1/64': 'uint64',
  '2/8': 'int8',
  '2/16': 'int16',
  '2/32': 'int32',
  '2/64': 'int64',
  '3/16': 'float32',
  '3/32': 'float32',
  '3/64': 'float64',
}

/** Unsigned integers of odd widths (GDAL's NBITS). */
function packedKind(bits: number): SampleKind | undefined {
  if (!Number.isInteger(bits) || bits < 1 || bits > 31) return undefined
  return bits < 8 ? 'uint8' : bits < 16 ? 'uint16' : 'uint32'
}

function checkPredictor(predictor: number, bits: number, kind: SampleKind, bad: Refuse): void {
  if (predictor === 1) return
  const whole = [8, 16, 32, 64].includes(bits)
  if (predictor === 2 && whole) return
  if (predictor === 3 && kind.startsWith('float')) return
  throw bad('unsupported', `predictor ${predictor} with ${kind} of ${bits} bits is not read`)
}
