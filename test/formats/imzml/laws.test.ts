/** The laws of slices, pushdown and projection, on images in every way that they are written. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/formats/types.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import { filterRows } from '../../../src/scan/filter.ts'
import { batchRows, hooks, type Rows } from '../../scan/support/harness.ts'
import { type MadeSpectrum, makeImage, type Style } from './image.ts'
import { columnNamed, type Image, openImage, readRows } from './support.ts'

const number = fc.float({ noNaN: true, noDefaultInfinity: true })
const values = fc.array(number, { maxLength: 6 })

const style: fc.Arbitrary<Style> = fc.record({
  continuous: fc.boolean(),
  zlib: fc.boolean(),
  type: fc.constantFrom('float32' as const, 'float64' as const),
  odd: fc.option(
    fc.constantFrom(
      'quotes',
      'entities',
      'comments',
      'between',
      'prefix',
      'cdata',
      'inline',
      'arrow',
      'arrows',
    ) as fc.Arbitrary<NonNullable<Style['odd']>>,
    { nil: undefined },
  ) as fc.Arbitrary<NonNullable<Style['odd']>>,
  backwards: fc.boolean(),
})

const spectrum = fc.record({
  id: fc.oneof(
    fc.constant('scan=7'),
    fc.string({ unit: 'grapheme', maxLength: 8 }).filter((id) => !/\p{C}/u.test(id)),
  ),
  x: fc.integer({ min: -3, max: 9 }),
  y: fc.integer({ min: 1, max: 9 }),
  z: fc.option(fc.integer({ min: 1, max: 3 }), { nil: undefined }),
  mz: values,
  intensity: values,
  totalIonCurrent: fc.option(number, { nil: undefined }),
  mzMin: fc.option(number, { nil: undefined }),
})

const image = fc.tuple(fc.array(spectrum, { maxLength: 12 }), style)

function open([spectra, how]: readonly [readonly MadeSpectrum[], Style]): Promise<Image> {
  const { xml, ibd } = makeImage(spectra, how)
  return openImage(Buffer.from(xml), ibd)
}

/** What the image holds, by what it was made of. */
function expected([spectra, { continuous }]: readonly [readonly MadeSpectrum[], Style]): Rows {
  return spectra.map((one, i) => [
    one.x,
    one.y,
    one.z ?? 1,
    BigInt(i),
    [...(continuous ? spectra[0]!.mz : one.mz)],
    [...one.intensity],
    one.id,
    // The text of -0 is "0".
    one.totalIonCurrent === undefined ? null : one.totalIonCurrent + 0,
    null,
    null,
    one.mzMin === undefined ? null : one.mzMin + 0,
    null,
  ])
}

/** Rows of a larger image, whose blocks are several: y grows, x runs. */
const wide = (): [MadeSpectrum[], Style] => [
  Array.from({ length: 60 }, (_, i) => ({
    id: `scan=${i + 1}`,
    x: (i % 10) + 1,
    y: Math.floor(i / 10) + 1,
    mz: Array.from({ length: 20_000 }, (_value, k) => 100 + k / 10),
    intensity: Array.from({ length: 20_000 }, (_value, k) => i + k / 20_000),
    totalIonCurrent: i * 10,
  })),
  {},
]

describe('laws', () => {
  it('what was written is read, whoever reads the XML', async () => {
    await fc.assert(
      fc.asyncProperty(image, async (made) => {
        expect(await readRows(await open(made))).toEqual(expected(made))
      }),
      { numRuns: 150 },
    )
  }, 60_000)

  it('any rows of any columns are those of the whole', async () => {
    const made = wide()
    const opened = await open(made)
    const rows = expected(made)
    expect(opened.index.segments.length).toBeGreaterThan(10)
    const all = opened.layout.columns.map((_, i) => i)
    await fc.assert(
      fc.asyncProperty(
        fc.nat(60),
        fc.nat(60),
        fc.subarray(all),
        fc.boolean(),
        async (a, b, columns, measure) => {
          const [from, to] = a < b ? [a, b] : [b, a]
          const some = await readRows(opened, { columns, firstRow: from, rows: to - from, measure })
          expect(some.length).toBe(to - from)
          for (const [i, row] of some.entries()) {
            for (const [k, column] of columns.entries()) {
              const same = Array.isArray(row[k])
                ? listsAgree(row[k], rows[from + i]![column])
                : row[k] === rows[from + i]![column]
              if (!same) expect([i, column, row[k]]).toEqual([i, column, rows[from + i]![column]])
            }
          }
        },
      ),
      { numRuns: 12 },
    )
  }, 60_000)

  it('pushdown: rows that fulfil the conditions are all given, and of others nothing is read', async () => {
    const made = wide()
    const opened = await open(made)
    const rows = expected(made)
    const columns = ['x', 'y', 'z', 'spectrum', 'intensity'].map((name) => columnNamed(opened, name))
    const op = fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const)
    const condition: fc.Arbitrary<Condition> = fc.oneof(
      fc.record({
        column: fc.constantFrom('x', 'y', 'z', 'spectrum'),
        op,
        values: fc.tuple(
          fc.oneof(fc.integer({ min: -1, max: 12 }), fc.constant(4.5), fc.constant(Number.NaN)),
        ),
      }),
      fc.record({
        column: fc.constant('x'),
        op: fc.constant('in' as const),
        values: fc.array(fc.nat(11), { maxLength: 3 }),
      }),
      fc.constant({ column: 'x', op: 'is null' as const, values: [] }),
      fc.record({
        column: fc.constant('total_ion_current'),
        op,
        values: fc.tuple(fc.integer({ min: 0, max: 600 })),
      }),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(condition, { minLength: 1, maxLength: 3 }), async (conditions) => {
        const given: unknown[] = []
        opened.reads.length = 0
        for (const { firstRow, rows: count } of pruneRows(opened.index, conditions)) {
          const some = await readRows(opened, { columns, firstRow, rows: count, conditions })
          given.push(...some.map((row) => Number(row[3])))
        }
        const kept = rows.flatMap((row, i) => (conditions.every((one) => holds(opened, row, one)) ? [i] : []))
        expect(given).toEqual(expect.arrayContaining(kept))
        expect(new Set(given).size).toBe(given.length)
        // Of each spectrum its intensities; what stands between two of them in a block is not worth a request.
        const bytes = opened.reads.reduce((sum, [start, end]) => sum + end - start, 0)
        expect(bytes).toBeLessThanOrEqual(given.length * 20_000 * 4)
      }),
      { numRuns: 40 },
    )
  }, 60_000)

  it('m/z values that all spectra share are read once, whether blocks hold one spectrum or many', async () => {
    for (const points of [2_000, 300_000]) {
      const values = Array.from({ length: points }, (_, i) => i)
      const opened = await open([
        [1, 2, 3, 4].map((x) => ({ id: '', x, y: 1, mz: values, intensity: values })),
        { continuous: true },
      ])
      opened.reads.length = 0
      const rows = await readRows(opened, {
        columns: [columnNamed(opened, 'mz'), columnNamed(opened, 'intensity')],
      })
      expect(rows.map((row) => (row[0] as number[]).length)).toEqual([points, points, points, points])
      const bytes = opened.reads.reduce((sum, [start, end]) => sum + end - start, 0)
      expect(bytes).toBe(points * (8 + 4 * 4))
    }
  })

  it('slices hold each row once', async () => {
    const opened = await open(wide())
    const columns = ['x', 'y', 'spectrum'].map((name) => columnNamed(opened, name))
    const sliced = async (name: string, args: Record<string, number | string>): Promise<Rows[]> => {
      const { index, layout, format, source, attach } = opened
      const windows = await index.windows(0, index.segments.length, undefined)
      const starts = index.segments.map(({ firstRow }) => firstRow)
      const slices: Rows[] = []
      for (const [i, cut] of cutRows(index, { name, args }, format.strategies).entries()) {
        const { run, where = [] } = parseSlice(sliceToJson(makeSlice(index, cut, i === 0)))
        const rows: Rows = []
        if (run !== null && run.rows > 0) {
          const parts = run.parts!.map((part) => ({
            ...part,
            window: windows[starts.indexOf(part.firstRow)],
          }))
          for await (const batch of format.read(source, layout, { ...run, parts }, columns, {
            ...hooks,
            attach,
            conditions: where,
          }))
            rows.push(
              ...batchRows(
                filterRows(batch, columns, layout.columns, where),
                columns.map((column) => layout.columns[column]!.type),
              ),
            )
        }
        slices.push(rows)
      }
      return slices
    }
    const all = Array.from({ length: 60 }, (_, i) => i)
    const ordinals = (rows: Rows): number[] => rows.map((row) => Number(row[2]))
    for (const n of [1, 2, 7, 60, 100]) expect(ordinals((await sliced('count', { n })).flat())).toEqual(all)
    for (const rows of [1, 7, 100]) expect(ordinals((await sliced('rows', { rows })).flat())).toEqual(all)
    for (const bytes of [1, 300_000, 1e7, 1e9])
      expect(ordinals((await sliced('bytes', { bytes })).flat())).toEqual(all)
    for (const n of [1, 2, 3, 12]) {
      const boxes = await sliced('grid', { n })
      expect(boxes.length).toBe(n * n)
      expect(ordinals(boxes.flat()).sort((a, b) => a - b)).toEqual(all)
    }
    const [box, ...more] = await sliced('region', { x: '3:5', y: '2' })
    expect(more).toEqual([])
    expect(ordinals(box!)).toEqual([12, 13, 14])
    await expect(sliced('region', {})).rejects.toThrow('there is no box, expected x, y or z such as x=1:10')
    await expect(sliced('region', { x: '5:3' })).rejects.toThrow(
      'x is "5:3", expected a pixel or two of them',
    )
  }, 60_000)
})

function listsAgree(a: unknown, b: unknown): boolean {
  const [left, right] = [a, b] as [number[], number[]]
  return (
    left.length === right.length &&
    left.every((value, i) => value === Math.fround(right[i]!) || value === right[i])
  )
}

function holds({ layout }: Image, row: Rows[number], { column, op, values: wanted }: Condition): boolean {
  const value = row[layout.columns.findIndex(({ name }) => name === column)]
  if (op === 'is null' || value === null) return op === 'is null' && value === null
  const own = Number(value)
  const compare = (other: number): boolean => {
    // Not a number is larger than all others in SQL.
    if (Number.isNaN(other)) return op === '<' || op === '<='
    if (op === '<') return own < other
    if (op === '<=') return own <= other
    if (op === '>') return own > other
    if (op === '>=') return own >= other
    return own === other
  }
  return wanted.some((other) => compare(Number(other)))
}
