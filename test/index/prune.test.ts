/** The law of pushdown: what pruning leaves out holds no row that fulfils the conditions. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { DataType } from '../../src/formats/batch.ts'
import { csv } from '../../src/formats/csv/index.ts'
import type { ZoneValue } from '../../src/formats/text/types.ts'
import type { Layout, Segment } from '../../src/formats/types.ts'
import { type Condition, pruneRows } from '../../src/index/prune.ts'
import type { PartitionIndex } from '../../src/index/types.ts'
import { bindBytes, piecesAt, scanBytes } from '../scan/support/harness.ts'

type Op = Condition['op']
const COMPARISONS: readonly Op[] = ['=', '<', '<=', '>', '>=', 'in']

/** Rows that pruning keeps. */
function kept(index: PartitionIndex, conditions: readonly Condition[]): Set<number> {
  const rows = new Set<number>()
  let last = -1
  for (const range of pruneRows(index, conditions)) {
    expect(range.rows).toBeGreaterThan(0)
    expect(range.firstRow).toBeGreaterThan(last)
    last = range.firstRow + range.rows
    expect(last).toBeLessThanOrEqual(index.rows)
    for (let row = range.firstRow; row < last; row++) rows.add(row)
  }
  return rows
}

/** Every row that is wanted was kept. */
function expectAll(rows: ReadonlySet<number>, wanted: readonly boolean[], why: string): void {
  const missing = wanted.flatMap((yes, row) => (yes && !rows.has(row) ? [row] : []))
  expect(missing, why).toEqual([])
}

/** Whether SQL finds the condition true, given values that compare as `order` says. */
function holds(order: number | undefined, op: Op): boolean {
  if (order === undefined) return false
  if (op === '=' || op === 'in') return order === 0
  return op === '<' ? order < 0 : op === '<=' ? order <= 0 : op === '>' ? order > 0 : order >= 0
}

/** What a column of each type may hold, as SQL text in CSV, as it compares, and as a predicate's value. */
interface Sample {
  readonly cell: string
  /** Of the same type within a column, so that `<` orders them as SQL does. */
  readonly key: number | bigint | Buffer
  readonly value: boolean | number | bigint | string
}

const iso = (millis: number): string => new Date(millis).toISOString()
const two = (n: number): string => String(n).padStart(2, '0')
const micros = (n: number): string => (n === 0 ? '' : `.${String(n).padStart(6, '0')}`)

const day = fc
  .integer({ min: -719162, max: 2932896 })
  .map((days) => ({ days, text: iso(days * 86_400_000).slice(0, 10) }))
const clock = fc
  .record({ h: fc.nat(23), m: fc.nat(59), s: fc.nat(59), u: fc.oneof(fc.constant(0), fc.nat(999_999)) })
  .map(({ h, m, s, u }) => ({
    micros: BigInt(((h * 60 + m) * 60 + s) * 1e6 + u),
    text: `${two(h)}:${two(m)}:${two(s)}${micros(u)}`,
  }))

const SAMPLES: Readonly<Record<string, fc.Arbitrary<Sample>>> = {
  BOOLEAN: fc.boolean().map((value) => ({ cell: String(value), key: Number(value), value })),
  TINYINT: fc.integer({ min: -128, max: 127 }).map((n) => ({ cell: String(n), key: n, value: n })),
  BIGINT: fc
    .oneof(
      fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
      fc.bigInt(-9n, 9n),
      fc.bigInt(2n ** 53n - 3n, 2n ** 53n + 3n),
    )
    .map((n) => ({ cell: String(n), key: n, value: n })),
  UBIGINT: fc
    .oneof(fc.bigInt(0n, 2n ** 64n - 1n), fc.bigInt(0n, 9n))
    .map((n) => ({ cell: String(n), key: n, value: n })),
  DOUBLE: fc
    .oneof(fc.double({ noDefaultInfinity: true, noNaN: true }), fc.integer({ min: -9, max: 9 }))
    .map((n) => ({ cell: String(n), key: n, value: n })),
  FLOAT: fc
    .float({ noDefaultInfinity: true, noNaN: true })
    .map((n) => ({ cell: String(n), key: n, value: n })),
  VARCHAR: fc
    .string({ unit: fc.constantFrom('a', 'b', 'é', '漢', '🙂', '\uffee', '~'), minLength: 1, maxLength: 90 })
    .map((text) => ({ cell: text, key: Buffer.from(text), value: text })),
  DATE: day.map(({ days, text }) => ({ cell: text, key: days, value: text })),
  TIME: clock.map((time) => ({ cell: time.text, key: time.micros, value: time.text })),
  TIMESTAMP: fc.tuple(day, clock, fc.constantFrom('T', ' ')).map(([date, time, sign]) => ({
    cell: `${date.text} ${time.text}`,
    key: BigInt(date.days) * 86_400_000_000n + time.micros,
    value: `${date.text}${sign}${time.text}`,
  })),
  TIMESTAMPTZ: fc
    .tuple(day, clock, fc.integer({ min: -14 * 4, max: 14 * 4 }))
    .map(([date, time, quarters]) => {
      const zone = `${quarters < 0 ? '-' : '+'}${two(Math.floor(Math.abs(quarters) / 4))}:${two((Math.abs(quarters) % 4) * 15)}`
      const local = BigInt(date.days) * 86_400_000_000n + time.micros
      return {
        cell: `${date.text} ${time.text}${zone}`,
        key: local - BigInt(quarters) * 900_000_000n,
        value: `${date.text}T${time.text}${zone}`,
      }
    }),
}

function compare(a: Sample['key'], b: Sample['key']): number {
  if (Buffer.isBuffer(a) && Buffer.isBuffer(b)) return Buffer.compare(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}

describe.each(Object.keys(SAMPLES))('a column of type %s', (type) => {
  const sample = SAMPLES[type]!

  it('loses no row that fulfils a comparison', async () => {
    let pruned = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.option(sample, { freq: 6 }), { minLength: 1, maxLength: 30 }),
        fc.array(fc.tuple(sample, fc.constantFrom(...COMPARISONS), fc.boolean()), {
          minLength: 1,
          maxLength: 4,
        }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
        async (samples, asked, cuts) => {
          const text = `n,v\n${samples.map((one, i) => `${i},${one?.cell ?? ''}\n`).join('')}`
          const bound = await bindBytes(Buffer.from(text), 'csv', {
            header: true,
            delim: ',',
            quote: '"',
            columns: { n: 'BIGINT', v: type },
          })
          const pieces = piecesAt(
            bound,
            cuts.map((cut) => Math.floor(cut * text.length)),
          )
          const { index } = await scanBytes(bound, pieces, [0])
          const of = (one: Sample, op: Op): boolean[] =>
            samples.map((row) => row !== null && holds(compare(row.key, one.key), op))
          for (const [fresh, op, present] of asked) {
            // A value that is there finds more of what is wrong with bounds than one that is not.
            const one = (present ? samples.find((row) => row !== null) : undefined) ?? fresh
            const wanted = of(one, op)
            const rows = kept(index, [{ column: 'v', op, values: [one.value] }])
            expectAll(rows, wanted, `${op} ${one.cell}`)
            if (rows.size < samples.length) pruned++
          }
          const list = asked.map(([one]) => one)
          const rows = kept(index, [{ column: 'v', op: 'in', values: list.map((one) => one.value) }])
          for (const one of list) expectAll(rows, of(one, '='), `in ${one.cell}`)
          const nulls = kept(index, [{ column: 'v', op: 'is null', values: [] }])
          expectAll(
            nulls,
            samples.map((one) => one === null),
            'is null',
          )
        },
      ),
      { numRuns: 60 },
    )
    // The test would hold for a pruning that does nothing.
    expect(pruned).toBeGreaterThan(5)
  })
})

describe('a prefix', () => {
  it('loses no text that begins with it', async () => {
    let pruned = 0
    await fc.assert(
      fc.asyncProperty(
        fc.array(SAMPLES.VARCHAR!, { minLength: 1, maxLength: 12 }),
        fc.nat(80),
        SAMPLES.VARCHAR!,
        async (samples, length, other) => {
          const text = `n,v\n${samples.map((one, i) => `${i},${one.cell}\n`).join('')}`
          const bound = await bindBytes(Buffer.from(text), 'csv', {
            header: true,
            columns: { n: 'BIGINT', v: 'VARCHAR' },
          })
          const { index } = await scanBytes(bound, piecesAt(bound, [text.length >> 1]), [0])
          for (const source of [samples[0]!, other]) {
            const prefix = [...source.cell].slice(0, length).join('')
            const rows = kept(index, [{ column: 'v', op: 'starts with', values: [prefix] }])
            expectAll(
              rows,
              samples.map((one) => one.cell.startsWith(prefix)),
              prefix,
            )
            if (rows.size < samples.length) pruned++
          }
        },
      ),
      { numRuns: 60 },
    )
    expect(pruned).toBeGreaterThan(5)
  })
})

describe('zones made by hand', () => {
  /** An index of one column with one segment of ten rows for each zone. */
  function indexOf(
    type: DataType,
    zones: readonly [min: ZoneValue, max: ZoneValue, nulls?: boolean][],
  ): PartitionIndex {
    const layout: Layout = {
      format: 'csv',
      container: 'plain',
      columns: [
        { name: 'v', type },
        { name: 'record', type: { kind: 'int64' } },
      ],
      zones: ['v'],
      ordinal: 1,
      dataStart: 0,
      dialect: {},
    }
    const segments = zones.map(([min, max, nulls = false], i): Segment => {
      const place = { source: i * 10, bits: 0, raw: i * 10 }
      const zone = { min, max, nulls }
      return {
        point: place,
        end: i * 10 + 10,
        raw: i * 10,
        rawEnd: i * 10 + 10,
        firstRow: i * 10,
        rows: 10,
        crc: 0,
        zones: [zone],
      }
    })
    return {
      uri: '',
      identity: '',
      size: zones.length * 10,
      layout,
      rows: zones.length * 10,
      raw: zones.length * 10,
      location: '',
      locationIdentity: '',
      bytes: 0,
      segments,
      windowPlace: () => undefined,
      windows: async () => [],
    }
  }

  const segments = (index: PartitionIndex, op: Op, ...values: Condition['values'][number][]): number[] => [
    ...new Set([...kept(index, [{ column: 'v', op, values }])].map((row) => Math.floor(row / 10))),
  ]

  it('of floats keep what may be NaN, the largest number in SQL', () => {
    const index = indexOf({ kind: 'float64' }, [
      [1, 2],
      [3, Number.POSITIVE_INFINITY],
      [Number.NEGATIVE_INFINITY, 0],
    ])
    expect(segments(index, '>', 2)).toEqual([1])
    expect(segments(index, '>', 1e308)).toEqual([1])
    expect(segments(index, '>', Number.POSITIVE_INFINITY)).toEqual([0, 1, 2])
    expect(segments(index, '=', Number.NaN)).toEqual([0, 1, 2])
    expect(segments(index, '<', -1)).toEqual([2])
    expect(segments(index, '<', Number.NEGATIVE_INFINITY)).toEqual([0, 1, 2])
  })

  it('compare numbers and bigints', () => {
    const index = indexOf({ kind: 'int64' }, [
      [1n, 5n],
      [2n ** 60n, 2n ** 60n + 1n],
      [-3, 0],
    ])
    expect(segments(index, '=', 5)).toEqual([0])
    expect(segments(index, '=', 5n)).toEqual([0])
    expect(segments(index, '>', 4.5)).toEqual([0, 1])
    expect(segments(index, '<', 0.5)).toEqual([2])
    expect(segments(index, '=', 2n ** 60n + 1n)).toEqual([1])
    expect(segments(index, '=', 2n ** 60n + 2n)).toEqual([])
    // DuckDB compares with the double that 2^60 + 1 is rounded to.
    expect(segments(index, '>', 2 ** 60)).toEqual([0, 1, 2])
    expect(segments(index, 'in', 0, 3n)).toEqual([0, 2])
  })

  it('know of NULLs', () => {
    const index = indexOf({ kind: 'int64' }, [
      [1n, 5n],
      [null, null, true],
      [2n, 2n, true],
    ])
    expect(segments(index, 'is null')).toEqual([1, 2])
    expect(segments(index, '>=', 0)).toEqual([0, 2])
    expect(segments(index, 'in')).toEqual([])
    // A zone that nobody knows, as in an index whose zones are damaged.
    const unknown = { ...index, segments: index.segments.map((segment) => ({ ...segment, zones: [] })) }
    expect(segments(unknown, '=', 77)).toEqual([0, 1, 2])
    expect(segments(unknown, 'is null')).toEqual([0, 1, 2])
  })

  it('are not compared with values that are none of theirs', () => {
    const date = indexOf({ kind: 'date' }, [[0n, 1n]])
    for (const value of ['1990-02-30', '1990-1-1', 'infinity', '', '1990-01-01 00:00:00', 12, true, 7n])
      expect(segments(date, '=', value)).toEqual([0])
    expect(segments(date, '=', '1990-01-01')).toEqual([])
    const moment = indexOf({ kind: 'timestamp' }, [[0n, 1n]])
    // With an offset it is another type's.
    for (const value of ['1990-01-01T00:00:00Z', '1990-01-01T25:00:00', '1990-01-01T', 'now'])
      expect(segments(moment, '=', value)).toEqual([0])
    expect(segments(moment, '=', '1990-01-01')).toEqual([])
    expect(segments(moment, '=', '1970-01-01')).toEqual([0])
    const zoned = indexOf({ kind: 'timestamp', zoned: true }, [[0n, 1n]])
    // Without one the session's zone decides.
    expect(segments(zoned, '=', '1990-01-01T00:00:00')).toEqual([0])
    expect(segments(zoned, '=', '1990-01-01T00:00:00Z')).toEqual([])
    const text = indexOf({ kind: 'utf8' }, [['b', 'c']])
    for (const value of [5, true, 5n]) expect(segments(text, '=', value)).toEqual([0])
    const bool = indexOf({ kind: 'bool' }, [
      [false, false],
      [false, true],
    ])
    expect(segments(bool, '=', true)).toEqual([1])
    expect(segments(bool, '=', 'true')).toEqual([0, 1])
    expect(segments(indexOf({ kind: 'float32' }, [[0.5, 0.5]]), '=', 0.1)).toEqual([0])
    expect(segments(indexOf({ kind: 'int64' }, [[1n, 2n]]), 'starts with', 'x')).toEqual([0])
  })

  it('of texts are compared byte by byte of UTF-8, not as JavaScript compares', () => {
    // U+FF5E is below U+1F642, though its code unit is above.
    const index = indexOf({ kind: 'utf8' }, [['\uff5e', '🙂']])
    expect(segments(index, '=', '\uffee')).toEqual([0])
    expect(segments(index, '<', '\uff5e')).toEqual([])
    expect(segments(index, '>', '🙂')).toEqual([])
  })

  it('ask for all conditions at once, and ignore columns that have none', () => {
    const index = indexOf({ kind: 'int64' }, [
      [1n, 5n],
      [4n, 9n],
      [8n, 12n],
    ])
    const rows = kept(index, [
      { column: 'v', op: '>', values: [5] },
      { column: 'v', op: '<', values: [8] },
      { column: 'other', op: '=', values: ['x'] },
    ])
    expect([...rows]).toEqual(Array.from({ length: 10 }, (_, i) => 10 + i))
  })

  describe('and ordinals', () => {
    const index = indexOf({ kind: 'int64' }, [
      [1n, 5n],
      [4n, 9n],
      [8n, 12n],
    ])
    const value = fc.oneof(
      fc.integer({ min: -5, max: 35 }),
      fc.integer({ min: -5, max: 35 }).map(BigInt),
      fc.double({ min: -5, max: 35, noNaN: true }),
      fc.constantFrom(2 ** 60, -(2 ** 60), 10n ** 30n, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
    )

    it('are exact for every comparison', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(fc.constantFrom(...COMPARISONS), value), { maxLength: 3 }), (asked) => {
          const conditions = asked.map(([op, one]) => ({ column: 'record', op, values: [one] }))
          const rows = Array.from({ length: 30 }, (_, row) => row).filter((row) =>
            asked.every(([op, one]) => holds(row < one ? -1 : row > one ? 1 : 0, op)),
          )
          expect([...kept(index, conditions)]).toEqual(rows)
        }),
      )
    })

    it('hold lists, empty or longer than a call has arguments', () => {
      const record = (values: Condition['values']) => [
        ...kept(index, [{ column: 'record', op: 'in', values }]),
      ]
      expect(record([])).toEqual([])
      expect(record([3, 6n])).toEqual([3, 4, 5, 6])
      // Segments between two of them hold none.
      expect(record([3, 20, 3.5])).not.toContain(12)
      expect(record(Array.from({ length: 300_000 }, (_, i) => i + 28))).toEqual([28, 29])
    })

    it('are never NULL, and not compared with what is no number', () => {
      const rows = (op: Op, values: Condition['values']) =>
        kept(index, [{ column: 'record', op, values }]).size
      expect(rows('is null', [])).toBe(0)
      for (const one of ['5', '', true, Number.NaN]) expect(rows('=', [one])).toBe(30)
      expect(rows('starts with', ['1'])).toBe(30)
    })
  })
})

it('has zones for every column type that CSV has', () => {
  for (const type of Object.keys(SAMPLES)) {
    const layout = csv.layout(Buffer.from('v\n'), true, { header: true, columns: { v: type } })
    expect(layout.zones).toEqual(['v'])
  }
})
