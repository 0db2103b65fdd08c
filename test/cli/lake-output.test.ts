/** What the commands on lakes print, and how they end. */

import { describe, expect, test } from 'vitest'
import { VarveError } from '../../src/errors.ts'
import type { AddReport, DiffRow, GetReport, LakeVerbs, MergeReport } from '../../src/library/lake-types.ts'
import { fakeLake, VERSIONS } from './fake-lake.ts'
import { cli, type Ran } from './fakes.ts'

const words = (line: string): string[] => line.split(' ')

/** What the fake lake itself says to a verb. */
const usual = fakeLake([], {})
const call = { signal: new AbortController().signal }

const run = (line: string, lake?: Partial<LakeVerbs>): Promise<Ran> =>
  cli(words(line), lake === undefined ? {} : { lake })

describe('lists', () => {
  test('are arrays of the columns that others rely on', async () => {
    const columns = async (line: string): Promise<string[]> => {
      const [row] = JSON.parse((await run(`${line} --json`)).stdout) as object[]
      return Object.keys(row!)
    }
    expect(await columns('datasets')).toEqual(
      words('name latest versions files bytes created_at description'),
    )
    expect(await columns('versions reads')).toEqual(
      words('dataset version label tags parents files bytes author message hash created_at'),
    )
    expect(await columns('log reads')).toEqual(await columns('versions reads'))
    expect(await columns('diff a b')).toEqual(words('path change old new'))
    expect(await columns('table list reads')).toEqual(words('table rows parts bytes key columns'))
  })

  test('rows come out as they went in', async () => {
    expect(JSON.parse((await run('versions reads --json')).stdout)).toEqual(VERSIONS)
    expect(JSON.parse((await run('log reads --json')).stdout)).toEqual([...VERSIONS].reverse())
    expect(JSON.parse((await run('table list reads --json')).stdout)).toEqual(
      await usual.tables('reads', call),
    )
    for (const line of ['summary reads', 'summary reads --by day']) {
      const by = line.endsWith('day') ? ['day'] : []
      const rows = await usual.summary('reads', by, call)
      const group = by.length === 0 ? {} : { day: '2024-10-04' }
      expect(JSON.parse((await run(`${line} --json`)).stdout)).toEqual([{ ...rows[0], group }])
    }
  })

  test('an empty list is one, too', async () => {
    const lake = { datasets: async () => [] }
    expect((await run('datasets --json', lake)).stdout).toBe('[]\n')
    expect((await run('datasets --format jsonl', lake)).stdout).toBe('')
    expect((await run('datasets --format csv', lake)).stdout).toBe(
      'name,latest,versions,files,bytes,created_at,description\n',
    )
    expect((await run('log reads', { versions: async () => [] })).stdout).toBe('')
  })

  test('log is newest first, and control characters are shown, not sent', async () => {
    const { stdout } = await run('log reads')
    expect(stdout).toBe(`version reads@3 (label: run1, tag: good, tag: paper)
Merge:  reads@1 other@2
Author: Ada \\e[2J
Date:   2026-11-02T12:00:00Z
Files:  12 files, 2.00 KiB
Hash:   h3

    two
    lines

version reads@1
Author: Ada
Date:   2026-11-01T12:00:00Z
Files:  1 file, 10 B
Hash:   h1
`)
  })
})

describe('diff', () => {
  test('plain', async () => {
    expect((await run('diff a b')).stdout).toBe('+ a.txt  2.00 KiB\n- b.txt  3 B\n~ c.txt  1 B → 2 B\n')
  })

  test('of files: bytes and sha256, no more', async () => {
    expect(JSON.parse((await run('diff a b --json')).stdout)).toEqual([
      { path: 'a.txt', change: 'added', old: null, new: { bytes: 2048, sha256: 'aa' } },
      { path: 'b.txt', change: 'removed', old: { bytes: 3, sha256: 'bb' }, new: null },
      { path: 'c.txt', change: 'changed', old: { bytes: 1, sha256: 'c1' }, new: { bytes: 2, sha256: 'c2' } },
    ])
  })

  const visits: Partial<LakeVerbs> = {
    diff: async function* (): AsyncGenerator<DiffRow> {
      const key = { patient: 7n, day: 20000 }
      const old = { cost: 150n, 'seen at': 0n }
      yield { key, change: 'changed', old, new: { cost: 275n, 'seen at': 0n } }
      yield {
        key: { patient: 8n, day: 20000 },
        change: 'added',
        old: null,
        new: { cost: null, 'seen at': null },
      }
    },
  }

  test('of a table: its key, and its other columns with their types', async () => {
    expect(JSON.parse((await run('diff a b --table visits --json', visits)).stdout)).toEqual([
      {
        patient: 7,
        day: '2024-10-04',
        change: 'changed',
        old: { cost: 1.5, 'seen at': '1970-01-01 00:00:00+00' },
        new: { cost: 2.75, 'seen at': '1970-01-01 00:00:00+00' },
      },
      { patient: 8, day: '2024-10-04', change: 'added', old: null, new: { cost: null, 'seen at': null } },
    ])
    expect((await run('diff a b --table visits', visits)).stdout).toBe(
      '~ patient=7, day=2024-10-04  cost\n+ patient=8, day=2024-10-04\n',
    )
  })

  test('a table that only one version has keeps the types of that one', async () => {
    const tables: LakeVerbs['tables'] = async (reference, options) =>
      (await usual.tables(reference, options)).filter(({ table }) => reference !== 'a' || table !== 'visits')
    const { stdout } = await run('diff a b --table visits --format jsonl', { ...visits, tables })
    expect(JSON.parse(stdout.split('\n')[0]!)).toMatchObject({ day: '2024-10-04', new: { cost: 2.75 } })
  })

  const many = (failAt = Number.POSITIVE_INFINITY): Partial<LakeVerbs> => ({
    diff: async function* (): AsyncGenerator<DiffRow> {
      for (let i = 0; i < 5000; i++) {
        if (i === failAt) throw new VarveError('unavailable', 'gone')
        yield { key: { path: `${i}` }, change: 'added', old: null, new: { bytes: i, sha256: `${i}` } }
      }
    },
  })

  test('many rows are one document', async () => {
    const rows = JSON.parse((await run('diff a b --json', many())).stdout) as { path: string }[]
    expect(rows.map(({ path }) => path)).toEqual(Array.from({ length: 5000 }, (_, i) => `${i}`))
    expect((await run('diff a b', many())).stdout.split('\n')).toHaveLength(5001)
  })

  test('nothing is printed when it fails at once', async () => {
    for (const flag of ['', ' --json', ' --format csv'])
      expect(await run(`diff a b${flag}`, many(0))).toMatchObject({ code: 18, stdout: '' })
    expect(await run('diff a b --json', many(3000))).toMatchObject({ code: 18 })
  })
})

describe('files', () => {
  test('the next page is in the JSON, else the last line on stderr', async () => {
    const json = await run('files reads --json')
    expect(json.stderr).toBe('')
    expect(JSON.parse(json.stdout)).toEqual({
      rows: [
        {
          path: 'a.txt',
          bytes: '9007199254740993',
          modified_at: '1970-01-01 00:00:00+00',
          image: { width: 4 },
          n: null,
        },
        { path: 'b,"c".txt', bytes: 5, modified_at: '1970-01-01 00:00:01.5+00', image: null, n: 1.5 },
      ],
      next: 'CURSOR',
    })
    for (const flags of ['', ' --format csv', ' --format jsonl', ' --format table --quiet'])
      expect((await run(`files reads${flags}`)).stderr).toBe('CURSOR\n')
  })

  test('the last page has none', async () => {
    const files: LakeVerbs['files'] = async (reference, options) => ({
      ...(await usual.files(reference, options)),
      rows: [],
      next: null,
    })
    expect((await run('files reads', { files })).stderr).toBe('')
    expect(JSON.parse((await run('files reads --json', { files })).stdout)).toEqual({ rows: [], next: null })
    expect((await run('files reads --format csv', { files })).stdout).toBe('path,bytes,modified_at,image,n\n')
  })
})

describe('verify and gc', () => {
  const damaged: Partial<LakeVerbs> = {
    verify: async (what, options) => ({
      ...(await usual.verify(what, options)),
      damaged: [
        {
          dataset: 'reads',
          version: 3,
          path: 'a.txt',
          object: 'objects/aa/1',
          status: 'missing',
          message: 'it is not there',
        },
        {
          dataset: 'reads',
          version: 3,
          path: null,
          object: 'datasets/reads/parts/2',
          status: 'corrupt',
          message: 'other bytes',
        },
      ],
    }),
  }

  test('damage is listed and ends with 12', async () => {
    const plain = await run('verify reads', damaged)
    expect(plain).toMatchObject({ code: 12, stderr: 'varve: reads: 2 objects damaged\n' })
    expect(plain.stdout).toBe(`missing  reads@3  a.txt  objects/aa/1  it is not there
corrupt  reads@3  datasets/reads/parts/2  other bytes
damaged  2 versions, 2 tables, 3 parts, 12 files, 4.00 KiB read
`)
    const json = await run('verify --json', damaged)
    expect(json.code).toBe(12)
    expect(JSON.parse(json.stdout)).toMatchObject({
      versions: 2,
      damaged: [{ path: 'a.txt' }, { path: null }],
    })
    expect(JSON.parse(json.stderr)).toMatchObject({
      code: 'invalid-data',
      message: 'the lake: 2 objects damaged',
    })
  })

  test('a dry run says what would be', async () => {
    expect((await run('gc --dry-run')).stdout).toBe(
      'objects/aa/1\nobjects/bb/2\nwould delete  2 objects, 2.00 KiB\n',
    )
    expect((await run('gc')).stdout).toMatch(/\ndeleted {2}2 objects, 2.00 KiB\n$/)
  })
})

describe('files that fail', () => {
  const failures = [
    { path: 'a.txt', error: new VarveError('denied', 'a.txt cannot be read: permission denied') },
    { path: 'b.txt', error: new VarveError('invalid-input', 'the name is hostile') },
  ]
  const adding = (changes: Partial<AddReport>): Partial<LakeVerbs> => ({
    add: async (paths, options) => ({ ...(await usual.add(paths, { ...options, ...call })), ...changes }),
  })
  const nothing = { added: 0, changed: 0, unchanged: 0, created: false, version: 0 }

  test('some: 3, the rest is done, each one listed', async () => {
    const ran = await run('add p --dataset reads', adding({ failed: failures }))
    expect(ran).toMatchObject({
      code: 3,
      stdout: 'made   reads@3  2 added, 1 changed\n       3 unchanged, 2 failed, 1.00 KiB of 2.00 KiB sent\n',
      stderr:
        'varve: a.txt cannot be read: permission denied\nvarve: b.txt: the name is hostile\nvarve: 2 of 8 files failed\n',
    })
    const json = await run('add p --dataset reads --json', adding({ failed: failures }))
    expect(json.code).toBe(3)
    expect(JSON.parse(json.stdout)).toMatchObject({
      dataset: 'reads',
      version: 3,
      created: true,
      failed: [
        { path: 'a.txt', code: 'denied', message: 'a.txt cannot be read: permission denied' },
        { path: 'b.txt', code: 'invalid-input', message: 'the name is hostile' },
      ],
    })
    expect(JSON.parse(json.stderr)).toMatchObject({ message: '2 of 8 files failed' })
  })

  test('one of several: 3; the only one: its own code; all of several: 3', async () => {
    const one = failures.slice(0, 1)
    expect((await run('add p --dataset d', adding({ failed: one }))).code).toBe(3)
    expect(await run('add p --dataset d', adding({ ...nothing, failed: one }))).toMatchObject({
      code: 16,
      stdout: '',
      stderr: 'varve: a.txt cannot be read: permission denied\n',
    })
    expect((await run('add p --dataset d', adding({ ...nothing, failed: failures }))).code).toBe(3)
  })

  test('get does the same', async () => {
    const getting = (changes: Partial<GetReport>): Partial<LakeVerbs> => ({
      get: async (reference, folder, options) => ({
        ...(await usual.get(reference, folder, { ...options, ...call })),
        ...changes,
      }),
    })
    const some = await run('get reads out --json', getting({ failed: failures }))
    expect(some.code).toBe(3)
    expect(JSON.parse(some.stdout)).toMatchObject({
      files: 12,
      failed: [{ path: 'a.txt' }, { path: 'b.txt' }],
    })
    const only = getting({ files: 0, bytes: 0, written: 0, failed: failures.slice(0, 1) })
    expect((await run('get reads out', only)).code).toBe(16)
  })
})

describe('versions that are made, or not', () => {
  test('no change makes no version', async () => {
    const remove: LakeVerbs['remove'] = async (dataset, paths, options) => ({
      ...(await usual.remove(dataset, paths, options)),
      created: false,
    })
    expect((await run('rm reads a', { remove })).stdout).toBe('there  reads@3  nothing changed\n')
    expect(JSON.parse((await run('rm reads a --json', { remove })).stdout)).toMatchObject({ created: false })
  })

  test('a label is said', async () => {
    const move: LakeVerbs['move'] = async (dataset, from, to, options) => ({
      ...(await usual.move(dataset, from, to, options)),
      label: 'run1',
    })
    expect((await run('mv reads a b', { move })).stdout).toBe('made   reads@3  1 file moved, labelled run1\n')
  })

  test('a merge with conflicts makes none: 14, each key listed', async () => {
    const merge: LakeVerbs['merge'] = async (from, into, options): Promise<MergeReport> => ({
      ...(await usual.merge(from, into, options)),
      created: false,
      conflicts: [
        { table: 'files', key: { path: 'a.txt' } },
        { table: 'visits', key: { patient: 7n, day: 20000 } },
      ],
    })
    expect(await run('merge new reads', { merge })).toMatchObject({
      code: 14,
      stdout: '',
      stderr:
        'conflict  files  a.txt\nconflict  visits  patient=7, day=2024-10-04\n' +
        'varve: 2 keys of reads changed on both sides since new parted from it: nothing was merged\n',
    })
    const json = await run('merge new reads --json', { merge })
    expect(json.code).toBe(14)
    expect(JSON.parse(json.stdout)).toMatchObject({ created: false, conflicts: [{ table: 'files' }, {}] })
    expect(JSON.parse(json.stderr)).toMatchObject({
      code: 'conflict',
      details: { conflicts: [{ key: { path: 'a.txt' } }, { key: { patient: 7, day: '2024-10-04' } }] },
    })
  })

  test('a plan is printed and says what is missing', async () => {
    const expected = `version   reads@3
policy    copy
files     12, 4.88 KiB
to carry  10 objects, 4.00 KiB
present   1 object
missing   1 object
          objects/aa/aa11
`
    expect((await run('export reads@3 f --plan')).stdout).toBe(expected)
    expect((await run('import f --plan')).stdout).toBe(expected)
    expect((await run('import f')).stdout).toBe('made   reads@3  12 files from f\n')
  })
})

test('the cards of a summary', async () => {
  expect((await run('summary reads')).stdout).toBe(`files     12
bytes     2,048 (2.00 KiB)
modified  2026-01-01T00:00:00Z to 2026-11-01T00:00:00Z
formats
  fastq   10 files, 1.95 KiB
  unknown 2 files, 48 B
`)
  const grouped = await run('summary reads --by day --format csv')
  expect(grouped.stdout).toContain("{'day': 2024-10-04}")
})

test('help lists the commands by what they are about', async () => {
  const { stdout } = await cli(['--help'])
  const headings = stdout.split('\n').filter((line) => /^\w.*:$/.test(line))
  expect(headings).toEqual([
    'Options:',
    'Global options:',
    'SQL and single files:',
    'Lakes, datasets and versions:',
    'Files and tables of versions:',
    'Between lakes, branches and tools:',
    'Mounts:',
    'Other programs:',
    'Commands:',
    'Examples:',
  ])
})
