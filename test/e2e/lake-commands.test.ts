/** Datasets and versions from the command line, on real files: what each command does, and that the doors agree. */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createVarve } from '../../src/library/index.ts'
import { HostedWorkplace } from './hosted.ts'
import { done, json, REAL, real, versionsOf } from './lake.ts'
import { expectFailure, filesUnder, type Row } from './program.ts'

const place = new HostedWorkplace()
afterAll(() => place.remove())

beforeAll(async () => {
  await done(place, ['init', 'lake'])
})

const columns = ['--columns', 'path,bytes,sha256']
interface Files {
  readonly rows: Row[]
  readonly next: string | null
}

describe.skipIf(!REAL)('a dataset of real files', () => {
  const folders = ['image', 'dicom', 'nifti', 'video', 'vcf']

  beforeAll(async () => {
    const added = await json(place, ['add', ...folders.map((name) => real(name)), '--dataset', 'mix'])
    expect(added).toMatchObject({ dataset: 'mix', version: 1, created: true, changed: 0, failed: [] })
  })

  test('holds every file of the folders once, and adding them again makes no version', async () => {
    const there = folders.flatMap((name) => filesUnder(real(name))).sort()
    const { rows } = await json<Files>(place, ['files', 'mix', '--limit', '1000', '--columns', 'path'])
    // In the order of the keys, which looks past the case of letters.
    expect(rows.map(({ path }) => path).sort()).toEqual(there)
    const again = await json(place, ['add', ...folders.map((name) => real(name)), '--dataset', 'mix'])
    expect(again).toMatchObject({
      version: 1,
      created: false,
      added: 0,
      unchanged: there.length,
      transferred: 0,
    })
  })

  test('heads are columns, and one that cannot be read is said and keeps no file out', async () => {
    const rows = await place.rows(
      "select path, head_error from files('mix') where head_error is not null order by path",
    )
    expect(rows.map(({ path }) => path)).toEqual([
      'nifti-reader-js/not-nifti.nii',
      'pydicom/no_meta.dcm',
      'sharp/corrupt-header.jpg',
    ])
    for (const row of rows) expect(row.head_error).toContain(row.path)
    const [kinds] = await place.rows(
      "select count(image) > 10 as image, count(dicom) > 10 as dicom, count(nifti) > 4 as nifti, count(video) as video from files('mix')",
    )
    expect(kinds).toEqual({ image: true, dicom: true, nifti: true, video: 3 })
  })

  test('get writes the same bytes, by filter, condition and limit, and a second run writes none', async () => {
    const got = await json(place, ['get', 'mix', 'out', '--filter', 'format=nifti'])
    expect(got).toMatchObject({ dataset: 'mix', version: 1, failed: [] })
    const names = filesUnder(place.path('out')).filter((name) => name !== 'varve-manifest.json')
    expect(names).toHaveLength(Number(got.files))
    for (const name of names)
      expect(readFileSync(place.path('out', name)).equals(readFileSync(real('nifti', name))), name).toBe(true)
    const manifest = readFileSync(place.path('out/varve-manifest.json'))
    const again = await json(place, ['get', 'mix', 'out', '--filter', 'format=nifti'])
    expect(again).toMatchObject({ written: 0, files: names.length })
    expect(readFileSync(place.path('out/varve-manifest.json')).equals(manifest)).toBe(true)
    const where = ['--where', "format = 'vcf' and bytes > 1000", '--limit', '3']
    expect(await json(place, ['get', 'mix', 'some', ...where])).toMatchObject({ files: 3, written: 3 })
    expect(await json(place, ['get', 'mix', 'none', '--limit', '0'])).toMatchObject({ files: 0 })
  })

  test('summary groups by any column, the format too', async () => {
    const rows = await json<{ group: Row; files: number }[]>(place, ['summary', 'mix', '--by', 'format'])
    const counted = await place.rows(
      "select format, count(*)::int as files from files('mix') group by all order by format",
    )
    expect(rows.map(({ group, files }) => ({ format: group.format, files }))).toEqual(counted)
  })

  test('export, import, publish, attach, offline: the same files in another lake', async () => {
    await done(place, ['init', 'other'])
    const other = { env: { VARVE_LAKE: place.path('other') } }
    await done(place, ['export', 'mix@1', 'mix.varve'])
    const plan = await json(place, ['import', 'mix.varve', '--plan'], other)
    const imported = await json(place, ['import', 'mix.varve'], other)
    expect(imported).toMatchObject({ dataset: 'mix', version: 1, created: true })
    expect(JSON.stringify(imported)).toContain(`"files":${Number((plan.plan as Row | undefined)?.files)}`)
    const again = await json(place, ['import', 'mix.varve'], other)
    expect(again).toMatchObject({ version: 1, created: false })
    const list = ['files', 'mix', '--limit', '1000', ...columns]
    const [here, there] = [await json<Files>(place, list), await json<Files>(place, list, other)]
    expect(there.rows).toEqual(here.rows)
    expect(await json(place, ['verify', '--full'], other)).toMatchObject({ damaged: [] })
    await done(place, ['publish', 'mix@1', 'published'])
    await done(place, ['attach', 'published', '--name', 'mix-published'])
    const attached = await json<Files>(place, ['files', 'mix-published', '--limit', '1000', ...columns])
    expect(attached.rows).toEqual(here.rows)
    await expectFailure(place, ['rm', 'mix-published', '**'], 'read-only', /can only be read; fork it/)
    await done(place, ['offline', 'mix', 'mix.duckdb'])
    const sql = "attach 'mix.duckdb' as o; select count(*)::int as n from o.files"
    expect(await place.rows(sql)).toEqual([{ n: here.rows.length }])
  })
})

describe('versions', () => {
  const table = (rows: readonly string[]): string => `id,name\n${rows.join('\n')}\n`

  beforeAll(async () => {
    mkdirSync(place.path('v'))
    writeFileSync(place.path('v/names.csv'), table(['1,old', '2,old']))
    writeFileSync(place.path('v/stays.csv'), table(['1,x']))
    await done(place, ['add', 'v', '--dataset', 'd', '--label', 'first', '-m', "O'Connor; drop table"])
    writeFileSync(place.path('v/names.csv'), table(['1,new', '3,new']))
    await done(place, ['add', 'v', '--dataset', 'd'])
    await done(place, ['tag', 'd@1', 'gold'])
  })

  test.each(['d@1', 'd@first', 'd@gold', 'd@v1'])('FROM lake://%s/… gives the old rows', async (at) => {
    const old = [
      { id: 1, name: 'old' },
      { id: 2, name: 'old' },
    ]
    expect(await place.rows(`from 'lake://${at}/names.csv' order by id`)).toEqual(old)
    expect(await place.rows("from 'lake://d/names.csv' order by id")).not.toEqual(old)
  })

  test('manifest and contents join, over a pattern of logical paths', async () => {
    const rows = await place.rows(`
      select f.path, f.bytes::int as bytes, count(*)::int as n
      from read_csv('lake://d@1/*.csv', filename := true) c
      join files('d@1') f on c.filename = 'lake://d@1/' || f.path
      group by all order by f.path`)
    expect(rows).toEqual([
      { path: 'names.csv', bytes: table(['1,old', '2,old']).length, n: 2 },
      { path: 'stays.csv', bytes: table(['1,x']).length, n: 1 },
    ])
  })

  test('diff, log, restore, delete: what was is still there, until it is deleted', async () => {
    const diff = await json<Row[]>(place, ['diff', 'd@1', 'd@2'])
    expect(diff).toMatchObject([{ path: 'names.csv', change: 'changed' }])
    expect(await place.rows("select path, change from diff('d@1', 'd@2')")).toEqual([
      { path: 'names.csv', change: 'changed' },
    ])
    expect(await json(place, ['restore', 'd@1'])).toMatchObject({ version: 3, created: true })
    expect(await json(place, ['diff', 'd@1', 'd@3'])).toEqual([])
    await done(place, ['delete', 'd@2'])
    expect(await versionsOf(place, 'd')).toEqual([1, 3])
    await expectFailure(place, ['files', 'd@2'], 'not-found', /^d@2 was deleted$/)
    await expectFailure(place, ['delete', 'd@3'], 'conflict', /latest version/)
    await expectFailure(place, ['delete', 'd@1'], 'conflict', /has the tag gold/)
    const log = await done(place, ['log', 'd'])
    expect(log.stdout).toMatch(/^version d@3\n[\s\S]*\nversion d@1 \(label: first, tag: gold\)\n/)
    expect(log.stdout).toContain("    O'Connor; drop table\n")
  })

  test('fork, change, merge, merge again', async () => {
    expect(await json(place, ['fork', 'd@1', 'branch'])).toMatchObject({ dataset: 'branch', version: 1 })
    await done(place, ['rm', 'branch', 'stays.csv'])
    expect(await json(place, ['merge', 'branch', 'd'])).toMatchObject({ created: true, conflicts: [] })
    expect(await json(place, ['merge', 'branch', 'd'])).toMatchObject({ created: false })
    const { rows } = await json<Files>(place, ['files', 'd', '--columns', 'path'])
    expect(rows).toEqual([{ path: 'names.csv' }])
  })

  test('an object registered in place and overwritten since is stale, and no byte of it is given', async () => {
    mkdirSync(place.path('raw'))
    writeFileSync(place.path('raw/x.csv'), table(['1,before']))
    await done(place, ['add', 'raw', '--dataset', 'inplace', '--in-place'])
    expect(await place.rows("from 'lake://inplace/x.csv'")).toEqual([{ id: 1, name: 'before' }])
    writeFileSync(place.path('raw/x.csv'), table(['1,after!']))
    await expectFailure(place, ['sql', '-c', "from 'lake://inplace/x.csv'"], 'stale', /x\.csv/)
    await expectFailure(place, ['get', 'inplace', 'gone'], 'stale', /x\.csv/, { stdout: /"files": 0/ })
    expect(existsSync(place.path('gone/x.csv'))).toBe(false)
  })

  test('gc deletes what no version names, only after the grace, and verify finds the rest whole', async () => {
    writeFileSync(place.path('once.txt'), 'only here\n')
    await done(place, ['add', 'once.txt', '--dataset', 'g'])
    await done(place, ['rm', 'g', 'once.txt'])
    await done(place, ['delete', 'g@1'])
    expect(await json(place, ['gc'])).toMatchObject({ objects: 0, grace_seconds: 604_800 })
    const dry = await json<{ deleted: string[] }>(place, ['gc', '--dry-run', '--grace', '0'])
    expect(dry.deleted.some((key) => key.startsWith('objects/'))).toBe(true)
    const gone = await json<{ deleted: string[] }>(place, ['gc', '--grace', '0'])
    expect(gone.deleted).toEqual(dry.deleted)
    expect(await json(place, ['verify', 'd', '--full'])).toMatchObject({ damaged: [] })
  })
})

describe('the doors agree', () => {
  const names = ["O'Connor", 'plain', 'x; drop table files; --', '%_', 'ünï', 'NULL', '1) or (1=1']

  beforeAll(async () => {
    for (const [i, name] of names.entries()) {
      mkdirSync(place.path('people', name), { recursive: true })
      for (let n = 0; n < 3; n++) writeFileSync(place.path('people', name, `${n}.txt`), `${i} ${n}\n`)
    }
    const pattern = '{subject}/{n:int}.txt'
    await done(place, ['add', 'people', '--dataset', 'people', '--pattern', pattern])
  })

  const questions: readonly [string, readonly string[], Row, string][] = [
    ['a text with a quote', ["subject=O'Connor"], { subject: "O'Connor" }, "subject = 'O''Connor'"],
    ['a text like a statement', [`subject=${names[2]}`], { subject: names[2] }, `subject = '${names[2]}'`],
    ['the text NULL', ['subject="NULL"'], { subject: 'NULL' }, "subject = 'NULL'"],
    ['null', ['derived_from=null', 'n=1'], { derived_from: null, n: 1 }, 'derived_from is null and n = 1'],
    ['an empty IN', ['subject=[]'], { subject: [] }, 'false'],
    ['IN', ['n=[0,2]'], { n: [0, 2] }, 'n in (0, 2)'],
    ['a range', ['n={"gte":1,"lt":2}'], { n: { gte: 1, lt: 2 } }, 'n >= 1 and n < 2'],
    ['contains', ['subject={"contains":"%"}'], { subject: { contains: '%' } }, "contains(subject, '%')"],
    ['exists', ['head_error={"exists":false}'], { head_error: { exists: false } }, 'head_error is null'],
  ]

  /** Files that fulfil a question; 3 for one subject, else said here. */
  const MATCHES: Readonly<Record<string, number>> = { null: 7, IN: 14, 'a range': 7, exists: 21 }

  test('files() in SQL, varve files and the library give the same rows for the same filter', async () => {
    const varve = createVarve({ lake: place.path('lake') })
    try {
      const lake = await varve.lake()
      const asked = questions.map(
        ([, , , where], i) =>
          `(select list({path: path} order by path) from files('people') where ${where}) as q${i}`,
      )
      const [answers] = await place.rows(`select ${asked.join(', ')}`)
      for (const [i, [what, flags, filter, where]] of questions.entries()) {
        const sql = answers?.[`q${i}`] ?? []
        expect(sql, what).toHaveLength(where === 'false' ? 0 : (MATCHES[what] ?? 3))
        const argv = flags.flatMap((flag) => ['--filter', flag])
        const cli = await json<Files>(place, ['files', 'people', '--columns', 'path', ...argv])
        const library = await lake.files('people', { columns: ['path'], filter: filter as never })
        expect([cli.rows, library.rows], what).toEqual([sql, sql])
      }
    } finally {
      await varve.close()
    }
  })

  test('pages follow each other without gaps, and a cursor answers its own question only', async () => {
    const argv = ['files', 'people', '--columns', 'path', '--limit', '5', '--where', 'n < 2']
    const seen: unknown[] = []
    let cursor: string | null = null
    let pages = 0
    do {
      const page: Files = await json(place, [...argv, ...(cursor === null ? [] : ['--after', cursor])])
      seen.push(...page.rows)
      if (pages++ === 0)
        for (const other of [
          ['--where', 'n < 3'],
          ['--filter', 'n=1'],
          ['--columns', 'path,n'],
        ])
          await expectFailure(
            place,
            [...argv, ...other, '--after', page.next!],
            'invalid-input',
            /another question/,
          )
      cursor = page.next
    } while (cursor !== null)
    expect(pages).toBe(3)
    expect(seen).toEqual(await place.rows("select path from files('people') where n < 2 order by path"))
    const nothing = await json(place, ['files', 'people', '--limit', '0'])
    expect(nothing).toEqual({ rows: [], next: null })
    const plain = await done(place, [...argv, '--format', 'csv'])
    expect(plain.stderr.trimEnd().split('\n')).toHaveLength(1)
  })
})

test('a table: written, appended, upserted, deleted from; each a version, equal rows none', async () => {
  const write = (rows: string, ...flags: string[]): Promise<Row> =>
    json(place, ['table', 'write', 'tables', 'people', '-', ...flags], { stdin: `id,name\n${rows}` })
  expect(await write('1,Ann\n2,Bob\n', '--key', 'id')).toMatchObject({ version: 1, added: 2 })
  expect(await write('1,Ann\n2,Bob\n', '--key', 'id')).toMatchObject({ version: 1, created: false })
  expect(await write('3,Cy\n', '--mode', 'append')).toMatchObject({ version: 2, added: 1, rows: 3 })
  expect(await write('2,Bea\n', '--mode', 'upsert')).toMatchObject({ version: 3, changed: 1, rows: 3 })
  expect(await write('1,\n', '--mode', 'delete')).toMatchObject({ version: 4, removed: 1, rows: 2 })
  expect(await place.rows("from dataset_table('tables', 'people') order by id")).toEqual([
    { id: 2, name: 'Bea' },
    { id: 3, name: 'Cy' },
  ])
  const changes = await place.rows(
    "select id, change from diff('tables@1', 'tables@4', 'people') order by id",
  )
  expect(changes).toEqual([
    { id: 1, change: 'removed' },
    { id: 2, change: 'changed' },
    { id: 3, change: 'added' },
  ])
  const listed = await json<Row[]>(place, ['table', 'list', 'tables'])
  expect(listed).toMatchObject([{ table: 'people', rows: 2, key: ['id'] }])
})
