/** A path is a table, wherever SQL takes one. */

import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { csvText, fastqText } from './data.ts'
import { HostedWorkplace } from './hosted.ts'
import { expectFailure, MAIN, type Row } from './program.ts'

const place = new HostedWorkplace()

beforeAll(() => {
  mkdirSync(place.path('run'))
  writeFileSync(place.path('run/a.fastq'), fastqText(10, 20, 1))
  writeFileSync(place.path('run/b.fastq.gz'), gzipSync(fastqText(20, 30, 2)))
  writeFileSync(place.path('run/c.fq'), fastqText(5, 40, 3))
  writeFileSync(place.path('scores.csv'), csvText(50))
  writeFileSync(place.path('notes.txt'), 'one two\nthree\n')
  writeFileSync(place.path('binary.fq'), fastqText(1))
  writeFileSync(place.path('7001_1#52.fastq'), fastqText(2))
  writeFileSync(place.path('reads.dat'), fastqText(4))
})
afterAll(() => place.remove())

test.concurrent.each<[string, unknown[]]>([
  ["select count(*) as n from 'run/a.fastq'", [{ n: 10 }]],
  [`select count(*) as n from "run/a.fastq"`, [{ n: 10 }]],
  ["select a.id, record from 'run/a.fastq' where record = 3", [{ id: 'r3', record: 3 }]],
  ["from 'run/a.fastq' as x select x.id limit 1", [{ id: 'r0' }]],
  ["select count(*) as n from 'binary.fq'", [{ n: 1 }]],
  ["select count(*) as n from '7001_1#52.fastq'", [{ n: 2 }]],
  ["select count(*) as n from 'reads.dat'", [{ n: 4 }]],
  ["select count(*) as n from 'file://FOLDER/reads.dat'", [{ n: 4 }]],
  ["select count(*) as n, count(distinct filename) as files from 'run/*'", [{ n: 35, files: 3 }]],
  ["select count(id) as n from 'file://FOLDER/run/a.fastq'", [{ n: 10 }]],
  ["select count(*) as n from 'run/a.fastq' join 'run/b.fastq.gz' using (record)", [{ n: 10 }]],
  ["select count(*) as n from 'run/a.fastq' x, 'run/a.fastq' y where x.record = y.record + 1", [{ n: 9 }]],
  ["select count(*) as n from (from 'run/a.fastq' union all from 'run/c.fq')", [{ n: 15 }]],
  [
    "select count(*) as n from 'run/a.fastq' where record in (select id from 'scores.csv' where id > 7)",
    [{ n: 2 }],
  ],
  ["select (select max(record) from 'run/b.fastq.gz') as n", [{ n: 19 }]],
  ["with x as (from 'run/a.fastq' where record < 4) select count(*) as n from x, x as y", [{ n: 16 }]],
  [
    "create table t as from 'run/a.fastq' where record >= 8; select id from t order by id",
    [{ id: 'r8' }, { id: 'r9' }],
  ],
  ["create view v as from 'run/a.fastq'; select count(*) as n from v where record < 3", [{ n: 3 }]],
  [
    "create table t as from 'run/a.fastq' limit 0; insert into t from 'run/c.fq'; select count(*) as n from t",
    [{ n: 5 }],
  ],
  [
    "copy (from 'run/a.fastq' where record < 2) to 'out.parquet'; select id from 'out.parquet'",
    [{ id: 'r0' }, { id: 'r1' }],
  ],
  [
    "copy (select id from 'run/a.fastq') to 'out.csv'; select count(*) as n from read_csv('out.csv')",
    [{ n: 10 }],
  ],
  [
    "pivot (select filename, 1 as one from 'run/*.{fastq,fq}') on filename using count(*)",
    [{ one: 1, 'run/a.fastq': 10, 'run/c.fq': 5 }],
  ],
  ["prepare p as select count(*) as n from 'run/a.fastq' where record < $1; execute p(4)", [{ n: 4 }]],
  ["create macro m(p) as table from read_fastq(p); select count(*) as n from m('run/c.fq')", [{ n: 5 }]],
  [
    "attach 'kept.duckdb' as d; create or replace table d.t as from 'run/c.fq'; select count(*) as n from d.t",
    [{ n: 5 }],
  ],
  ["select line from 'notes.txt'", [{ line: 'one two' }, { line: 'three' }]],
  ["select word, record from read_words('notes.txt') where record = 1", [{ word: 'two', record: 1 }]],
  ["select count(*) as n from read_auto('scores.csv', format := 'lines')", [{ n: 51 }]],
  ["select name, score from 'scores.csv' where id = 5", [{ name: 'name 5', score: 1.25 }]],
  [
    "select count(*) as n from 'scores.csv' s join read_csv('scores.csv') t using (id, name, score)",
    [{ n: 50 }],
  ],
])('%s', async (sql, expected) => {
  expect(await place.rows(sql.replace('FOLDER', place.dir))).toEqual(expected)
})

describe.concurrent('descriptions', () => {
  test('DESCRIBE and SUMMARIZE, with FROM and without', async () => {
    const columns = ['id', 'description', 'sequence', 'quality', 'record']
    for (const sql of ["describe 'run/a.fastq'", "describe from 'run/a.fastq'", "summarize 'run/a.fastq'"])
      expect(
        (await place.rows(sql)).map((row) => row.column_name),
        sql,
      ).toEqual(columns)
  })

  test('EXPLAIN prints its plan, EXPLAIN ANALYZE what it did', async () => {
    const plain = await place.run(['sql', '-c', "explain from 'run/a.fastq' where record < 3"])
    expect(plain.code).toBe(0)
    expect(plain.stdout).toMatch(/^┌─+┐\n│ +PROJECTION +│\n/)
    expect(plain.stdout).not.toMatch(/\\n|explain_key/)
    const analyzed = await place.run(['sql', '-c', "explain analyze select count(id) from 'run/a.fastq'"])
    expect(analyzed.stdout).toMatch(/READ_AUTO.*10 rows/s)
    const [row] = await place.rows("explain from 'run/a.fastq'")
    expect(row).toMatchObject({ explain_key: 'physical_plan' })
  })

  test('EXPLAIN knows how many rows a pruned scan has', async () => {
    await place.run(['index', 'run/a.fastq'])
    const { stdout } = await place.run(['sql', '-c', "explain from 'run/a.fastq'"])
    expect(stdout).toContain('~10 rows')
  })
})

describe.concurrent('many files', () => {
  const byFile =
    'select filename, count(*)::int as n, min(record) as first from FILES group by all order by all'

  test('a pattern, a list, and both', async () => {
    const expected = [
      { filename: 'run/a.fastq', n: 10, first: 0 },
      { filename: 'run/b.fastq.gz', n: 20, first: 0 },
      { filename: 'run/c.fq', n: 5, first: 0 },
    ]
    const ask = (files: string): Promise<Row[]> => place.rows(byFile.replace('FILES', files))
    expect(await ask("read_fastq('run/*')")).toEqual(expected)
    expect(await ask("read_fastq(['run/a.fastq', 'run/b.fastq.gz', 'run/c.fq'])")).toEqual(expected)
    expect(await ask("read_fastq(['run/*.fq', 'run/*.fastq*'])")).toEqual(expected)
    expect(await ask("'run/**/*.fastq*'")).toEqual(expected.slice(0, 2))
    expect(await ask("'run/{a.fastq,c.fq}'")).toEqual([expected[0], expected[2]])
    expect(await ask("'file://FOLDER/run/?.fq'".replace('FOLDER', place.dir))).toEqual([
      { ...expected[2], filename: `file://${place.dir}/run/c.fq` },
    ])
  })

  test('filename comes when asked for, also of one file, and last', async () => {
    const [row] = await place.rows("from read_fastq('run/a.fastq', filename := true) limit 1")
    expect(Object.keys(row!)).toEqual(['id', 'description', 'sequence', 'quality', 'record', 'filename'])
    expect(row?.filename).toBe('run/a.fastq')
    const [other] = await place.rows("from 'run/a.fastq' limit 1")
    expect(other).not.toHaveProperty('filename')
  })

  test('more files than descriptors: none is kept open', async () => {
    mkdirSync(place.path('lots'))
    for (let i = 0; i < 150; i++) writeFileSync(place.path(`lots/${i}.fastq`), fastqText(2, 20, i))
    const sql = "select count(*) as n, count(distinct filename) as files from 'lots/*.fastq'"
    // Once building the indexes, once with them.
    for (let time = 0; time < 2; time++) {
      const words = ['-c', 'ulimit -n 80; exec "$@"', 'bash', process.execPath, MAIN, 'sql', '-c', sql]
      const { stdout } = await promisify(execFile)('bash', [...words, '--format', 'csv'], {
        cwd: place.dir,
        env: place.env,
      })
      expect(stdout).toBe('n,files\n300,150\n')
    }
  })

  test('files in another format, or with other columns, are refused by name', async () => {
    const ended = await place.run(['sql', '-c', "from read_auto(['scores.csv', 'notes.txt'])", '--json'])
    expect(ended.code).toBe(12)
    expect(ended.stderr).toMatch(/notes\.txt/)
  })
})

test.concurrent('names that nobody reads stay errors, and no extension is looked for on the network', async () => {
  const ask = (path: string): string[] => ['sql', '-c', `from '${path}'`]
  await expectFailure(place, ask('none.dat'), 'not-found', /none\.dat does not exist/)
  await expectFailure(place, ask('run/'), 'invalid-input', /run\/ names a folder, expected a file/)
  await expectFailure(place, ask('gs://bucket/x.dat'), 'unsupported', /no store for gs:\/\//)
  await expectFailure(place, ask('https://example.org/x.parquet'), 'unsupported', /no store for https:\/\//)
})

test.concurrent('pushdown changes bytes, never rows', async () => {
  for (const where of [
    'record between 3 and 5',
    'record in (1, 7, 100)',
    'record < 3 or id = $$r9$$',
    'not record < 8',
  ]) {
    const sql = `select id from 'run/b.fastq.gz' where ${where} order by record`
    expect(await place.rows(sql), where).toEqual(await place.rows(sql, { argv: ['--no-pushdown'] }))
  }
})
