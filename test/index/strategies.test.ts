import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RowRange, Segment } from '../../src/formats/types.ts'
import { runOf, segmentOf, segmentsOf } from '../../src/index/runs.ts'
import { cutRows } from '../../src/index/strategies.ts'
import type { PartitionIndex } from '../../src/index/types.ts'

/** An index of segments with these rows and source bytes, ten raw bytes for each row. */
function indexOf(segments: readonly (readonly [rows: number, bytes: number])[]): PartitionIndex {
  let row = 0
  let source = 0
  const made = segments.map(([rows, bytes]): Segment => {
    const segment = {
      point: { source, bits: 0, raw: row * 10 },
      end: source + bytes,
      raw: row * 10,
      rawEnd: (row + rows) * 10,
      firstRow: row,
      rows,
      crc: row,
      zones: [],
    }
    row += rows
    source += bytes
    return segment
  })
  return {
    uri: 'u',
    identity: 'i',
    size: source,
    layout: { format: 'lines', container: 'plain', columns: [], zones: [], dataStart: 0, dialect: {} },
    rows: row,
    raw: row * 10,
    location: '',
    locationIdentity: '',
    bytes: 0,
    segments: made,
    windowPlace: () => undefined,
    windows: async () => [],
  }
}

const anyIndex = fc
  .array(fc.tuple(fc.nat(50), fc.nat(2000)), { maxLength: 12 })
  .map((segments) => indexOf(segments))

const cut = (index: PartitionIndex, name: string, args: Readonly<Record<string, unknown>>) =>
  cutRows(index, { name, args }) as readonly RowRange[]

const anyStrategy = fc.constantFrom(['count', 'n'], ['rows', 'rows'], ['bytes', 'bytes'])

describe('every strategy', () => {
  it('gives every row once, in order', () => {
    fc.assert(
      fc.property(
        anyIndex,
        anyStrategy,
        fc.integer({ min: 1, max: 300 }),
        (index, [name, argument], value) => {
          let row = 0
          for (const range of cut(index, name!, { [argument!]: value })) {
            expect(range.firstRow).toBe(row)
            row += range.rows
          }
          expect(row).toBe(index.rows)
        },
      ),
    )
  })

  it('by count: n slices whose rows differ by one at most', () => {
    fc.assert(
      fc.property(anyIndex, fc.integer({ min: 1, max: 300 }), (index, n) => {
        const sizes = cut(index, 'count', { n }).map(({ rows }) => rows)
        expect(sizes.length).toBe(n)
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1)
      }),
    )
  })

  it('by count: exact where n × rows passes 2^53', () => {
    const index = { ...indexOf([]), rows: 2 ** 52 + 1 }
    const ranges = cut(index, 'count', { n: 1000 })
    expect(ranges.at(-1)!.firstRow + ranges.at(-1)!.rows).toBe(index.rows)
    ranges.slice(1).forEach(({ firstRow }, i) => {
      expect(firstRow).toBe(ranges[i]!.firstRow + ranges[i]!.rows)
    })
  })

  it('by rows: all slices but the last hold exactly as many', () => {
    fc.assert(
      fc.property(anyIndex, fc.integer({ min: 1, max: 60 }), (index, rows) => {
        const sizes = cut(index, 'rows', { rows }).map((range) => range.rows)
        expect(sizes.length).toBe(Math.ceil(index.rows / rows))
        for (const size of sizes.slice(0, -1)) expect(size).toBe(rows)
        if (sizes.length > 0) expect(sizes.at(-1)).toBeGreaterThan(0)
      }),
    )
  })

  it('by bytes: no slice is empty, or larger than asked where its segments allow', () => {
    fc.assert(
      fc.property(anyIndex, fc.integer({ min: 1, max: 5000 }), (index, bytes) => {
        for (const range of cut(index, 'bytes', { bytes })) {
          expect(range.rows).toBeGreaterThan(0)
          const { from, to } = segmentsOf(index, range)
          // White space without a row comes along with the rows beside it, however much it is.
          const inside = index.segments.slice(from, to).filter((segment) => segment.rows > 0)
          const size = inside.reduce((sum, segment) => sum + segment.end - segment.point.source, 0)
          if (inside.length > 1) expect(size).toBeLessThanOrEqual(bytes)
        }
      }),
    )
  })

  it('takes its value as a number, a bigint or digits, as SQL, JSON and the command line have it', () => {
    const index = indexOf([[10, 100]])
    for (const n of [3, 3n, '3'])
      expect(cut(index, 'count', { n }).map(({ rows }) => rows)).toEqual([3, 3, 4])
  })
})

describe('what cannot be', () => {
  const index = indexOf([[10, 100]])
  const message = (strategy: string, args: Record<string, unknown>): string => {
    try {
      cut(index, strategy, args)
    } catch (error) {
      expect((error as { code: string }).code).toBe('invalid-input')
      return (error as Error).message
    }
    throw new Error('expected a refusal')
  }

  it.each([
    0,
    -1,
    1.5,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    2 ** 60,
    10_000_001,
    '',
    'x',
    '1e3',
    '-2',
    true,
    null,
    [[5]],
  ])('n = %s', (n) => {
    expect(message('count', { n })).toBe(
      `strategy count: n is ${String(n)}, expected a whole number from 1 to 10000000`,
    )
  })

  it('a missing argument', () => {
    expect(message('rows', {})).toBe(
      'strategy rows: rows is missing, expected a whole number from 1 to 10000000',
    )
  })

  it.each(['', 'size', 'COUNT', 'constructor', '__proto__'])('the strategy "%s"', (name) => {
    expect(message(name, {})).toBe(`unknown strategy "${name}", expected one of count, rows, bytes`)
  })

  it("another strategy's argument", () => {
    expect(message('count', { n: 3, bytes: 5 })).toBe('strategy count has no argument "bytes", expected n')
  })

  it('more slices than fit a list', () => {
    const huge = { ...index, rows: 1e12, size: 1e12 }
    for (const [strategy, argument] of [
      ['rows', 'rows'],
      ['bytes', 'bytes'],
    ] as const) {
      expect(() => cut(huge, strategy, { [argument]: 1 })).toThrow(/expected a whole number/)
    }
  })
})

describe('runs', () => {
  it('begin at the segment of their first row and end with that of their last one', () => {
    fc.assert(
      fc.property(anyIndex, fc.nat(700), fc.nat(700), (index, a, b) => {
        const firstRow = Math.min(a, b, index.rows)
        const rows = Math.min(Math.max(a, b), index.rows) - firstRow
        const run = runOf(index, { firstRow, rows }, undefined)
        if (rows === 0) {
          expect(run).toBe(undefined)
          return
        }
        expect(run!.firstRow + run!.skip).toBe(firstRow)
        expect(run!.raw).toBe(run!.firstRow * 10)
        expect(run!.rawEnd).toBeGreaterThanOrEqual((firstRow + rows) * 10)
        expect(run!.rows).toBe(rows)
        const holder = index.segments[segmentOf(index, firstRow + rows - 1)]!
        expect(run!.rawEnd).toBe(holder.rawEnd)
        expect(run!.toEnd).toBe(holder.firstRow + holder.rows === firstRow + rows)
        expect(run!.end).toBeLessThanOrEqual(index.size)
        expect(run!.checks.at(-1)!.rawEnd).toBe(run!.rawEnd)
      }),
    )
  })
})
