/** Every level, band and value of real and made rasters, as GDAL reads them. */

import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ColumnValues, ColumnVector } from '../../../src/formats/batch.ts'
import type { Dialect } from '../../../src/formats/geotiff/types.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import {
  bandNames,
  hasRasterio,
  isNull,
  makeRasters,
  newImage,
  type Oracle,
  openBytes,
  oracles,
  oracleValues,
  type RasterFile,
  read,
  runFor,
  temporary,
} from './support.ts'

const made = temporary()
const values = temporary()
afterAll(() => {
  made.remove()
  values.remove()
})

/** 420 million pixels of almost nothing: test/sql/formats/geotiff.test reads its overviews. */
const LARGE = 'sparse.tiff'

function realFiles(): string[] {
  if (!hasData()) {
    if (process.env.CI) throw new Error(`${DATA} is missing`)
    console.error(`\nSKIPPED, ${DATA} IS MISSING\n`)
    return []
  }
  const cog = readdirSync(join(DATA, 'cog'), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tiff?$/.test(name) && basename(name) !== LARGE)
    .map((name) => join(DATA, 'cog', name))
  const depth = '4dor/4dor-dataset/experiment-1/camera05/depthimage/camera05_depthimage-000031.tiff'
  return [...cog.sort(), join(DATA, depth), join(DATA, 'image/exifr/tif-with-iptc-icc-xmp.tif')]
}

describe.skipIf(!hasRasterio())('as GDAL reads it', () => {
  let all: Oracle[] = []

  beforeAll(() => {
    makeRasters(made.path)
    const names = readdirSync(made.path).sort()
    all = oracles(values.path, [...realFiles(), ...names.map((name) => join(made.path, name))])
  }, 60_000)

  test('tiles: values, masks, boxes', async () => {
    expect(all.length).toBeGreaterThan(120)
    for (const oracle of all) {
      const file = await openBytes(readFileSync(oracle.path), { level: oracle.level })
      const image = await tiles(file, oracle)
      compare(oracle, image, oracleValues(values.path, oracle).values)
      checkGeoreference(file, oracle)
    }
  }, 60_000)

  test('pixels: values, nulls, coordinates', async () => {
    for (const oracle of all) {
      const file = await openBytes(readFileSync(oracle.path), { level: oracle.level, pixels: true })
      expect(file.index.rows, oracle.path).toBe(oracle.width * oracle.height)
      const { image, nulls } = await pixels(file, oracle)
      const { values: expected, mask } = oracleValues(values.path, oracle)
      // What GDAL makes of an alpha band is no matter of a value being there.
      const masked =
        oracle.flags.includes('nodata') ||
        (oracle.flags.includes('per_dataset') && !oracle.flags.includes('alpha'))
      const expectedNulls = masked ? mask.map((one) => (one === 0 ? 1 : 0)) : new Uint8Array(mask.length)
      expect(Buffer.compare(nulls, expectedNulls), `${oracle.path}: nulls`).toBe(0)
      compare(oracle, image, expected, nulls)
    }
  }, 60_000)
})

/** Equal to the last bit, JPEG included; a NaN is a NaN. */
function compare(oracle: Oracle, got: ColumnValues, expected: ColumnValues, skip?: Uint8Array): void {
  expect(got.length, oracle.path).toBe(expected.length)
  if (Buffer.compare(bytesOf(got), bytesOf(expected)) === 0) return
  for (let i = 0; i < got.length; i++) {
    if (skip?.[i] === 1 || Object.is(got[i], expected[i])) continue
    const place = `${basename(oracle.path)} level ${oracle.level}, value ${i}`
    expect(`${place}: ${got[i]}`).toBe(`${place}: ${expected[i]}`)
  }
}

const bytesOf = (values: ColumnValues): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength)

async function tiles(file: RasterFile, oracle: Oracle): Promise<ColumnValues> {
  const { width, height, bands } = oracle
  const image = newImage(oracle)
  const names = ['level', 'tile_col', 'tile_row', 'col', 'row', 'width', 'height', 'record']
  const { raster } = file.layout.dialect as unknown as Dialect
  const { tileWidth, tileHeight } = raster
  // GDAL cuts a file's only strip, when it is not compressed, into smaller ones.
  const cut = raster.compression === 'none' && !raster.tiled && tileHeight === height
  if (!cut) expect([tileHeight, tileWidth], oracle.path).toEqual(oracle.block)
  let record = 0
  for await (const { columns } of read(file, runFor(file), [...names, ...bandNames(bands)])) {
    const [level, tileCol, tileRow, col, row, w, h] = names.map((name) => Number(columns[name]!.values![0]))
    expect([level, tileCol! * tileWidth, tileRow! * tileHeight]).toEqual([oracle.level, col, row])
    expect(Number(columns.record!.values![0])).toBe(record++)
    for (let band = 0; band < bands; band++) {
      const [list] = columns[`band_${band + 1}`]!.children!
      for (let y = 0; y < h!; y++) {
        const to = (band * height + row! + y) * width + col!
        image.set(list!.values!.subarray(y * w!, (y + 1) * w!) as never, to)
      }
    }
  }
  expect(record).toBe(Math.ceil(width / tileWidth) * Math.ceil(height / tileHeight))
  return image
}

async function pixels(file: RasterFile, oracle: Oracle): Promise<{ image: ColumnValues; nulls: Uint8Array }> {
  const { width, height, bands, centre } = oracle
  const image = newImage(oracle)
  const nulls = new Uint8Array(image.length).fill(2)
  let last: unknown
  for await (const { rows, columns } of read(file, runFor(file), [
    'col',
    'row',
    'x',
    'y',
    ...bandNames(bands),
  ])) {
    const { col, row, x, y } = columns
    const places = Int32Array.from({ length: rows }, (_, i) => {
      return Number(row!.values![i]) * width + Number(col!.values![i])
    })
    for (let band = 0; band < bands; band++)
      paint(columns[`band_${band + 1}`]!, places, band * width * height, image, nulls)
    for (let i = 0; i < rows; i++) {
      if (col!.values![i] !== width - 1 || row!.values![i] !== height - 1) continue
      last = isNull(x!, i) ? null : [x!.values![i], y!.values![i]]
    }
  }
  expect(last, oracle.path).toEqual(centre)
  return { image, nulls }
}

function paint(
  vector: ColumnVector,
  places: Int32Array,
  from: number,
  image: ColumnValues,
  nulls: Uint8Array,
): void {
  const values = vector.values!
  for (let i = 0; i < places.length; i++) {
    const to = from + places[i]!
    image[to] = values[i]!
    nulls[to] = vector.validity !== undefined && isNull(vector, i) ? 1 : 0
  }
}

function checkGeoreference(file: RasterFile, oracle: Oracle): void {
  const { transform, crs, nodata } = file.layout.dialect as {
    transform?: number[]
    crs?: string
    nodata?: string
  }
  const place = `${oracle.path} level ${oracle.level}`
  expect(transform ?? null, place).toEqual(oracle.transform)
  if (typeof oracle.crs === 'number') expect(crs, place).toBe(`EPSG:${oracle.crs}`)
  else if (oracle.crs === null) expect(crs, place).toBeUndefined()
  else expect(oracle.crs, place).toContain(crs)
  expect(nodata === undefined ? null : Number(nodata), place).toEqual(
    oracle.nodata === null ? null : Number(oracle.nodata),
  )
}
