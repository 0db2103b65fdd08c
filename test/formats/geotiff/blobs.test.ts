/** Tiles that are files of their own, WebP and LERC: what their heads say is checked, and damage is an error. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { type Codec, codecOf, type TileShape } from '../../../src/formats/geotiff/codecs/index.ts'
import { storedRows } from '../../../src/formats/geotiff/tiles.ts'
import type { Dialect } from '../../../src/formats/geotiff/types.ts'
import { hasRasterio, makeRasters, openBytes, read, runFor, temporary } from './support.ts'
import { writeTiff } from './tiff.ts'

interface Tile {
  readonly file: Buffer
  /** Where it stands. */
  readonly at: number
  readonly bytes: Buffer
  readonly codec: Codec
  readonly shape: TileShape
}

const made = temporary()
afterAll(() => made.remove())

/** The first tile of a raster that GDAL wrote, one range for each. */
async function tileOf(name: string): Promise<Tile> {
  const file = readFileSync(join(made.path, `${name}.tif`))
  const { layout, blocks } = await openBytes(file)
  const { raster } = layout.dialect as unknown as Dialect
  const [{ point, end }] = blocks.segments as [(typeof blocks.segments)[number]]
  const samples = raster.separate ? 1 : raster.bands
  const [width, rows] = [raster.tileWidth, storedRows(raster, 0)]
  const bytes = width * rows * samples * (raster.bits / 8)
  const shape = { width, rows, samples, bytes, allocate: (size: number) => new ArrayBuffer(size) }
  return {
    file,
    at: point.source,
    bytes: file.subarray(point.source, end),
    codec: await codecOf(raster),
    shape,
  }
}

/** The tile with some of its bytes replaced. */
function changed(bytes: Buffer, at: number, ...values: readonly number[]): Buffer {
  const copy = Buffer.from(bytes)
  copy.set(values, at)
  return copy
}

const int32 = (value: number): number[] => [...Buffer.from(Int32Array.of(value).buffer)]

const decoding =
  ({ codec, shape }: Tile, bytes: Buffer) =>
  () =>
    codec(bytes, shape)

/** Where fields stand in a LERC blob of version 4. */
const LERC = { version: 6, checksum: 10, height: 14, width: 18, depth: 22, valid: 26, size: 34, type: 38 }

/** With the checksum that the first blob has now: Lerc2::ComputeChecksumFletcher32. */
function sealed(blob: Buffer, end = blob.length): Buffer {
  let [low, high] = [0xffff, 0xffff]
  for (let at = LERC.height; at < end; at += 2) {
    low = (low + ((blob[at]! << 8) | (at + 1 < end ? blob[at + 1]! : 0))) % 0xffff
    high = (high + low) % 0xffff
  }
  const folded = (sum: number): number => (sum === 0 ? 0xffff : sum)
  const copy = Buffer.from(blob)
  copy.writeUInt16LE(folded(low), LERC.checksum)
  copy.writeUInt16LE(folded(high), LERC.checksum + 2)
  return copy
}

const NAMES = [
  'webp-strips-noise-lossy',
  'webp-strips-wave-lossless',
  'webp-four-noise-lossy',
  'webp-four-wave-lossless',
  'lerc-uint8-3-planes',
  'lerc-int16-3',
  'lerc-float32-4',
  'lerc-float64-1',
  'lerc-float32-holes-some',
  'lerc-float64-holes-first',
  'lerc-float32-holes-two',
  'lerc-opacity-mask',
  'lerc-grey-opacity-mask',
  'lerc-noise',
]

describe.skipIf(!hasRasterio())('a tile of WebP or LERC', () => {
  beforeAll(() => makeRasters(made.path), 60_000)

  it.each(NAMES)('%s: cut short, or not there, is invalid data', async (name) => {
    const tile = await tileOf(name)
    expect(tile.codec(tile.bytes, tile.shape).length).toBe(tile.shape.bytes)
    for (let i = 0; i < 10; i++) {
      const cut = tile.bytes.subarray(0, Math.floor((tile.bytes.length * i) / 10))
      expect(decoding(tile, cut), `${cut.length} bytes`).toThrow(/^geotiff: /)
    }
  })

  it.each(NAMES)(
    '%s: with bytes flipped it is a tile or an error, however deep the decoder gets',
    async (name) => {
      const tile = await tileOf(name)
      const isBlob = tile.bytes.toString('latin1', 0, 6) === 'Lerc2 '
      const end = isBlob ? tile.bytes.readInt32LE(LERC.size) : 0
      if (isBlob) expect(sealed(tile.bytes, end)).toEqual(tile.bytes)
      const flips = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 5 })
      fc.assert(
        fc.property(flips, fc.boolean(), (some, seal) => {
          const flipped = Buffer.from(tile.bytes)
          for (const [at, value] of some) flipped[at % flipped.length] = value
          const bytes = isBlob && seal ? sealed(flipped, end) : flipped
          try {
            expect(tile.codec(bytes, tile.shape).length).toBe(tile.shape.bytes)
          } catch (error) {
            if (!isVarveError(error, 'invalid-data')) throw error
          }
        }),
        { numRuns: 150 },
      )
      expect(tile.codec(tile.bytes, tile.shape).length).toBe(tile.shape.bytes)
    },
  )

  it('WebP of another size, or with opacity that the raster has no band for, is not decoded', async () => {
    const lossy = await tileOf('webp-strips-noise-lossy')
    const lossless = await tileOf('webp-strips-wave-lossless')
    const four = await tileOf('webp-four-wave-lossless')
    expect(decoding(lossy, changed(lossy.bytes, 26, 0xff, 0x3f))).toThrow(
      'geotiff: WebP: a tile holds 16383 × 16 pixels of 3 bands, expected 91 × 16 of 3',
    )
    expect(decoding(lossy, changed(lossy.bytes, 28, 0xff, 0x3f))).toThrow('holds 91 × 16383 pixels')
    expect(decoding(lossless, changed(lossless.bytes, 21, 0xff, 0xff, 0xff, 0x0f))).toThrow(
      'holds 16384 × 16384 pixels of 3 bands',
    )
    expect(() => lossless.codec(four.bytes, { ...four.shape, samples: 3 })).toThrow(
      'holds 48 × 32 pixels of 4 bands, expected 48 × 32 of 3',
    )
    expect(decoding(lossy, changed(lossy.bytes, 0, 0))).toThrow('starts with the bytes 0049')
    expect(decoding(lossy, changed(lossy.bytes, 12, 0))).toThrow('a tile holds no picture')
    expect(decoding(lossy, changed(lossy.bytes, 20, 1))).toThrow('a tile holds no key frame')
    expect(decoding(lossless, changed(lossless.bytes, 20, 0))).toThrow('a tile holds no lossless picture')
  })

  it('a canvas of another size than the picture on it is not decoded', async () => {
    const four = await tileOf('webp-four-noise-lossy')
    expect(four.bytes.toString('latin1', 12, 16)).toBe('VP8X')
    const absurd = changed(four.bytes, 24, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)
    expect(decoding(four, absurd)).toThrow('geotiff: WebP: a tile cannot be decoded')
  })

  it('LERC of another size, type or number of bands is not decoded', async () => {
    const plain = await tileOf('lerc-float32-holes-some')
    const one = (field: number, value: number): Buffer => sealed(changed(plain.bytes, field, ...int32(value)))
    expect(plain.bytes.readInt32LE(LERC.version)).toBe(4)
    expect(decoding(plain, one(LERC.width, 0x7fff_ffff))).toThrow(
      'geotiff: LERC: a tile holds 2147483647 × 32 pixels of 1 float32, expected 48 × 32 of 1 float32',
    )
    expect(decoding(plain, one(LERC.height, -1))).toThrow('48 × -1 pixels')
    expect(decoding(plain, one(LERC.depth, 0x7fff_ffff))).toThrow('pixels of 2147483647 float32')
    expect(decoding(plain, one(LERC.type, 7))).toThrow('pixels of 1 float64')
    expect(decoding(plain, one(LERC.type, 99))).toThrow('pixels of 1 unknown')
    expect(decoding(plain, one(LERC.size, 0x7fff_ffff))).toThrow('says that it has 2147483647 bytes')
    expect(decoding(plain, one(LERC.size, 0))).toThrow('says that it has 0 bytes')
    expect(decoding(plain, Buffer.concat([plain.bytes, plain.bytes]))).toThrow(
      'holds 6 blobs, expected 1 or 3',
    )
    expect(decoding(plain, Buffer.concat([plain.bytes, Buffer.from('more')]))).toThrow(
      'a blob starts with the bytes 6d6f7265, expected "Lerc2 "',
    )
  })

  it('LERC with holes where a sample cannot be one is refused, as libtiff does', async () => {
    const tile = await tileOf('lerc-opacity-mask')
    const raster = { compression: 'lerc', kind: 'uint8', lerc: { within: 'none', alpha: false } }
    const codec = await codecOf(raster as unknown as Parameters<typeof codecOf>[0])
    const shape = { ...tile.shape, samples: 3, bytes: (tile.shape.bytes / 4) * 3 }
    expect(() => codec(tile.bytes, shape)).toThrow(/has \d+ pixels with values, expected all 1536 of uint8/)
  })

  it.each(['webp-strips-noise-lossy', 'lerc-noise'])(
    '%s: the error has the place of the tile',
    async (name) => {
      const { file, at } = await tileOf(name)
      const damaged = await openBytes(changed(file, at, 1, 2, 3, 4))
      const reading = async () => {
        for await (const batch of read(damaged, runFor(damaged), ['band_1'])) expect(batch.rows).toBe(0)
      }
      await expect(reading()).rejects.toMatchObject({
        code: 'invalid-data',
        message: expect.stringMatching(new RegExp(`^geotiff: .*@ byte ${at}\\)$`)),
      })
    },
  )
})

describe('rasters that WebP and LERC cannot be', () => {
  /** The raster with another compression and, perhaps, the type of its samples. */
  function compressed(
    code: number,
    made: Parameters<typeof writeTiff>[0],
    more: Record<number, number> = {},
  ) {
    const bytes = writeTiff(made)
    const at = bytes.readUInt32LE(4)
    for (let i = 0; i < bytes.readUInt16LE(at); i++) {
      const entry = at + 2 + i * 12
      const tag = bytes.readUInt16LE(entry)
      const value = tag === 259 ? code : more[tag]
      if (value !== undefined) bytes.writeUInt16LE(value, entry + 8)
    }
    return openBytes(bytes)
  }

  it.each([
    [50001, { bands: 1 }, {}, /WebP of 1 bands of uint8 is not read, expected 3 or 4 of uint8 together/],
    [50001, { bands: 3, separate: true }, {}, /3 bands of uint8, each with tiles of its own, is not read/],
    [50001, { bands: 1 }, { 258: 16 }, /WebP of 1 bands of uint16/],
    [34887, { bands: 1 }, { 258: 64 }, /LERC of uint64 in 64 bits is not read/],
    [34887, { bands: 1 }, { 258: 12 }, /LERC of uint16 in 12 bits is not read/],
  ])('compression %i, %j, %j', async (code, shape, more, message) => {
    await expect(compressed(code, { width: 20, height: 20, ...shape }, more)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(message),
    })
  })
})
