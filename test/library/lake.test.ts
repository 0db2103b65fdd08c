/** The verbs of the lake as a program calls them: questions, pages, tables, copies. */

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { valuesFrom } from '../../src/formats/values.ts'
import type { Value } from '../../src/lake/types.ts'
import { createVarve } from '../../src/library/index.ts'
import type { FilesOptions } from '../../src/library/lake-types.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-library-lake-'))
const varve = createVarve({ lake: join(folder, 'lake') })
const lake = await varve.lake()

beforeAll(async () => {
  await varve.initLake(join(folder, 'lake'))
  const files = join(folder, 'files')
  const { mkdirSync } = await import('node:fs')
  mkdirSync(files)
  for (let i = 0; i < 25; i++)
    writeFileSync(join(files, `frame-${i}-${i % 2 === 0 ? "O'Connor" : 'Smith'}.txt`), 'x'.repeat(i))
  await lake.add([files], { dataset: 'd', pattern: 'frame-{frame:int}-{name_of:text}.txt' })
  await lake.writeTable(
    'd',
    'people',
    { query: "select 1 as id, 'ann' as name union all select 2, null" },
    { key: ['id'] },
  )
})

afterAll(async () => {
  await varve.close()
  rmSync(folder, { recursive: true })
})

const frames = async (options: FilesOptions): Promise<number[]> =>
  (await lake.files('d', { limit: 1000, ...options })).rows.map(({ frame }) => Number(frame))

async function sqlRows(text: string): Promise<Value[][]> {
  const result = await varve.sql(text)
  const rows: Value[][] = []
  for await (const batch of result.batches) {
    const columns = result.columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!))
    for (let row = 0; row < batch.rows; row++) rows.push(columns.map((column) => column[row]!))
  }
  return rows
}

describe('files', () => {
  test('a filter is the condition that it says, and SQL gives the same rows', async () => {
    for (const [filter, where] of [
      [{ name_of: "O'Connor" }, "name_of = 'O''Connor'"],
      [{ frame: [1, 2, 99] }, 'frame in (1, 2, 99)'],
      [{ frame: [] }, 'false'],
      [{ tier: null }, 'tier is null'],
      [{ tier: { exists: true } }, 'tier is not null'],
      [{ frame: { gte: 3, lt: 7 } }, 'frame >= 3 and frame < 7'],
      [{ path: { contains: '-1' } }, "contains(path, '-1')"],
      [
        { name_of: { ne: 'Smith' }, frame: { in: [0, 1, 2, null] } },
        "name_of <> 'Smith' and frame in (0, 1, 2)",
      ],
    ] as const) {
      const byFilter = await frames({ filter })
      expect(await frames({ where })).toEqual(byFilter)
      const bySql = (await sqlRows(`select frame from files('d') where ${where}`)).map(([frame]) =>
        Number(frame),
      )
      expect(bySql).toEqual(byFilter)
    }
    expect(await frames({ filter: { frame: [] } })).toEqual([])
    expect(await frames({ where: 'frame > $least', params: { least: 22 } })).toEqual([23, 24])
  })

  test('a column that is none is an error, and so is a condition that is more', async () => {
    await expect(lake.files('d', { filter: { 'frame" or 1=1 --': 1 } })).rejects.toMatchObject({
      code: 'invalid-input',
    })
    await expect(lake.files('d', { columns: ['nope'] })).rejects.toThrow('there is no column "nope"')
    for (const where of [
      "1=1) union all select * from files('d') --",
      'true; select 1',
      "1 from files('d')",
      ')',
    ])
      await expect(lake.files('d', { where }), where).rejects.toMatchObject({ code: 'invalid-input' })
    // A comment cannot swallow what comes after it.
    expect(await frames({ where: 'frame = 3 -- only' })).toEqual([3])
  })

  test('pages follow each other without gaps, of the version they began with', async () => {
    const all = (await lake.files('d', { limit: 1000 })).rows.map(({ path }) => path)
    const seen: unknown[] = []
    let after: string | undefined
    for (let page = 0; ; page++) {
      const { rows, next } = await lake.files('d', { limit: 7, after, columns: ['frame', 'path'] })
      seen.push(...rows.map(({ path }) => path))
      if (page === 1) await lake.remove('d', ['frame-24-*'])
      if (next === null) break
      after = next
    }
    expect(seen).toEqual(all)
    const { next } = await lake.files('d', { limit: 3, filter: { name_of: 'Smith' } })
    await expect(lake.files('d', { limit: 3, after: next! })).rejects.toThrow(
      'the cursor belongs to another question',
    )
    await expect(lake.files('d', { after: 'nonsense' })).rejects.toThrow('is no cursor of a page')
    expect(await lake.files('d', { limit: 0 })).toMatchObject({ rows: [], next: null })
  })

  test('columns are those that were asked for, in their order', async () => {
    const page = await lake.files('d@1', { limit: 1, columns: ['frame', 'bytes'] })
    expect(page.rows).toEqual([{ frame: 0n, bytes: 0n }])
    expect(page.columns).toEqual([
      { name: 'frame', type: 'BIGINT' },
      { name: 'bytes', type: 'BIGINT' },
    ])
  })
})

test('a summary counts files and bytes, in all or by group', async () => {
  expect(await lake.summary('d@1')).toMatchObject([
    { group: {}, files: 25, bytes: 300, formats: [{ format: 'lines', files: 25, bytes: 300 }] },
  ])
  expect((await lake.summary('d@1', ['name_of'])).map(({ group, files }) => [group.name_of, files])).toEqual([
    ["O'Connor", 13],
    ['Smith', 12],
  ])
})

test('a copy for offline use has the same rows, without the lake', async () => {
  const file = join(folder, 'd.duckdb')
  expect(await lake.offline('d@2', file)).toMatchObject({ tables: 2, rows: 27 })
  await expect(lake.offline('d@2', file)).rejects.toMatchObject({ code: 'conflict' })
  const connection = await (await DuckDBInstance.create(file, { access_mode: 'READ_ONLY' })).connect()
  const reader = await connection.runAndReadAll(
    'select (select count(*) from files), (select count(*) from people), (select hash from varve_version)',
  )
  const [version] = (await lake.versions('d')).filter(({ version: number }) => number === 2)
  expect(reader.getRowsJson()).toEqual([['25', '2', version!.hash]])
  expect(existsSync(`${file}.${process.pid}.tmp`)).toBe(false)
})

test('varve_use makes a version’s tables the session’s own, and reads none of their rows', async () => {
  const other = createVarve({ lake: join(folder, 'lake') })
  const run = async (text: string): Promise<Value[][]> => {
    const result = await other.sql(text)
    const rows: Value[][] = []
    for await (const batch of result.batches)
      for (let row = 0; row < batch.rows; row++)
        rows.push(result.columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!)[row]!))
    return rows
  }
  try {
    expect(await run("call varve_use('d@2')")).toEqual([
      ['files', 25n],
      ['people', 2n],
    ])
    const before = other.meters.requests
    expect(await run('show tables')).toEqual([['files'], ['people']])
    expect(other.meters.requests).toBe(before)
    expect(await run('select people.name from people join files on frame = id order by id')).toEqual([
      ['ann'],
      [null],
    ])
    await run("call varve_use('d@1')")
    expect(await run('show tables')).toEqual([['files']])
    await expect(run("call varve_use('d@99')")).rejects.toMatchObject({ code: 'not-found' })
  } finally {
    await other.close()
  }
})

test('tables come from files, and what csv files that are alike have is one table', async () => {
  writeFileSync(join(folder, 'a.csv'), 'id,x\n1,one\n')
  writeFileSync(join(folder, 'b.csv'), 'id,x,y\n2,two,2.5\n')
  const report = await lake.writeTable('d', 'sheets', { file: join(folder, '[ab].csv') }, { key: ['id'] })
  expect(report).toMatchObject({ rows: 2, added: 2 })
  expect(await sqlRows("from dataset_table('d', 'sheets')")).toEqual([
    [1n, 'one', null],
    [2n, 'two', 2.5],
  ])
  writeFileSync(
    join(folder, 'bad.csv'),
    `id,n\n${Array.from({ length: 30000 }, (_, i) => `${i},${i}\n`).join('')}x,y\n`,
  )
  await expect(
    lake.writeTable('d', 'bad', { file: join(folder, 'bad.csv') }, { key: ['id'] }),
  ).rejects.toMatchObject({
    code: 'invalid-data',
  })
})

test('an alias names one asset, and a second asset of that name is refused', async () => {
  const [file] = (await lake.files('d', { limit: 1 })).rows
  await lake.alias('d', 'first', file!.path as string)
  expect(await sqlRows("select alias, asset_id from dataset_table('d', 'aliases')")).toEqual([
    ['first', file!.asset_id],
  ])
  const { length: before } = await lake.versions('d')
  await expect(lake.alias('d', 'first', 'frame-3-Smith.txt')).rejects.toMatchObject({ code: 'conflict' })
  await expect(lake.alias('d', 'other', 'nope')).rejects.toMatchObject({ code: 'not-found' })
  expect((await lake.versions('d')).length).toBe(before)
})
