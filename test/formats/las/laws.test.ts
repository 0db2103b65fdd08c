/** The laws of slices, pushdown and projection, on point clouds in every way that they are stored. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Condition } from '../../../src/formats/types.ts'
import { memoryIndex } from '../../../src/index/memory.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { filterRows } from '../../../src/scan/filter.ts'
import { type Bound, batchRows, bindBytes, hooks, type Rows } from '../../scan/support/harness.ts'
import { DATA, hasData } from '../../sql/runner.ts'
import { hasLaspy, listed, makeFiles, readBatches } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-las-laws-'))
afterAll(() => rmSync(folder, { recursive: true }))

interface Cloud {
  readonly bound: Bound
  readonly rows: Rows
  readonly index: PartitionIndex
}

const columnsOf = ({ layout }: Bound): number[] => layout.columns.map((_, i) => i)

async function rowsOf(bound: Bound, options: Parameters<typeof readBatches>[1] = {}): Promise<Rows> {
  const types = (options.columns ?? columnsOf(bound)).map((column) => bound.layout.columns[column]!.type)
  const { batches } = await readBatches(bound, options)
  return batches.flatMap((batch) => batchRows(batch, types))
}

/** The file with the index that a scan of it leaves. */
async function cloudOf(bytes: Uint8Array, format: string): Promise<Cloud> {
  const bound = await bindBytes(bytes, format)
  const { index, complete } = await listed(bound)
  if (complete) return { bound, rows: await rowsOf(bound), index }
  const { segments } = await readBatches(bound, { measure: true })
  return { bound, rows: await rowsOf(bound), index: memoryIndex(index, segments) }
}

const ways = [
  { name: 'las 3', format: 3, points: 40_000, seed: 1, ending: 'las' as const },
  {
    name: 'las 8',
    format: 8,
    points: 900,
    seed: 2,
    flags: ['extra', 'wild', 'channels'],
    ending: 'las' as const,
  },
  { name: 'laz 3', format: 3, points: 900, seed: 3, flags: ['extra', 'chunk=100'] },
  { name: 'laz 7', format: 7, points: 900, seed: 4, flags: ['extra', 'channels', 'chunk=70'] },
  { name: 'laz 5', format: 5, points: 700, seed: 6, flags: ['extra', 'chunk=90'] },
  { name: 'laz 10', format: 10, points: 700, seed: 7, flags: ['extra', 'channels', 'chunk=90'] },
  { name: 'laz 1, wild', format: 1, points: 700, seed: 5, flags: ['wild', 'chunk=64'] },
]
const copcs = hasData() ? ['laspy/simple.copc.laz', 'laspy/simple_with_page.copc.laz'] : []
const names = [...ways.map(({ name }) => name), ...copcs]

const clouds = new Map<string, Cloud>()
const cloud = (name: string): Cloud => clouds.get(name)!

/** The rows of each slice, after a trip through JSON. */
async function sliceRows(
  { bound, index }: Cloud,
  name: string,
  args: Record<string, number>,
): Promise<Rows[]> {
  const types = bound.layout.columns.map(({ type }) => type)
  const all = columnsOf(bound)
  const slices: Rows[] = []
  const windows = await index.windows(0, index.segments.length, undefined)
  for (const [i, cut] of cutRows(index, { name, args }, bound.format.strategies).entries()) {
    const { run, where = [], layout } = parseSlice(sliceToJson(makeSlice(index, cut, i === 0)))
    const rows: Rows = []
    const starts = index.segments.map(({ point }) => point.source)
    const parts = run?.parts?.map((part) => ({ ...part, window: windows[starts.indexOf(part.source)] }))
    if (run !== null && run.rows > 0) {
      for await (const batch of bound.format.read(bound.source, layout, { ...run, parts }, all, hooks))
        rows.push(...batchRows(filterRows(batch, all, layout.columns, where), types))
    }
    slices.push(rows)
  }
  return slices
}

const byRecord = (rows: Rows): Rows =>
  [...rows].sort((a, b) => Number((a.at(-1) as bigint) - (b.at(-1) as bigint)))

describe.skipIf(!hasLaspy)('laws', () => {
  beforeAll(async () => {
    const paths = makeFiles(folder, ways)
    for (const [i, { name }] of ways.entries())
      clouds.set(name, await cloudOf(readFileSync(paths[i]!), 'las'))
    for (const name of copcs) clouds.set(name, await cloudOf(readFileSync(join(DATA, 'las', name)), 'copc'))
  }, 120_000)

  it.each(names)('%s: any rows of any columns are those of the whole', async (name) => {
    const { bound, rows } = cloud(name)
    const subset = fc.subarray(columnsOf(bound))
    await fc.assert(
      fc.asyncProperty(
        fc.nat(rows.length),
        fc.nat(rows.length),
        subset,
        fc.boolean(),
        async (a, b, columns, measure) => {
          const [from, to] = a < b ? [a, b] : [b, a]
          const some = await rowsOf(bound, { columns, firstRow: from, rows: to - from, measure })
          expect(some).toEqual(rows.slice(from, to).map((row) => columns.map((column) => row[column])))
        },
      ),
      { numRuns: rows.length > 10_000 ? 2 : 4 },
    )
  })

  it.each(names)(
    '%s: slices hold each row once',
    async (name) => {
      const own = cloud(name)
      const { rows, bound } = own
      for (const strategy of ['count', 'points', 'node', 'grid', 'resolution']) {
        if (strategy !== 'count' && bound.format.strategies[strategy] === undefined) continue
        for (const n of strategy === 'points' && rows.length > 10_000 ? [9999] : [1, 2, 7]) {
          const args: Record<string, number> = strategy === 'resolution' ? { resolution: 40 / n } : { n }
          const slices = await sliceRows(own, strategy, args)
          if (strategy === 'grid') expect(slices.length).toBe(n * n)
          const inOrder = strategy !== 'grid' && strategy !== 'resolution'
          expect(inOrder ? slices.flat() : byRecord(slices.flat())).toEqual(rows)
        }
      }
      if (bound.format.strategies.resolution === undefined) return
      const levels = await sliceRows(own, 'resolution', {})
      const level = bound.layout.columns.findIndex((column) => column.name === 'level')
      for (const [i, slice] of levels.entries()) expect(slice.every((row) => row[level] === i)).toBe(true)
      expect(byRecord(levels.flat())).toEqual(rows)
    },
    60_000,
  )

  it.each(names)('%s: pruning loses no row', (name) => {
    const { bound, rows, index } = cloud(name)
    const { columns, zones } = bound.layout
    const value = fc.record({
      row: fc.nat(rows.length - 1),
      zone: fc.nat(zones.length - 1),
      shift: fc.constantFrom(-1, 0, 0, 0.5),
    })
    const op = fc.constantFrom('=' as const, '<' as const, '<=' as const, '>' as const, '>=' as const)
    fc.assert(
      fc.property(fc.array(fc.tuple(value, op), { minLength: 1, maxLength: 3 }), (picks) => {
        const conditions = picks.map(([{ row, zone, shift }, comparison]): Condition => {
          const column = zones[zone]!
          const found = Number(rows[row]![columns.findIndex((one) => one.name === column)])
          return { column, op: comparison, values: [Number.isFinite(found) ? found + shift : 0] }
        })
        const ranges = pruneRows(index, conditions)
        const kept = new Set(
          ranges.flatMap(({ firstRow, rows: count }) =>
            Array.from({ length: count }, (_, i) => firstRow + i),
          ),
        )
        rows.forEach((row, i) => {
          if (kept.has(i)) return
          const holds = conditions.every(({ column, op: comparison, values }) => {
            const own = Number(row[columns.findIndex((one) => one.name === column)])
            const other = Number(values[0])
            // To DuckDB a NaN is above every number.
            if (Number.isNaN(own)) return comparison === '>' || comparison === '>='
            return comparison.includes('=') && own === other
              ? true
              : (comparison.startsWith('<') && own < other) || (comparison.startsWith('>') && own > other)
          })
          expect(holds).toBe(false)
        })
      }),
      { numRuns: rows.length > 10_000 ? 10 : 60 },
    )
    // What lies beyond a block's highest x is not in that block.
    const { firstRow, rows: count, zones: known } = index.segments[0]!
    const beyond = pruneRows(index, [{ column: 'x', op: '>', values: [Number(known[0]!.max)] }])
    expect(beyond.every((range) => range.firstRow >= firstRow + count)).toBe(true)
  })
})
