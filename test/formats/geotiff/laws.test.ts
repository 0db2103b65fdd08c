/** The laws of slices, pushdown and projection, and what is fetched, on rasters made here. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { STRATEGIES } from '../../../src/formats/geotiff/strategies.ts'
import type { Condition, Cut } from '../../../src/formats/types.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { readIndex } from '../../../src/index/read.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { writeIndex } from '../../../src/index/write.ts'
import { filterRows } from '../../../src/scan/filter.ts'
import { runOfSlice } from '../../../src/scan/read-slices.ts'
import { locate } from '../../../src/store/index.ts'
import { batchRows, hooks, type Rows } from '../../scan/support/harness.ts'
import { openBytes, openSource, type RasterFile, runFor, watched } from './support.ts'
import { anyTiff, type MadeTiff, writeTiff } from './tiff.ts'

const all = (file: RasterFile): number[] => file.layout.columns.map((_, i) => i)

async function rowsOf(
  file: RasterFile,
  firstRow?: number,
  rows?: number,
  columns = all(file),
): Promise<Rows> {
  const types = columns.map((column) => file.layout.columns[column]!.type)
  const run = runFor(file, firstRow, rows)
  const found: Rows = []
  if (run === undefined) return found
  for await (const batch of file.format.read(file.source, file.layout, run, columns, hooks))
    found.push(...batchRows(batch, types))
  return found
}

/** The rows of a slice after a trip through JSON, with its condition, as a worker reads it. */
async function sliceRows(file: RasterFile, cut: Cut, first: boolean): Promise<Rows> {
  const slice = parseSlice(sliceToJson(makeSlice(file.index, cut, first)))
  const run = await runOfSlice(slice, undefined)
  const { columns } = file.layout
  if (run === undefined) return []
  const rows: Rows = []
  for await (const batch of file.format.read(file.source, file.layout, run, all(file), hooks)) {
    const kept = filterRows(batch, all(file), columns, slice.where ?? [])
    rows.push(
      ...batchRows(
        kept,
        columns.map(({ type }) => type),
      ),
    )
  }
  return rows
}

const open = (made: MadeTiff, pixels: boolean, window?: readonly number[]) =>
  openBytes(writeTiff(made), { pixels, ...(window && { window }) })

/** A window of which a part, all or nothing lies in the raster. */
const anyWindow = fc.tuple(
  fc.integer({ min: -5, max: 30 }),
  fc.integer({ min: -5, max: 30 }),
  fc.integer({ min: 0, max: 25 }),
  fc.integer({ min: 0, max: 25 }),
)

// One range for a block: several stand in a stored index, which has a test of its own.
const onePlane = anyTiff.filter(({ separate, bands }) => !separate || bands === 1)

let indexes = 0

const runs = { numRuns: 60 }

describe('the law of slices', () => {
  test.each(['count', 'rows', 'bytes', 'tiles'])('by %s: every row once, in order', async (name) => {
    const argument = name === 'count' || name === 'tiles' ? 'n' : name
    await fc.assert(
      fc.asyncProperty(onePlane, fc.boolean(), fc.integer({ min: 1, max: 40 }), async (made, pixels, n) => {
        const file = await open(made, pixels)
        const found: Rows = []
        const cuts = cutRows(file.index, { name, args: { [argument]: n } }, STRATEGIES)
        for (const [i, cut] of cuts.entries()) found.push(...(await sliceRows(file, cut, i === 0)))
        expect(found).toEqual(await rowsOf(file))
      }),
      runs,
    )
  })

  test('by grid: every row once, each in the cell of its tile', async () => {
    await fc.assert(
      fc.asyncProperty(onePlane, fc.boolean(), fc.integer({ min: 1, max: 5 }), async (made, pixels, n) => {
        const file = await open(made, pixels)
        const cuts = cutRows(file.index, { name: 'grid', args: { n } }, STRATEGIES)
        expect(cuts.length).toBe(n * n)
        const found: Rows = []
        for (const [i, cut] of cuts.entries()) found.push(...(await sliceRows(file, cut, i === 0)))
        const ordinal = file.layout.ordinal!
        found.sort((a, b) => Number(a[ordinal]) - Number(b[ordinal]))
        expect(found).toEqual(await rowsOf(file))
      }),
      runs,
    )
  })

  test('by window: the pixels in it, or the tiles that it touches', async () => {
    await fc.assert(
      fc.asyncProperty(onePlane, fc.boolean(), anyWindow, async (made, pixels, [col, row, w, h]) => {
        const [width, height] = [w + 1, h + 1]
        fc.pre(col < made.width && row < made.height && col + width > 0 && row + height > 0)
        const file = await open(made, pixels)
        const call = { name: 'window', args: { col, row, width, height } }
        const [cut] = cutRows(file.index, call, STRATEGIES)
        const names = file.layout.columns.map(({ name }) => name)
        const expected = (await rowsOf(file)).filter((values) => {
          const value = (name: string): number => Number(values[names.indexOf(name)])
          const [right, bottom] = pixels ? [1, 1] : [value('width'), value('height')]
          const across = value('col') < col + width && value('col') + right > col
          return across && value('row') < row + height && value('row') + bottom > row
        })
        expect(await sliceRows(file, cut!, true)).toEqual(expected)
      }),
      runs,
    )
  })

  test('a window outside the raster, and a grid of too many cells, are refused', async () => {
    const file = await openBytes(writeTiff({ width: 4, height: 4 }))
    const call = (name: string, args: Record<string, number>) => () =>
      cutRows(file.index, { name, args }, STRATEGIES)
    expect(call('window', { col: 4, row: 0, width: 1, height: 1 })).toThrow(
      /outside the raster's 4 × 4 pixels/,
    )
    expect(call('grid', { n: 100_000 })).toThrow(/n is 100000, expected at most 3162/)
  })
})

test('bands apart: the ranges of their planes come from the stored index', async () => {
  await fc.assert(
    fc.asyncProperty(anyTiff, fc.boolean(), fc.integer({ min: 1, max: 9 }), async (made, pixels, n) => {
      const listed = await open({ ...made, bands: 3, separate: true }, pixels)
      const { uri, identity, size, layout } = listed.index
      const facts = { uri, identity, size, layout }
      const bytes = writeIndex(
        { ...facts, rows: listed.index.rows, raw: listed.index.raw },
        listed.blocks.segments,
      )
      const { store, key } = locate(`memory://raster-indexes/${indexes++}`)
      await store.put(key, bytes)
      const index = await readIndex((await store.open(key))!, { ...facts, format: 'geotiff' })
      const file = { ...listed, index }
      const found: Rows = []
      const cuts = cutRows(index, { name: 'count', args: { n } }, STRATEGIES)
      for (const [i, cut] of cuts.entries()) found.push(...(await sliceRows(file, cut, i === 0)))
      expect(found).toEqual(await rowsOf(listed))
    }),
    { numRuns: 30 },
  )
})

describe('the window option', () => {
  test('gives the pixels of the whole that are in it, with ordinals of its own', async () => {
    await fc.assert(
      fc.asyncProperty(anyTiff, anyWindow, async (made, window) => {
        const [left, top, width, height] = window
        const whole = await open(made, true)
        const part = await open(made, true, window)
        const names = whole.layout.columns.map(({ name }) => name)
        const inside = (await rowsOf(whole)).filter((values) => {
          const [col, row] = ['col', 'row'].map((name) => Number(values[names.indexOf(name)]))
          return col! >= left && col! < left + width && row! >= top && row! < top + height
        })
        const expected = inside.map((values, i) => [...values.slice(0, -1), BigInt(i)])
        expect(await rowsOf(part)).toEqual(expected)
        // As tiles: the same values, cut to the window.
        const tiles = await open(made, false, window)
        const at = (file: RasterFile, name: string) =>
          file.layout.columns.findIndex((one) => one.name === name)
        const sorted = (values: readonly unknown[]): string[] => values.map(String).sort()
        const lists = (await rowsOf(tiles)).flatMap(
          (values) => values[at(tiles, 'band_1')] as readonly unknown[],
        )
        const absent = made.nodata === undefined ? 'null' : String(made.nodata)
        const single = inside.map((values) => values[at(whole, 'band_1')] ?? absent)
        expect(sorted(lists)).toEqual(sorted(single))
      }),
      runs,
    )
  })

  test('ranges of rows: any cut of a window', async () => {
    await fc.assert(
      fc.asyncProperty(
        anyTiff,
        anyWindow,
        fc.boolean(),
        fc.nat(),
        fc.nat(),
        async (made, window, pixels, a, b) => {
          const file = await open(made, pixels, window)
          const rows = await rowsOf(file)
          const [from, to] = [a % (rows.length + 1), b % (rows.length + 1)].sort((x, y) => x - y) as [
            number,
            number,
          ]
          expect(await rowsOf(file, from, to - from)).toEqual(rows.slice(from, to))
        },
      ),
      runs,
    )
  })
})

test('the law of projection: any columns have the values that they have among all', async () => {
  await fc.assert(
    fc.asyncProperty(
      anyTiff,
      fc.boolean(),
      fc.array(fc.nat(), { maxLength: 6 }),
      async (made, pixels, picks) => {
        const file = await open(made, pixels)
        const columns = [...new Set(picks.map((pick) => pick % file.layout.columns.length))]
        const rows = await rowsOf(file)
        const expected = rows.map((values) => columns.map((column) => values[column]!))
        expect(await rowsOf(file, undefined, undefined, columns)).toEqual(expected)
      },
    ),
    runs,
  )
})

test('the law of pushdown: no row that fulfils a condition is pruned', async () => {
  const ops = ['=', '<', '<=', '>', '>='] as const
  await fc.assert(
    fc.asyncProperty(
      anyTiff,
      fc.boolean(),
      fc.nat(),
      fc.constantFrom(...ops),
      fc.integer({ min: -60, max: 60 }),
      async (made, pixels, pick, op, value) => {
        const file = await open(made, pixels)
        const { zones, columns } = file.layout
        const column = zones[pick % zones.length]!
        const at = columns.findIndex(({ name }) => name === column)
        const condition: Condition = { column, op, values: [value] }
        const holds = (found: unknown): boolean =>
          found !== null &&
          {
            '=': found === value,
            '<': Number(found) < value,
            '<=': Number(found) <= value,
            '>': Number(found) > value,
            '>=': Number(found) >= value,
          }[op]
        const kept: Rows = []
        for (const { firstRow, rows } of pruneRows(file.index, [condition]))
          kept.push(...(await rowsOf(file, firstRow, rows)))
        const expected = (await rowsOf(file)).filter((values) => holds(values[at]))
        expect(kept.filter((values) => holds(values[at]))).toEqual(expected)
        if (expected.length === 0 && !pixels) expect(kept).toEqual([])
      },
    ),
    runs,
  )
})

describe('what is fetched', () => {
  const made = { width: 160, height: 160, tileWidth: 16, tileHeight: 16, bands: 3 }
  const bytes = writeTiff(made)
  test('only the touched tiles of a window, neighbours in one request', async () => {
    const { source, ranges } = watched(bytes)
    const file = await openSource(source, { window: [20, 36, 30, 20], pixels: true })
    expect(file.blocks.segments.length).toBe(3 * 2)
    ranges.length = 0
    expect((await rowsOf(file)).length).toBe(30 * 20)
    const tileBytes = 16 * 16 * 3
    // Six tiles in two rows of three; what lies between the rows is nearer than a request is worth.
    expect(ranges.length).toBe(1)
    const [[start, end]] = ranges as [[number, number]]
    expect(end - start).toBe((10 + 3) * tileBytes)
  })

  test('nothing for columns that are known without a tile', async () => {
    const { source, ranges } = watched(bytes)
    const file = await openSource(source, { pixels: true })
    ranges.length = 0
    const names = ['level', 'tile_col', 'tile_row', 'col', 'row', 'x', 'y', 'record']
    const columns = names.map((name) => file.layout.columns.findIndex((one) => one.name === name))
    expect((await rowsOf(file, 0, 1000, columns)).length).toBe(1000)
    expect(ranges).toEqual([])
  })

  test('of separate bands only the projected ones', async () => {
    const separate = writeTiff({ ...made, separate: true })
    const file = await openBytes(separate)
    const reader = await import('../../../src/formats/geotiff/reader.ts')
    const column = file.layout.columns.findIndex(({ name }) => name === 'band_2')
    const blockFile = {
      source: file.source,
      companions: [],
      layout: file.layout,
      memo: async <T>(_: string, make: () => Promise<T>) => make(),
      signal: undefined,
    }
    const settings = { zones: false, allocate: (size: number) => new ArrayBuffer(size) }
    const found = await reader.makeReader(blockFile, [column], settings)
    const [segment] = file.blocks.segments
    const part = { source: 0, end: 0, raw: 1, firstRow: 0, rows: 1, window: segment!.point.window }
    expect(found.ranges(part).map(({ start, end }) => end - start)).toEqual([16 * 16])
  })
})
