/** A table after any changes is the table of those rows, part by part; and only touched parts are written. */

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { diffTables } from '../../../src/lake/table/diff.ts'
import { keyOf } from '../../../src/lake/table/key.ts'
import { mergeTables } from '../../../src/lake/table/merge.ts'
import { findRows } from '../../../src/lake/table/read.ts'
import { rewriteTable } from '../../../src/lake/table/rewrite.ts'
import type { Row, RowChange, Table } from '../../../src/lake/types.ts'
import { changesOf, rowsIn, SCHEMA, smallLake, tableOf } from './tables.ts'

type Rows = ReadonlyMap<number, string | null>

const rows = fc
  .uniqueArray(fc.tuple(fc.integer({ min: -60, max: 60 }), fc.option(fc.constantFrom('a', 'b', 'ç', ''))), {
    selector: ([id]) => id,
    maxLength: 60,
  })
  .map((pairs): Rows => new Map(pairs))

/** Puts and removals (undefined). */
const edits = fc
  .uniqueArray(
    fc.tuple(fc.integer({ min: -70, max: 70 }), fc.option(fc.constantFrom('x', 'y'), { nil: undefined })),
    { selector: ([id]) => id, maxLength: 25 },
  )
  .map((pairs): ReadonlyMap<number, string | undefined> => new Map(pairs))

const rowOf = (id: number, name: string | null): Row =>
  name === null ? { id: BigInt(id) } : { id: BigInt(id), name }

const allRows = (model: Rows): Row[] =>
  [...model].sort(([a], [b]) => a - b).map(([id, name]) => rowOf(id, name))

const edited = (model: Rows, changes: ReadonlyMap<number, string | undefined>): Rows => {
  const next = new Map(model)
  for (const [id, name] of changes) {
    if (name === undefined) next.delete(id)
    else next.set(id, name)
  }
  return next
}

const toChanges = (changes: ReadonlyMap<number, string | undefined>) =>
  changesOf(
    [...changes].flatMap(([id, name]) => (name === undefined ? [] : [rowOf(id, name)])),
    [...changes].flatMap(([id, name]) => (name === undefined ? [rowOf(id, null)] : [])),
  )

describe('rewriteTable', () => {
  test('gives the parts of the rows, whatever the history', async () => {
    await fc.assert(
      fc.asyncProperty(rows, fc.array(edits, { maxLength: 4 }), async (start, history) => {
        const lake = smallLake()
        let table = await tableOf(lake, allRows(start))
        let model = start
        for (const step of history) {
          table = (await rewriteTable(lake, 'd', table, SCHEMA, toChanges(step))).table
          model = edited(model, step)
        }
        expect(await rowsIn(lake, table)).toEqual(allRows(model))
        const direct = await tableOf(lake, allRows(model))
        expect(table.parts.map(({ hash }) => hash)).toEqual(direct.parts.map(({ hash }) => hash))
      }),
      { numRuns: 200 },
    )
  })

  test('writes nothing for changes that change nothing', async () => {
    const lake = smallLake()
    const all = Array.from({ length: 50 }, (_, i) => rowOf(i, 'a'))
    const table = await tableOf(lake, all)
    let puts = 0
    const counting = {
      ...lake,
      store: {
        ...lake.store,
        put: (...args: Parameters<typeof lake.store.put>) => {
          puts++
          return lake.store.put(...args)
        },
      },
    }
    const again = await rewriteTable(counting, 'd', table, SCHEMA, changesOf(all.slice(10, 20)))
    expect(again.table.parts).toEqual(table.parts)
    expect([again.added, again.changed, again.removed, puts]).toEqual([0, 0, 0, 0])
  })

  test('reads and writes only the parts around a change', async () => {
    const lake = smallLake()
    const table = await tableOf(
      lake,
      Array.from({ length: 2000 }, (_, i) => rowOf(i, 'a')),
    )
    const calls: string[] = []
    const store = {
      ...lake.store,
      get: (key: string) => {
        calls.push('get')
        return lake.store.get(key)
      },
      put: (...args: Parameters<typeof lake.store.put>) => {
        calls.push('put')
        return lake.store.put(...args)
      },
    }
    const fresh = { ...lake, store, memo: new Map() }
    const { table: changed } = await rewriteTable(
      fresh,
      'd',
      table,
      SCHEMA,
      changesOf([rowOf(1000, 'changed')]),
    )
    expect(calls).toEqual(['get', 'put'])
    // What was read or written just now is not read again.
    await rewriteTable(fresh, 'd', changed, SCHEMA, changesOf([rowOf(1000, 'again')]))
    expect(calls).toEqual(['get', 'put', 'put'])
  })

  test('lets decide say what stands under a key', async () => {
    const lake = smallLake()
    const table = await tableOf(lake, [rowOf(1, 'old')])
    const seen: unknown[] = []
    const result = await rewriteTable(
      lake,
      'd',
      table,
      SCHEMA,
      changesOf([rowOf(1, 'new'), rowOf(2, 'new')]),
      {
        decide: (_key, old, wanted) => {
          seen.push([old?.name, wanted?.name])
          return old ?? wanted
        },
      },
    )
    expect(seen).toEqual([
      ['old', 'new'],
      [undefined, 'new'],
    ])
    expect(await rowsIn(lake, result.table)).toEqual([rowOf(1, 'old'), rowOf(2, 'new')])
    expect([result.added, result.changed, result.removed]).toEqual([1, 0, 0])
  })

  test('widens a column when newer rows need it, and keeps the older rows', async () => {
    const lake = smallLake()
    const narrow = {
      ...SCHEMA,
      columns: [SCHEMA.columns[0]!, { name: 'n', type: { kind: 'int32' as const } }],
    }
    const wide = {
      ...SCHEMA,
      columns: [SCHEMA.columns[0]!, { name: 'n', type: { kind: 'float64' as const } }],
    }
    const table = await tableOf(lake, [{ id: 1n, n: 7 }], narrow)
    const result = await rewriteTable(lake, 'd', table, wide, changesOf([{ id: 2n, n: 0.5 }], [], wide))
    expect(result.table.schema.columns).toEqual(wide.columns)
    expect(await rowsIn(lake, result.table)).toEqual([
      { id: 1n, n: 7 },
      { id: 2n, n: 0.5 },
    ])
    const text = { ...SCHEMA, columns: [SCHEMA.columns[0]!, { name: 'n', type: { kind: 'utf8' as const } }] }
    await expect(rewriteTable(lake, 'd', table, text, [])).rejects.toMatchObject({
      code: 'invalid-data',
      message: 'column "n" is utf8, expected int32 as before',
    })
  })
})

describe('diffTables', () => {
  test('is the difference of the rows', async () => {
    await fc.assert(
      fc.asyncProperty(rows, edits, async (start, step) => {
        const lake = smallLake()
        const older = await tableOf(lake, allRows(start))
        const newer = (await rewriteTable(lake, 'd', older, SCHEMA, toChanges(step))).table
        const model = edited(start, step)
        const ids = [...new Set([...start.keys(), ...model.keys()])].sort((a, b) => a - b)
        const expected = ids.flatMap((id) => {
          const [a, b] = [start, model].map((from) => (from.has(id) ? rowOf(id, from.get(id)!) : undefined))
          return JSON.stringify(a?.name) === JSON.stringify(b?.name) &&
            (a === undefined) === (b === undefined)
            ? []
            : [{ key: keyOf(SCHEMA, rowOf(id, null)), old: a, new: b }]
        })
        const actual: RowChange[] = []
        for await (const change of diffTables(lake, older, newer)) actual.push(change)
        expect(actual).toEqual(expected)
      }),
      { numRuns: 200 },
    )
  })
})

describe('mergeTables', () => {
  test('does both sides, or lists the keys that both changed', async () => {
    await fc.assert(
      fc.asyncProperty(rows, edits, edits, async (start, left, right) => {
        const lake = smallLake()
        const base = await tableOf(lake, allRows(start))
        const side = async (step: typeof left): Promise<Table> =>
          (await rewriteTable(lake, 'd', base, SCHEMA, toChanges(step))).table
        const [ours, theirs] = [await side(left), await side(right)]
        const merged = await mergeTables(lake, 'd', 't', base, ours, theirs)
        const [a, b] = [edited(start, left), edited(start, right)]
        const differs = (model: Rows, id: number): boolean =>
          model.has(id) !== start.has(id) || model.get(id) !== start.get(id)
        const ids = [...new Set([...left.keys(), ...right.keys()])].sort((x, y) => x - y)
        const clashes = ids.filter(
          (id) => differs(a, id) && differs(b, id) && (a.has(id) !== b.has(id) || a.get(id) !== b.get(id)),
        )
        if (clashes.length > 0) {
          expect(merged.conflicts?.map(({ key }) => Number(key.id))).toEqual(clashes)
          return
        }
        expect(merged.conflicts).toBeUndefined()
        const model = new Map(b)
        for (const id of ids.filter((one) => differs(a, one))) {
          if (a.has(id)) model.set(id, a.get(id)!)
          else model.delete(id)
        }
        const table = (merged as { table: Table }).table
        expect(await rowsIn(lake, table)).toEqual(allRows(model))
      }),
      { numRuns: 200 },
    )
  })
})

describe('findRows', () => {
  test('finds the rows of keys, and no others', async () => {
    const lake = smallLake()
    const table = await tableOf(
      lake,
      Array.from({ length: 100 }, (_, i) => rowOf(i * 2, 'a')),
    )
    const keys = [4, 5, 150, 198, 200].map((id) => keyOf(SCHEMA, rowOf(id, null)))
    const found = await findRows(lake, table, keys)
    expect([...found.values()].map(({ id }) => id)).toEqual([4n, 150n, 198n])
  })
})
