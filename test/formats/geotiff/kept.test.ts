/** Tiles that are kept between reads: the rows are the same, and the bytes are not fetched again. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memorySource } from '../../../src/bytes/index.ts'
import type { ByteSource } from '../../../src/bytes/types.ts'
import type { Memory } from '../../../src/formats/types.ts'
import { KeptBlocks } from '../../../src/scan/kept.ts'
import { batchRows, hooks, type Rows } from '../../scan/support/harness.ts'
import {
  hasRasterio,
  makeRasters,
  openSource,
  type RasterFile,
  runFor,
  temporary,
  watched,
} from './support.ts'
import { anyTiff, sampleAt, writeTiff } from './tiff.ts'

type Box = readonly [col: number, row: number, width: number, height: number]

const memoryOf = (source: ByteSource, bytes = 1 << 30): Memory => new KeptBlocks(bytes).of(source)!

async function rowsOf(file: RasterFile, kept?: Memory, names?: readonly string[]): Promise<Rows> {
  const { columns } = file.layout
  const wanted = columns.flatMap(({ name }, i) => (names?.includes(name) === false ? [] : [i]))
  const run = runFor(file)
  const rows: Rows = []
  if (run === undefined) return rows
  for await (const batch of file.format.read(file.source, file.layout, run, wanted, { ...hooks, kept }))
    rows.push(
      ...batchRows(
        batch,
        wanted.map((i) => columns[i]!.type),
      ),
    )
  return rows
}

/** What is kept counts with all of the memory that it was given. */
const roomFor = (bytes: number): number => hooks.allocate(bytes).byteLength

const anyWindow = fc.tuple(
  fc.nat(25),
  fc.nat(25),
  fc.integer({ min: 1, max: 25 }),
  fc.integer({ min: 1, max: 25 }),
)

it('rows are those of a first read, whatever was kept of windows before, and however little', async () => {
  const reads = fc.array(fc.record({ window: anyWindow, pixels: fc.boolean(), band: fc.boolean() }), {
    minLength: 2,
    maxLength: 6,
  })
  await fc.assert(
    fc.asyncProperty(anyTiff, reads, fc.constantFrom(300, 2000, 1 << 20), async (made, all, most) => {
      const source = memorySource('memory://windows.tif', writeTiff(made))
      const memory = memoryOf(source, most)
      for (const { window, pixels, band } of all) {
        const file = await openSource(source, { pixels, window: [...window] })
        const names = band ? ['band_1'] : undefined
        expect(await rowsOf(file, memory, names)).toEqual(await rowsOf(file, undefined, names))
      }
    }),
    { numRuns: 60 },
  )
})

it('rows are right while what they are taken from is dropped, and its memory used again', async () => {
  const two = fc.tuple(anyWindow, anyWindow)
  await fc.assert(
    fc.asyncProperty(anyTiff, two, two, async (made, before, [first, second]) => {
      const source = memorySource('memory://windows.tif', writeTiff(made))
      const free: ArrayBuffer[] = []
      const blocks = new KeptBlocks(2000, (buffers) => {
        for (const buffer of buffers) new Uint8Array(buffer).fill(0xee)
        free.push(...buffers)
      })
      const allocate = (bytes: number): ArrayBuffer => {
        const at = free.findIndex(({ byteLength }) => byteLength >= bytes)
        return at < 0 ? new ArrayBuffer(bytes) : free.splice(at, 1)[0]!
      }
      const reading = async function* (window: Box): AsyncGenerator<Rows> {
        const over = blocks.begin()
        const file = await openSource(source, { pixels: true, window: [...window] })
        const { columns } = file.layout
        const all = columns.map((_, i) => i)
        const types = columns.map(({ type }) => type)
        const run = runFor(file)
        const settings = { ...hooks, allocate, kept: blocks.of(source) }
        try {
          if (run === undefined) return
          for await (const batch of file.format.read(file.source, file.layout, run, all, settings))
            yield batchRows(batch, types)
        } finally {
          over()
        }
      }
      const all = async (batches: AsyncIterable<Rows>): Promise<Rows> => {
        const rows: Rows = []
        for await (const batch of batches) rows.push(...batch)
        return rows
      }
      const expected = async (window: Box): Promise<Rows> =>
        rowsOf(await openSource(source, { pixels: true, window: [...window] }))
      for (const window of before) expect(await all(reading(window))).toEqual(await expected(window))
      const one = reading(first)
      const begun = await one.next()
      expect(await all(reading(second))).toEqual(await expected(second))
      const rows = [...(begun.done === true ? [] : begun.value), ...(await all(one))]
      expect(rows).toEqual(await expected(first))
    }),
    { numRuns: 60 },
  )
})

describe('what is fetched', () => {
  const TILE = 16
  const BYTES = TILE * TILE * 3
  const made = { width: 64, height: 64, tileWidth: TILE, tileHeight: TILE, bands: 3 }
  /** Tiles from and to this one: neighbours are fetched with what lies between them. */
  const tiles = (from: number, to = from): [number, number] => [8 + from * BYTES, 8 + (to + 1) * BYTES]

  /** Reads windows one after the other, and gives what was read of the source for each. */
  function reader(): (window: Box, names?: string[]) => Promise<[number, number][]> {
    const { source, ranges } = watched(writeTiff(made))
    const memory = memoryOf(source)
    return async (window, names = ['band_1', 'band_2', 'band_3']) => {
      const file = await openSource(source, { pixels: true, window: [...window] })
      ranges.length = 0
      const rows = await rowsOf(file, memory, names)
      expect(rows[0]![0]).toBe(sampleAt(window[0], window[1], Number(names[0]!.slice(5)) - 1))
      return [...ranges]
    }
  }

  it('is nothing of tiles that were read before, by any window', async () => {
    const fetched = reader()
    expect(await fetched([0, 0, 32, 32])).toEqual([tiles(0, 5)])
    expect(await fetched([0, 0, 32, 32])).toEqual([])
    expect(await fetched([5, 3, 9, 20])).toEqual([])
    expect(await fetched([5, 3, 9, 20], ['band_1'])).toEqual([])
    // Two of its four tiles are new.
    expect(await fetched([20, 0, 20, 20])).toEqual([tiles(2, 6)])
  })

  it('is the tile again where another of its bands is wanted', async () => {
    const fetched = reader()
    expect(await fetched([0, 0, 4, 4], ['band_1'])).toEqual([tiles(0)])
    expect(await fetched([0, 2, 16, 14], ['band_1'])).toEqual([])
    expect(await fetched([0, 0, 4, 5], ['band_1', 'band_2'])).toEqual([tiles(0)])
    expect(await fetched([0, 0, 4, 5], ['band_2'])).toEqual([])
  })

  it('is a large tile again where more of its rows are wanted', async () => {
    const [width, height] = [1100, 1000]
    const { source, ranges } = watched(writeTiff({ width, height, tileWidth: width, tileHeight: height }))
    const blocks = new KeptBlocks(1 << 30)
    const fetched = async (row: number, rows: number): Promise<number> => {
      const file = await openSource(source, { pixels: true, window: [7, row, 3, rows] })
      ranges.length = 0
      const [first] = await rowsOf(file, blocks.of(source), ['band_1'])
      expect(first).toEqual([sampleAt(7, row, 0)])
      return ranges.length
    }
    expect(await fetched(10, 10)).toBe(1)
    expect(blocks.bytes).toBe(roomFor(20 * width))
    expect(await fetched(2, 18)).toBe(0)
    expect(await fetched(2, 19)).toBe(1)
    expect(blocks.bytes).toBe(roomFor(21 * width))
  })

  it('is good where the rows that are wanted are, whatever the rest of the tile is', async () => {
    const bytes = writeTiff({ width: 64, height: 64, tileWidth: 64, tileHeight: 64 })
    // The tile's length as its directory has it: half of the tile.
    const at = bytes.indexOf(Buffer.from([0x45, 0x01, 4, 0, 1, 0, 0, 0]))
    bytes.writeUInt32LE(32 * 64, at + 8)
    const source = memorySource('memory://half.tif', bytes)
    const memory = memoryOf(source)
    const read = async (row: number, rows: number) =>
      rowsOf(await openSource(source, { pixels: true, window: [1, row, 1, rows] }), memory, ['band_1'])
    expect(await read(31, 1)).toEqual([[sampleAt(1, 31, 0)]])
    await expect(read(31, 2)).rejects.toMatchObject({ code: 'invalid-data' })
    expect(await read(0, 1)).toEqual([[sampleAt(1, 0, 0)]])
  })

  it('is kept of windows only: all of a raster would push out the rest', async () => {
    const { source } = watched(writeTiff(made))
    const blocks = new KeptBlocks(1 << 30)
    await rowsOf(await openSource(source, {}), blocks.of(source))
    expect(blocks.bytes).toBe(0)
    await rowsOf(await openSource(source, { window: [1, 1, 1, 1] }), blocks.of(source))
    expect(blocks.bytes).toBe(3 * roomFor(BYTES / 3))
  })
})

describe.runIf(hasRasterio())('rasters of every kind, as GDAL writes them', () => {
  const folder = temporary()
  beforeAll(() => makeRasters(folder.path), 120_000)
  afterAll(() => folder.remove())

  it('have the same rows in overlapping windows', async () => {
    const files = readdirSync(folder.path).filter((name) => name.endsWith('.tif'))
    expect(files.length).toBeGreaterThan(20)
    const windows: Box[] = [
      [3, 2, 20, 9],
      [0, 0, 30, 30],
      [11, 7, 12, 40],
    ]
    for (const name of files) {
      const source = memorySource(`memory://${name}`, readFileSync(join(folder.path, name)))
      const memory = memoryOf(source)
      for (const window of windows) {
        for (const pixels of [true, false]) {
          const file = await openSource(source, { pixels, window: [...window] })
          expect(await rowsOf(file, memory), `${name} ${window} ${pixels}`).toEqual(await rowsOf(file))
        }
      }
    }
  }, 120_000)
})
