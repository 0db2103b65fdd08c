/** The laws of slices, pushdown and projection, and what is fetched, on files of all types and codecs. */

import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { ByteSource } from '../../../src/bytes/types.ts'
import type { Condition } from '../../../src/formats/types.ts'
import { pruneRows } from '../../../src/index/prune.ts'
import { runOf } from '../../../src/index/runs.ts'
import { makeSlice, parseSlice, sliceToJson } from '../../../src/index/slice.ts'
import { cutRows } from '../../../src/index/strategies.ts'
import type { PartitionIndex } from '../../../src/index/types.ts'
import { runOfSlice } from '../../../src/scan/read-slices.ts'
import { type Bound, bindBytes, type Rows, readWork } from '../../scan/support/harness.ts'
import { hasArrow, listed, makeFiles, openSource, readAll } from './support.ts'

const made = makeFiles()
afterAll(() => made.remove())

interface Known {
  readonly bound: Bound
  readonly index: PartitionIndex
  readonly rows: Rows
}

const NAMES = [
  'flat-snappy',
  'flat-none',
  'nested-zstd',
  'nested-gzip',
  'full-dictionary',
  'duckdb-2',
  'delta_byte_array-2',
  'empty',
]
const known = new Map<string, Known>()

beforeAll(async () => {
  if (!hasArrow) return
  for (const name of NAMES) {
    const bound = await bindBytes(made.bytes(`${name}.parquet`), 'parquet', {
      file_row_number: name !== 'flat-none',
    })
    known.set(name, { bound, index: await listed(bound), rows: await readAll(bound) })
  }
}, 60_000)

async function sliceRows(
  { bound, index }: Known,
  name: string,
  args: Record<string, number>,
): Promise<Rows[]> {
  const slices: Rows[] = []
  for (const [i, cut] of cutRows(index, { name, args }, bound.format.strategies).entries()) {
    const run = await runOfSlice(parseSlice(sliceToJson(makeSlice(index, cut, i === 0))), undefined)
    slices.push(run === undefined || run.rows === 0 ? [] : (await readWork(bound, run)).rows)
  }
  return slices
}

describe.skipIf(!hasArrow)('laws', () => {
  it.each(NAMES)('%s: slices hold each row once, in order', async (name) => {
    const file = known.get(name)!
    for (const [strategy, args] of [
      ['count', { n: 7 }],
      ['rows', { rows: 501 }],
      ['bytes', { bytes: 20_000 }],
      ['row_groups', { n: 1 }],
      ['row_groups', { n: 2 }],
    ] as const) {
      const slices = await sliceRows(file, strategy, args)
      expect(slices.flat()).toEqual(file.rows)
      if (strategy === 'row_groups')
        expect(slices.length).toBe(Math.ceil(file.index.segments.length / args.n))
    }
  })

  it.each(NAMES)(
    '%s: any rows of any columns are those of the whole',
    async (name) => {
      const { bound, rows } = known.get(name)!
      const columns = bound.layout.columns.map((_, i) => i)
      await fc.assert(
        fc.asyncProperty(
          fc.nat(rows.length),
          fc.nat(rows.length),
          fc.subarray(columns),
          async (a, b, some) => {
            const [from, to] = a < b ? [a, b] : [b, a]
            const found = await readAll(bound, some, from, to - from)
            expect(found).toEqual(rows.slice(from, to).map((row) => some.map((column) => row[column])))
          },
        ),
        { numRuns: 12 },
      )
    },
    60_000,
  )

  it.each(NAMES)('%s: no zone is narrower than its values, and pruning loses no row', (name) => {
    const { bound, rows, index } = known.get(name)!
    const { columns, zones } = bound.layout
    if (rows.length === 0) return
    expect(zones.length).toBeGreaterThan(name.startsWith('nested') ? -1 : 0)
    const orderly = zones.filter((zone) =>
      /int|float|date|utf8|time|bool/.test(columns.find((column) => column.name === zone)!.type.kind),
    )
    if (orderly.length === 0) return
    const op = fc.constantFrom(
      '=' as const,
      '<' as const,
      '<=' as const,
      '>' as const,
      '>=' as const,
      'is null' as const,
    )
    let pruned = 0
    fc.assert(
      fc.property(fc.nat(rows.length - 1), fc.nat(orderly.length - 1), op, (row, zone, comparison) => {
        const column = orderly[zone]!
        const at = columns.findIndex((one) => one.name === column)
        const value = rows[row]![at]
        if (comparison !== 'is null' && value === null) return
        const shown = literal(columns[at]!.type.kind, value)
        if (shown === undefined) return
        const condition: Condition = {
          column,
          op: comparison,
          values: comparison === 'is null' ? [] : [shown],
        }
        const kept = new Set(
          pruneRows(index, [condition]).flatMap(({ firstRow, rows: count }) =>
            Array.from({ length: count }, (_, i) => firstRow + i),
          ),
        )
        pruned += rows.length - kept.size
        rows.forEach((one, i) => {
          if (holds(one[at]!, comparison, value!))
            expect(kept.has(i), `row ${i}: ${String(one[at])} ${comparison} ${String(value)}`).toBe(true)
        })
      }),
      { numRuns: 200 },
    )
    if (name === 'flat-snappy') expect(pruned).toBeGreaterThan(0)
  })
})

/** The value as a WHERE has it. */
function literal(kind: string, value: unknown): Condition['values'][number] | undefined {
  if (kind === 'date' || kind === 'time' || kind === 'timestamp') return undefined
  return value === null ? 0 : (value as bigint)
}

function holds(value: unknown, op: Condition['op'], than: unknown): boolean {
  if (op === 'is null') return value === null
  if (value === null) return false
  // As SQL has it: above all numbers, and equal to itself.
  const isNot = (one: unknown) => typeof one === 'number' && Number.isNaN(one)
  const order = isNot(value) ? (isNot(than) ? 0 : 1) : isNot(than) ? -1 : compare(value, than)
  return { '=': order === 0, '<': order < 0, '<=': order <= 0, '>': order > 0, '>=': order >= 0 }[op as '=']
}

function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return (a as number) < (b as number) ? -1 : (a as number) > (b as number) ? 1 : 0
}

describe.skipIf(!hasArrow)('what is fetched', () => {
  test('the footer once, then the column chunks of the projection', async () => {
    const bytes = made.bytes('flat-none.parquet')
    const reads: [number, number][] = []
    const source: ByteSource = {
      uri: 'memory://counted.parquet',
      size: bytes.length,
      identity: 'counted',
      read: async (start, end) => {
        reads.push([start, end])
        return bytes.subarray(start, end)
      },
    }
    const bound = await openSource(source)
    reads.length = 0
    const index = await listed(bound)
    expect(reads).toEqual([])
    const column = bound.layout.columns.findIndex(({ name }) => name === 'f64')
    const run = runOf(index, { firstRow: 0, rows: index.rows }, () => undefined)!
    await readWork(bound, run, [column])
    const instance = await DuckDBInstance.create()
    const connection = await instance.connect()
    const path = join(made.folder, 'flat-none.parquet')
    const chunks = await connection.runAndReadAll(
      `select least(data_page_offset, coalesce(dictionary_page_offset, data_page_offset)) as a, a + total_compressed_size as b
       from parquet_metadata('${path}') where path_in_schema = 'f64' order by a`,
    )
    connection.closeSync()
    const places = chunks.getRows().map(([a, b]) => [Number(a), Number(b)])
    const { footer } = bound.layout.dialect as { footer: [number, number] }
    // The row groups are small, so that near ones may have become one range.
    expect(reads[0]).toEqual(footer)
    const inside = ([a, b]: number[]) => reads.slice(1).some(([from, to]) => from <= a! && to >= b!)
    expect(places.every(inside)).toBe(true)
    expect(reads.length - 1).toBeLessThanOrEqual(places.length)
  })

  test('nothing but the footer when rows are counted', async () => {
    const bytes = made.bytes('usual.parquet')
    let reads = 0
    const read = async (start: number, end: number) => {
      reads++
      return bytes.subarray(start, end)
    }
    const bound = await openSource({ uri: 'memory://counted', size: bytes.length, identity: 'counted', read })
    reads = 0
    const index = await listed(bound)
    const run = runOf(index, { firstRow: 0, rows: index.rows }, () => undefined)!
    expect((await readWork(bound, run, [])).rows.length).toBe(3000)
    expect(reads).toBe(1)
  })
})
