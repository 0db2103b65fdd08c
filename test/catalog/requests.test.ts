/** How much is read: counted by keys, not by seconds. */

import { beforeAll, describe, expect, test } from 'vitest'
import { createCatalog } from '../../src/catalog/index.ts'
import type { Row, TableSchema } from '../../src/lake/types.ts'
import { createScanService, type LocalScanService } from '../../src/scan/service.ts'
import { query } from '../scan/support/service.ts'
import { counted, type TestLake, testLake } from './lakes.ts'

const keys: string[] = []
let made: TestLake
let service: LocalScanService

const parts = (): string[] => keys.filter((key) => key.includes('/parts/'))

const SCHEMA: TableSchema = {
  columns: [
    { name: 'id', type: { kind: 'int64' } },
    { name: 'note', type: { kind: 'utf8' } },
  ],
  key: ['id'],
  keyKind: 'values',
}

/** 400 files, of which 5 change in version 2, and a table of 200 rows. */
beforeAll(async () => {
  made = await testLake(`memory://requests-${process.pid}/`, (store) => counted(store, keys))
  const file = (i: number): Row => ({
    path: `frames/${String(i).padStart(4, '0')}.png`,
    bytes: BigInt(i),
    sha256: String(i).padStart(64, '0'),
    camera: i < 200 ? 'left' : 'right',
  })
  const metadata = [{ name: 'camera', type: { kind: 'utf8' } }] as const
  const files = Array.from({ length: 400 }, (_, i) => file(i))
  const rows = Array.from({ length: 200 }, (_, i) => ({ id: BigInt(i), note: `row ${i}` }))
  await made.commit('d', { metadata, files, tables: { notes: { schema: SCHEMA, rows } } })
  const changed = files.slice(100, 105).map((row) => ({ ...row, bytes: 1000n }))
  await made.commit('d', { metadata, files: changed })
  const { functions, names } = createCatalog(made.lake)
  service = createScanService({ lake: made.lake.url, functions, names, jobs: 1 })
  return () => service.close()
})

/** The keys that something asked for, of a lake that was opened just now. */
async function asked<T>(work: () => Promise<T>): Promise<T> {
  made.lake.memo.clear()
  keys.length = 0
  return work()
}

describe('requests', () => {
  test.each([
    ['files', ['d@1'], {}],
    ['dataset_table', ['d@1', 'notes'], {}],
    ['tables', ['d@1'], {}],
    ['versions', ['d'], {}],
    ['datasets', [], {}],
    ['diff', ['d@1', 'd@2'], {}],
    ['history', ['d'], { table_name: 'notes' }],
  ])('binding %s reads no rows, and no list of parts', async (name, args, named) => {
    const bound = await asked(() => service.bind({ name, args, named }))
    service.unbind(bound.id)
    expect(keys.filter((key) => /\/(parts|lists)\//.test(key))).toEqual([])
  })

  test('a version is bound with its description and its schema', async () => {
    const bound = await asked(() => service.bind({ name: 'files', args: ['d@1'], named: {} }))
    service.unbind(bound.id)
    expect(bound.cardinality).toEqual({ rows: 400, exact: true })
    expect(keys).toHaveLength(2)
  })

  test('rows are counted without reading any', async () => {
    const bound = await asked(() => service.bind({ name: 'files', args: ['d@1'], named: {} }))
    const stream = service.scan({ bound: bound.id, columns: [], predicates: [] })
    expect((await stream.next())?.rows).toBe(400)
    expect(await stream.next()).toBeUndefined()
    service.unbind(bound.id)
    expect(keys.filter((key) => /\/(parts|lists)\//.test(key))).toEqual([])
  })

  test('one path is found with one part, four requests in all', async () => {
    const predicates = [{ column: 'path', op: '=', values: ['frames/0123.png'] } as const]
    const rows = await asked(() =>
      query(service, 'files', { args: ['d@1'], columns: ['path', 'bytes'], predicates }),
    )
    expect(rows).toContainEqual(['frames/0123.png', 123n])
    expect(parts()).toHaveLength(1)
    expect(keys).toHaveLength(4)
  })

  test('a condition on metadata leaves out the parts that have no such row', async () => {
    const all = await asked(() => query(service, 'files', { args: ['d@1'], columns: ['camera'] }))
    expect(all).toHaveLength(400)
    const total = parts().length
    const predicates = [{ column: 'camera', op: '=', values: ['left'] } as const]
    const rows = await asked(() =>
      query(service, 'files', { args: ['d@1'], columns: ['camera'], predicates }),
    )
    expect(rows.filter(([camera]) => camera === 'left')).toHaveLength(200)
    expect(parts().length).toBeLessThanOrEqual(total / 2 + 1)
  })

  test('`uri` is made when it is shown, so what is stored of it prunes nothing', async () => {
    const predicates = [{ column: 'uri', op: 'is null', values: [] } as const]
    const bound = await service.bind({ name: 'files', args: ['d@1'], named: {} })
    expect(bound.zones).not.toContain('uri')
    service.unbind(bound.id)
    const wanted = { column: 'uri', op: '=', values: ['memory://x/y'] } as const
    for (const one of [...predicates, wanted]) {
      const rows = await query(service, 'files', { args: ['d@1'], columns: ['uri'], predicates: [one] })
      expect(rows).toHaveLength(400)
    }
  })

  test('who stops after the first rows has not paid for the others', async () => {
    const bound = await asked(() => service.bind({ name: 'files', args: ['d@1'], named: {} }))
    const stream = service.scan({ bound: bound.id, columns: [0], predicates: [] })
    expect((await stream.next())!.rows).toBeGreaterThan(0)
    stream.close()
    service.unbind(bound.id)
    expect(parts().length).toBeLessThanOrEqual(2)
  })

  test('a page behind a cursor reads only what follows', async () => {
    const call = { args: ['d@1'], named: { after: 'frames/0389.png' }, columns: ['path'] }
    const rows = await asked(() => query(service, 'files', call))
    expect(rows).toHaveLength(10)
    expect(rows[0]).toEqual(['frames/0390.png'])
    expect(parts().length).toBeLessThanOrEqual(5)
  })

  test('a diff reads the parts that changed', async () => {
    const rows = await asked(() =>
      query(service, 'diff', { args: ['d@1', 'd@2'], columns: ['path', 'change'] }),
    )
    expect(rows).toHaveLength(5)
    expect(parts().length).toBeLessThanOrEqual(8)
  })

  test('of one key, a diff and a history read the parts that may have it', async () => {
    const predicates = [{ column: 'path', op: '=', values: ['frames/0102.png'] } as const]
    const only = (rows: unknown[][]): unknown[][] => rows.filter(([path]) => path === 'frames/0102.png')
    const columns = ['path', 'change', 'new']
    const diff = await asked(() =>
      query(service, 'diff', { args: ['d@1', 'd@2'], columns: columns.slice(0, 2), predicates }),
    )
    expect(only(diff)).toEqual([['frames/0102.png', 'changed']])
    expect(parts()).toHaveLength(2)
    const call = { args: ['d'], columns: ['path', 'version', 'change'], predicates }
    expect(only(await asked(() => query(service, 'history', call)))).toEqual([
      ['frames/0102.png', 1n, 'added'],
      ['frames/0102.png', 2n, 'changed'],
    ])
    // The first version's part is compared with nothing, then with the second's: it is fetched once.
    expect(parts()).toHaveLength(2)
  })

  test('of one version, a history reads the changes of that one', async () => {
    const predicates = [{ column: 'version', op: '>', values: [1] } as const]
    const call = { args: ['d'], columns: ['path', 'version'], predicates }
    const rows = await asked(() => query(service, 'history', call))
    expect(rows).toHaveLength(5)
    expect(parts().length).toBeLessThanOrEqual(8)
  })

  test('a history fetches each part once, whether it looks ahead for valid_to or not', async () => {
    const call = { args: ['d'], named: {}, columns: ['path'] }
    expect(await asked(() => query(service, 'history', call))).toHaveLength(405)
    const once = parts().length
    await asked(() => query(service, 'history', { ...call, columns: ['path', 'valid_to'] }))
    expect(parts().length).toBe(once)
    expect(new Set(parts()).size).toBe(once)
  })

  test('a path is resolved with four requests', async () => {
    const { names } = createCatalog(made.lake)
    const [object] = await asked(() => names.expand('lake://d@1/frames/0007.png', undefined))
    expect(object).toMatchObject({ name: 'lake://d@1/frames/0007.png', size: 7, identity: undefined })
    expect(keys).toHaveLength(4)
  })

  test('a pattern reads the parts of its folder, and pins one version for all it matches', async () => {
    const { names } = createCatalog(made.lake)
    const objects = await asked(() => names.expand('lake://d@1/frames/000*.png', undefined))
    expect(objects.map(({ size }) => size)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(parts().length).toBeLessThanOrEqual(6)
  })
})
