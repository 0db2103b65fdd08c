/** What `publish` writes is read by others, and what others publish is read by varve. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { attach } from '../../../src/lake/exchange/attach.ts'
import { refuseAttached } from '../../../src/lake/exchange/attached.ts'
import { publishVersion } from '../../../src/lake/exchange/publish.ts'
import { initLake } from '../../../src/lake/init.ts'
import { objectKey } from '../../../src/lake/layout.ts'
import { getFiles } from '../../../src/lake/retrieve/get.ts'
import { openTable } from '../../../src/lake/table/list.ts'
import type { Lake, Row, VersionDescription } from '../../../src/lake/types.ts'
import { latestVersion } from '../../../src/lake/versions/list.ts'
import { readSettings } from '../../../src/lake/versions/settings.ts'
import { type ObjectStore, openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { each, faulty, keysOf, makeTable, rowsOf, SCORES, sha, stored, testLake, version } from './lakes.ts'

let scratch = ''
let folder = ''
let store: ObjectStore
let duckdb: DuckDBConnection
beforeAll(async () => {
  duckdb = await (await DuckDBInstance.create(':memory:')).connect()
})
afterAll(() => duckdb.closeSync())
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'varve-publish-'))
  folder = join(scratch, 'out')
  store = openStore(`${folder}/`)
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

const query = async (sql: string): Promise<Record<string, unknown>[]> =>
  (await duckdb.runAndReadAll(sql)).getRowObjectsJson() as Record<string, unknown>[]

const json = (path: string) => JSON.parse(readFileSync(join(folder, path), 'utf8'))

const score = (id: number, name: string): Row => ({
  id: BigInt(id),
  name,
  score: id / 4,
  tags: ['x', name],
  price: BigInt(id * 100 + 5),
  day: 20_000,
})

/** A lake on the disk, for its files must be found by others. */
async function sample(): Promise<{ lake: Lake; described: VersionDescription }> {
  const lake = testLake(openStore(join(scratch, 'lake/')))
  await initLake(lake.url)
  const rows = await Promise.all(
    Array.from({ length: 12 }, (_, i) =>
      stored(lake, `dir/f${i}.TXT`, `content ${i}`, i % 2 === 0 ? { image: { width: i } } : {}),
    ),
  )
  const scores = await makeTable(
    lake,
    'd',
    SCORES,
    Array.from({ length: 25 }, (_, i) => score(i, `n${i}`)),
  )
  const none = await makeTable(lake, 'd', SCORES, [])
  return { lake, described: await version(lake, 'd', rows, { scores, none }, 'v1.0') }
}

async function emptyLake(): Promise<Lake> {
  const lake = testLake(openStore(join(scratch, `lake-${Math.random()}/`)))
  await initLake(lake.url)
  return lake
}

describe('publish', () => {
  test("writes fw-dataset's layout, and plain DuckDB reads all columns of it", async () => {
    const { lake, described } = await sample()
    const report = await publishVersion(lake, described, folder)
    expect(report).toEqual({
      dataset: 'd',
      version: 1,
      folder: store.url,
      tables: [
        { name: 'files', rows: 12 },
        { name: 'none', rows: 0 },
        { name: 'scores', rows: 25 },
      ],
    })
    expect(json('latest_version.json')).toMatchObject({ id: described.id, name: 'd', version_label: 'v1.0' })
    expect(json('versions/latest/provenance/dataset_description.json')).toMatchObject({
      id: described.id,
      tables: ['files', 'none', 'scores'],
      created: described.created_at,
    })
    expect(json('versions/latest/schemas/scores.schema.json')).toMatchObject({
      $schema: 'http://json-schema.org/draft-07/schema#',
      id: 'scores',
      properties: { name: { type: ['string', 'null'] } },
    })
    const files = await query(`from '${folder}/versions/latest/tables/files/*.parquet' order by path`)
    expect(files).toHaveLength(12)
    expect(Object.keys(files[0]!)).toEqual(
      'path name ext bytes sha256 etag uri media_type format tier asset_id modified_at camera image'.split(
        ' ',
      ),
    )
    expect(files[0]).toMatchObject({
      path: 'dir/f0.TXT',
      name: 'f0.TXT',
      ext: 'txt',
      bytes: '9',
      sha256: sha('content 0'),
      uri: lake.url + objectKey(sha('content 0')),
      etag: null,
      image: { width: 0 },
    })
    expect(readFileSync(new URL(files[0]!.uri as string), 'utf8')).toBe('content 0')
    const scores = await query(`from '${folder}/versions/latest/tables/scores/*.parquet' order by id`)
    expect(scores[3]).toEqual({
      id: '3',
      name: 'n3',
      score: 0.75,
      nothing: null,
      tags: ['x', 'n3'],
      price: '3.05',
      day: '2024-10-04',
    })
    expect(await query(`describe from '${folder}/versions/latest/tables/none/*.parquet'`)).toHaveLength(7)
    expect(await query(`from '${folder}/versions/latest/tables/none/*.parquet'`)).toEqual([])
  })

  test('the same again changes nothing', async () => {
    const { lake, described } = await sample()
    await publishVersion(lake, described, folder)
    const before = new Map<string, string>()
    for (const key of await keysOf(store)) before.set(key, (await store.info(key))!.identity)
    await publishVersion(lake, described, `${folder}/`)
    for (const key of await keysOf(store)) expect((await store.info(key))!.identity).toBe(before.get(key))
  })

  test('a newer version takes the place of the latest, which goes to the archive whole', async () => {
    const { lake, described } = await sample()
    await publishVersion(lake, described, folder)
    const first = await keysOf(store, 'versions/latest/')
    const scores = await makeTable(lake, 'd', SCORES, [score(1, 'only')])
    const next = await version(lake, 'd', [], { scores, none: null })
    await publishVersion(lake, next, folder)
    expect(await keysOf(store, `versions/${described.id}/`)).toEqual(
      first.map((key) => key.replace('/latest/', `/${described.id}/`)),
    )
    expect(json('latest_version.json').id).toBe(next.id)
    const count = (id: string) =>
      query(`select count(*) as n from '${folder}/versions/${id}/tables/scores/*.parquet'`)
    expect([await count('latest'), await count(described.id)]).toEqual([[{ n: '1' }], [{ n: '25' }]])
    expect((await keysOf(store, 'versions/latest/')).some((key) => key.includes('/none'))).toBe(false)
  })

  test('cut off at any call to the store and done again, it is as if it had not been', async () => {
    const { lake, described } = await sample()
    const next = await version(lake, 'd', [await stored(lake, 'new', 'new')], { scores: null, none: null })
    let calls = 1
    let undisturbed: string[] | undefined
    for (let at = -1; at < calls; at++) {
      const url = `memory://publish-${process.pid}-${at}/`
      const memory = openStore(url)
      await publishVersion(lake, described, url)
      const broken = faulty(memory, at)
      const originals = { ...memory }
      Object.assign(memory, broken.store)
      await publishVersion(lake, next, url).catch((error: unknown) => {
        if (!isVarveError(error, 'internal')) throw error
      })
      Object.assign(memory, originals)
      if (at === -1) calls = broken.calls.length
      await publishVersion(lake, next, url)
      const contents: string[] = []
      for (const key of await keysOf(memory)) contents.push(`${key} ${sha((await memory.get(key))!.bytes)}`)
      undisturbed ??= contents
      expect(contents).toEqual(undisturbed)
    }
    expect(calls).toBeGreaterThan(10)
  })

  test("another dataset's folder, and other people's files, stay as they are", async () => {
    const { lake, described } = await sample()
    await publishVersion(lake, described, folder)
    const other = await version(lake, 'other', [])
    await expectCode(publishVersion(lake, other, folder), 'conflict', 'd published')
    const mine = join(scratch, 'mine')
    mkdirSync(join(mine, 'versions/latest'), { recursive: true })
    writeFileSync(join(mine, 'versions/latest/thesis.tex'), 'mine')
    await expectCode(publishVersion(lake, described, mine), 'conflict', 'thesis.tex')
    expect(readFileSync(join(mine, 'versions/latest/thesis.tex'), 'utf8')).toBe('mine')
  })
})

describe('attach', () => {
  test('what varve published is the same dataset again, whose files are read where they are', async () => {
    const { lake, described } = await sample()
    await publishVersion(lake, described, folder)
    const target = await emptyLake()
    const { version: attached, created } = await attach(target, folder, { author: 'me' })
    expect({ created, ...attached }).toMatchObject({
      created: true,
      dataset: 'd',
      number: 1,
      hash: described.hash,
    })
    const ours = await rowsOf(lake, described)
    const theirs = await rowsOf(target, attached)
    expect(theirs.map(({ uri: _, ...row }) => row)).toEqual(ours)
    expect(theirs[0]!.uri).toBe(lake.url + objectKey(sha('content 0')))
    for (const table of ['scores', 'none'])
      expect(await rowsOf(target, attached, table)).toEqual(await rowsOf(lake, described, table))
    const got = await getFiles(target, attached, each(theirs), join(scratch, 'got'))
    expect(got).toMatchObject({ files: 12, failed: [] })
    expect(await readSettings(target, 'd')).toMatchObject({ attached: store.url })
    await expectCode(refuseAttached(target, 'd'), 'read-only', store.url)
    await expectCode(
      refuseAttached(target, 'other').then(() => refuseAttached(target, 'd')),
      'read-only',
    )
  })

  test('again, it follows what was published since, and without that makes no version', async () => {
    const { lake, described } = await sample()
    await publishVersion(lake, described, folder)
    const target = await emptyLake()
    await attach(target, folder, { author: 'me', name: 'mirror' })
    expect((await attach(target, `${folder}/`, { author: 'me', name: 'mirror' })).created).toBe(false)
    const next = await version(lake, 'd', [await stored(lake, 'new', 'new')], { scores: null })
    await publishVersion(lake, next, folder)
    const { version: second, created } = await attach(target, folder, { author: 'me', name: 'mirror' })
    expect({ created, ...second }).toMatchObject({ created: true, number: 2, hash: next.hash })
    expect(Object.keys(second.tables).sort()).toEqual(['files', 'none'])
  })

  test("a dataset of the lake's own, or attached to another place, is not touched", async () => {
    const { lake, described } = await sample()
    await publishVersion(lake, described, folder)
    await expectCode(attach(lake, folder, { author: 'me' }), 'conflict', 'another name')
    const target = await emptyLake()
    await attach(target, folder, { author: 'me' })
    const second = join(scratch, 'second')
    await publishVersion(lake, described, second)
    await expectCode(attach(target, second, { author: 'me' }), 'conflict', 'attached to')
  })

  /** As fw-dataset writes it: pyarrow's types, partitions, minimal schemas, a table `files` of its own. */
  async function byHand(version = 'latest'): Promise<void> {
    const root = join(folder, 'versions', version)
    for (const path of [
      'provenance',
      'schemas',
      'tables/subjects',
      'tables/files',
      'tables/custom/year=2024/site=a%20b',
    ])
      mkdirSync(join(root, path), { recursive: true })
    mkdirSync(join(root, 'tables/custom/year=2025'), { recursive: true })
    writeFileSync(
      join(root, 'provenance/dataset_description.json'),
      JSON.stringify({
        id: '65f0c0ffee',
        name: 'My Study (2024)',
        version: '1',
        errors: [],
        tables: ['subjects'],
      }),
    )
    writeFileSync(
      join(root, 'schemas/subjects.schema.json'),
      JSON.stringify({ id: 'subjects', properties: {} }),
    )
    const write = (sql: string, path: string) =>
      duckdb.run(`copy (${sql}) to '${root}/tables/${path}' (format parquet, row_group_size 2048)`)
    await write(
      `select 's' || (9 - i) as id, i::smallint as age, i::utinyint as small, (i / 3)::decimal(9, 2) as weight,
         date '2024-01-01' + i::int as born, timestamp '2024-01-01 10:00:00' as seen,
         timestamptz '2024-01-01 10:00:00+00' as seen_tz, time '10:00:00.5' as at, 'x'::blob as raw, i = 1 as first,
         [i, null] as list, { a: i, b: [{ c: 'c' }] } as nested, '{"k": 1}'::json as info, map { 'k': i } as m,
         uuid '11111111-2222-3333-4444-555555555555' as u, 18446744073709551615::ubigint as large, i::hugeint as huge
       from range(5) t(i)`,
      'subjects/b0.parquet',
    )
    await write("select 'file' || i as name, i as size from range(3000) t(i)", 'files/aa.parquet')
    await write('select 1 as id, 1.5 as value', 'custom/year=2024/site=a%20b/c0.parquet')
    await write('select 1 as id, 2.5 as value', 'custom/year=2025/c1.parquet')
  }

  test("fw-dataset's own layout, with its types, partitions and minimal schemas", async () => {
    await byHand()
    const target = await emptyLake()
    const { version: attached } = await attach(target, folder, { author: 'me' })
    expect(attached.dataset).toBe('My_Study_2024_')
    expect(Object.keys(attached.tables).sort()).toEqual(['attached_files', 'custom', 'files', 'subjects'])
    const subjects = await rowsOf(target, attached, 'subjects')
    expect(subjects.map(({ id }) => id)).toEqual(['s5', 's6', 's7', 's8', 's9'])
    expect(subjects[3]).toEqual({
      id: 's8',
      age: 1,
      small: 1,
      weight: 33n,
      born: 19_724,
      seen: 1_704_103_200_000_000n,
      seen_tz: 1_704_103_200_000_000n,
      at: 36_000_500_000n,
      raw: new Uint8Array(Buffer.from('x')),
      first: true,
      list: [1n, null],
      nested: { a: 1n, b: [{ c: 'c' }] },
      info: '{"k": 1}',
      m: '{"k":"1"}',
      u: '11111111-2222-3333-4444-555555555555',
      large: 18_446_744_073_709_551_615n,
      huge: 1,
    })
    // Two rows have the id 1: they are numbered instead.
    const { schema } = await openTable(target, attached.tables.custom!)
    expect(schema.key).toEqual(['row_number'])
    expect(await rowsOf(target, attached, 'custom')).toEqual([
      { row_number: 0n, id: 1, value: 15n, year: '2024', site: 'a b' },
      { row_number: 1n, id: 1, value: 25n, year: '2025' },
    ])
    expect(await rowsOf(target, attached, 'attached_files')).toHaveLength(3000)
    expect(await rowsOf(target, attached)).toEqual([])
  })

  test('a version that only the pointer names', async () => {
    await byHand('65f0c0ffee')
    const target = await emptyLake()
    await expectCode(attach(target, folder, { author: 'me' }), 'not-found', 'no latest_version.json')
    writeFileSync(join(folder, 'latest_version.json'), JSON.stringify({ id: '../..' }))
    await expectCode(attach(target, folder, { author: 'me' }), 'invalid-data', 'latest_version.json')
    writeFileSync(join(folder, 'latest_version.json'), JSON.stringify({ id: '65f0c0ffee' }))
    expect((await attach(target, folder, { author: 'me', name: 'study' })).version.dataset).toBe('study')
  })

  test('damaged, hostile and empty ones are refused, and nothing is committed', async () => {
    const { lake, described } = await sample()
    const target = await emptyLake()
    const refused = async (code: 'invalid-data' | 'not-found', place: string): Promise<void> => {
      await expectCode(attach(target, folder, { author: 'me', name: 'x' }), code, place)
      expect(await latestVersion(target, 'x')).toBeUndefined()
      expect(await readSettings(target, 'x')).toBeUndefined()
    }
    await refused('not-found', 'no published dataset')
    const evil = await version(lake, 'evil', [await stored(lake, '../up', 'up')])
    await publishVersion(lake, evil, folder)
    await refused('invalid-data', '../up')
    rmSync(folder, { recursive: true })
    await publishVersion(lake, described, folder)
    const [key = ''] = await keysOf(store, 'versions/latest/tables/scores/')
    const whole = readFileSync(join(folder, key))
    for (const cut of [0, 3, 20, whole.length >> 1, whole.length - 1]) {
      writeFileSync(join(folder, key), whole.subarray(0, cut))
      await refused('invalid-data', 'cannot be read as Parquet')
    }
    writeFileSync(join(folder, key), whole)
    writeFileSync(join(folder, 'versions/latest/schemas/scores.schema.json'), '{')
    await refused('invalid-data', 'scores.schema.json')
    rmSync(join(folder, 'versions/latest/tables'), { recursive: true })
    await refused('invalid-data', 'no tables')
  })
})
