import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { partFilter, prunableColumns, prunedByKey } from '../../src/catalog/prune.ts'
import type { Condition } from '../../src/index/prune.ts'
import { filesSchema } from '../../src/lake/files.ts'
import { foldPath, pathProblem } from '../../src/lake/names.ts'
import { diffTables } from '../../src/lake/table/diff.ts'
import { compareText } from '../../src/lake/table/order.ts'
import type { Row, Table, TableSchema } from '../../src/lake/types.ts'
import { rowsIn, smallLake, tableOf } from '../lake/table/tables.ts'

/** Whether SQL keeps the row. */
function holds(row: Row, { column, op, values }: Condition): boolean {
  const value = row[column] ?? null
  if (op === 'is null') return value === null
  if (value === null) return false
  const order = (other: unknown): number =>
    typeof value === 'string' ? compareText(value, other as string) : Number(value) - Number(other)
  switch (op) {
    case '=':
    case 'in':
      return values.some((other) => order(other) === 0)
    case '<':
      return order(values[0]) < 0
    case '<=':
      return order(values[0]) <= 0
    case '>':
      return order(values[0]) > 0
    case '>=':
      return order(values[0]) >= 0
    case 'starts with':
      return (value as string).startsWith(values[0] as string)
  }
}

/** Letters of two cases, one that composes, one beyond the plane, and long beginnings in common. */
const part = fc.oneof(
  fc.string({
    unit: fc.constantFrom('a', 'A', 'b', 'e\u0301', 'é', 'ß', '𝒳', 'z'),
    minLength: 1,
    maxLength: 4,
  }),
  fc.constantFrom('a'.repeat(40), `${'a'.repeat(40)}b`, 'A'.repeat(33)),
)
const path = fc
  .array(part, { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'))
  .filter((text) => pathProblem(text) === undefined)

const textCondition = (column: string, value: fc.Arbitrary<string>): fc.Arbitrary<Condition> =>
  fc.oneof(
    fc.record({
      column: fc.constant(column),
      op: fc.constantFrom('=', '<', '<=', '>', '>=', 'starts with'),
      values: fc.tuple(value),
    }),
    fc.record({
      column: fc.constant(column),
      op: fc.constant('in' as const),
      values: fc.array(value, { minLength: 1, maxLength: 3 }),
    }),
    fc.constant<Condition>({ column, op: 'is null', values: [] }),
  )

describe('the law of pushdown: no row that fulfils the conditions is in a part that is left out', () => {
  test('of files, by path and metadata', async () => {
    const schema = filesSchema([{ name: 'camera', type: { kind: 'utf8' } }])
    const rows = fc.uniqueArray(
      fc.record({ path, camera: fc.option(part), bytes: fc.bigInt({ min: 0n, max: 20n }) }),
      { selector: (row) => foldPath(row.path), maxLength: 30 },
    )
    const beginning = fc.oneof(
      path,
      path.map((text) => text.slice(0, 2)),
      path.map((text) => `${text}/`),
    )
    const conditions = fc.array(fc.oneof(textCondition('path', beginning), textCondition('camera', part)), {
      minLength: 1,
      maxLength: 2,
    })
    await fc.assert(
      fc.asyncProperty(rows, conditions, async (given, wanted) => {
        await checkKept(schema, given, wanted)
      }),
      { numRuns: 120 },
    )
  })

  test('of numbers, dates and what is null', async () => {
    const schema: TableSchema = {
      columns: [
        { name: 'id', type: { kind: 'int64' } },
        { name: 'score', type: { kind: 'float64' } },
      ],
      key: ['id'],
      keyKind: 'values',
    }
    const score = fc.option(fc.oneof(fc.integer({ min: -5, max: 5 }), fc.constantFrom(Number.NaN, 0.5, -0)))
    const rows = fc.uniqueArray(fc.record({ id: fc.bigInt({ min: -30n, max: 30n }), score }), {
      selector: ({ id }) => id,
      maxLength: 30,
    })
    const condition: fc.Arbitrary<Condition> = fc.record({
      column: fc.constantFrom('id', 'score'),
      op: fc.constantFrom('=', '<', '<=', '>', '>='),
      values: fc.tuple(fc.integer({ min: -31, max: 31 })),
    })
    await fc.assert(
      fc.asyncProperty(rows, fc.array(condition, { minLength: 1, maxLength: 2 }), async (given, wanted) => {
        await checkKept(
          schema,
          given.map((row) => ({ ...row })),
          wanted,
        )
      }),
      { numRuns: 120 },
    )
  })
})

async function checkKept(
  schema: TableSchema,
  rows: readonly Row[],
  conditions: readonly Condition[],
): Promise<void> {
  const lake = smallLake()
  const table = await tableOf(lake, rows, schema)
  const kept = await rowsIn(lake, table, { keeps: partFilter(schema, conditions) })
  const fulfilling = (all: readonly Row[]): Row[] =>
    all.filter((row) => conditions.every((condition) => holds(row, condition)))
  expect(fulfilling(kept)).toEqual(fulfilling(await rowsIn(lake, table)))
}

test('the law of pushdown, for what changed: the same changes of keys that fulfil the conditions', async () => {
  const schema = filesSchema([])
  const rows = fc.uniqueArray(fc.record({ path, bytes: fc.bigInt({ min: 0n, max: 2n }) }), {
    selector: (row) => foldPath(row.path),
    maxLength: 25,
  })
  const conditions = fc.array(textCondition('path', path), { minLength: 1, maxLength: 2 })
  await fc.assert(
    fc.asyncProperty(rows, rows, conditions, async (before, after, wanted) => {
      const lake = smallLake()
      const [a, b] = [await tableOf(lake, before, schema), await tableOf(lake, after, schema)]
      const changes = async (older: Table | undefined, newer: Table | undefined) => {
        const found: unknown[] = []
        for await (const change of diffTables(lake, older, newer)) {
          const row = (change.new ?? change.old)!
          if (wanted.every((condition) => holds(row, condition))) found.push(change)
        }
        return found
      }
      expect(await changes(prunedByKey(a, wanted), prunedByKey(b, wanted))).toEqual(await changes(a, b))
    }),
    { numRuns: 120 },
  )
})

test('a file whose name only changed its case is no other file', async () => {
  const schema = filesSchema([])
  const lake = smallLake()
  const others = Array.from({ length: 30 }, (_, i) => ({ path: `m${String(i).padStart(2, '0')}` }))
  const a = await tableOf(lake, [{ path: 'READ' }, ...others], schema)
  const b = await tableOf(lake, [{ path: 'read' }, ...others], schema)
  const wanted = [{ column: 'path', op: '=', values: ['READ'] } as const]
  const changes = []
  for await (const change of diffTables(lake, prunedByKey(a, wanted), prunedByKey(b, wanted)))
    changes.push(change)
  expect(changes).toEqual([{ key: 'read', old: { path: 'READ' }, new: { path: 'read' } }])
})

describe('what is left out', () => {
  const schema = filesSchema([{ name: 'camera', type: { kind: 'utf8' } }])
  const rows = Array.from({ length: 60 }, (_, i) => ({
    path: `${'deep/'.repeat(8)}${i % 2 === 0 ? 'Left' : 'right'}/${String(i).padStart(3, '0')}`,
    camera: `camera${String(i % 6)}`,
    bytes: BigInt(i),
  }))

  test.each([
    [{ column: 'path', op: '=', values: [rows[11]!.path] }, 1],
    [{ column: 'path', op: 'in', values: [rows[0]!.path, rows[59]!.path] }, 2],
    [{ column: 'path', op: 'starts with', values: ['other/'] }, 0],
  ] as const)('%j leaves %i parts', async (condition, parts) => {
    const table = await tableOf(smallLake(), rows, schema)
    expect(table.parts.length).toBeGreaterThan(10)
    expect(table.parts.filter(partFilter(schema, [condition])!)).toHaveLength(parts)
  })

  test('a folder leaves half of them, although the zones know only the beginning of the paths', async () => {
    const table = await tableOf(smallLake(), rows, schema)
    const prefix = `${'deep/'.repeat(8)}Left/`
    const kept = table.parts.filter(
      partFilter(schema, [{ column: 'path', op: 'starts with', values: [prefix] }])!,
    )
    expect(kept.length).toBeLessThan(table.parts.length * 0.6)
  })

  test('nothing by columns that are not known, or have no order', () => {
    const decimal: TableSchema = {
      columns: [
        { name: 'id', type: { kind: 'int64' } },
        { name: 'price', type: { kind: 'decimal', precision: 9, scale: 2 } },
        { name: 'tags', type: { kind: 'list', item: { kind: 'utf8' } } },
      ],
      key: ['id'],
      keyKind: 'values',
    }
    expect(prunableColumns(decimal)).toEqual(['id'])
    expect(partFilter(decimal, [{ column: 'price', op: '=', values: [1] }])).toBeUndefined()
    expect(partFilter(decimal, [{ column: 'nope', op: '=', values: [1] }])).toBeUndefined()
    expect(partFilter(decimal, [{ column: 'id', op: '=', values: ['one'] }])).toBeUndefined()
    expect(partFilter(schema, [{ column: 'path', op: '=', values: [1] }])).toBeUndefined()
  })
})
