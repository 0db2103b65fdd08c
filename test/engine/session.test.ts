import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { guard } from '../../src/engine/thread/table-functions.ts'
import { VarveError } from '../../src/errors.ts'
import { readsTable } from './fake-scan.ts'
import { testSession } from './sessions.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-session-'))
const path = (name: string): string => join(folder, name)
const broken = new VarveError('unavailable', 'the store went away', {})
const { session, scan, rows } = testSession(
  {
    t: readsTable(5000),
    's3://b/reads.fastq.gz': readsTable(10),
    's3://b/broken.fastq': readsTable(10_000, { fail: { batch: 2, error: broken } }),
    's3://b/slow.fastq': readsTable(10_000, { delay: Number.POSITIVE_INFINITY }),
  },
  { settings: { threads: '2' } },
)
afterAll(async () => {
  await session.close()
  rmSync(folder, { recursive: true })
})

describe('a session that starts', () => {
  it('tells the scan layer of the files of its first statements while the engine is not there yet', async () => {
    const told: (readonly string[])[] = []
    const { scan, ...first } = testSession({ 's3://b/reads.fastq.gz': readsTable(10) })
    scan.prepare = (texts) => void told.push(texts)
    const reading = first.rows("select 1; from 's3://b/reads.fastq.gz'")
    expect(told).toEqual([['s3://b/reads.fastq.gz']])
    expect(scan.binds).toEqual([])
    expect(await reading).toHaveLength(10)
    await first.rows("from 's3://b/reads.fastq.gz'")
    expect(told).toHaveLength(1)
    await first.session.close()
  })
})

describe('run', () => {
  it('runs the statements of a text one after the other', async () => {
    const seen: unknown[] = []
    for await (const result of session.run(
      'create table a (x integer); -- c\n insert into a values (1), (2);; from a order by x',
    )) {
      for await (const batch of result.batches) seen.push(batch.rows)
      seen.push(result.columns.map(({ name }) => name))
    }
    expect(seen).toEqual([[], [], 2, ['x']])
  })

  it('a text without a statement is nothing', async () => {
    for await (const result of session.run(' -- nothing; \n ;')) throw new Error(`got ${result.returns}`)
  })

  it('stops at the first statement that fails', async () => {
    await expect(rows('create table b (x integer); selekt; create table c (x integer)')).rejects.toThrow(
      /selekt/,
    )
    expect(await rows('from b')).toEqual([])
    await expect(rows('from c')).rejects.toThrow(/does not exist/)
  })

  it('rows that are not read do not hold up the next statement', async () => {
    const names: string[][] = []
    for await (const result of session.run("from read_fastq('t'); select 1 as one"))
      names.push(result.columns.map(({ name }) => name))
    expect(names.at(-1)).toEqual(['one'])
    expect(scan.counts.open).toBe(0)
  })

  it('a caller that leaves in the middle leaves the session free', async () => {
    for await (const _ of session.run("from read_fastq('t'); select 1")) break
    expect(scan.counts.open).toBe(0)
    expect(await rows('select 2')).toEqual([[2]])
  })

  it('takes turns when asked at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, (_, i) => rows(`select ${i} + count(*) from read_fastq('t')`)),
    )
    expect(answers).toEqual([0n, 1n, 2n, 3n, 4n].map((i) => [[5000n + i]]))
  })

  it('reads paths as tables, by their names', async () => {
    expect(await rows("select reads.record from 's3://b/reads.fastq.gz' where reads.record > 7")).toEqual([
      [8n],
      [9n],
    ])
    expect(await rows("create view v as from 's3://b/reads.fastq.gz'; select count(*) from v")).toEqual([
      [10n],
    ])
    expect(await rows("pivot (from 's3://b/reads.fastq.gz') on record % 2 using count(*)")).toHaveLength(10)
    expect(
      await rows("pivot 's3://b/reads.fastq.gz' on record in (1, 2) using count(*) group by sequence"),
    ).toHaveLength(10)
    expect((await rows("summarize 's3://b/reads.fastq.gz'")).map(([name]) => name)).toEqual([
      'id',
      'sequence',
      'quality',
      'record',
    ])
    expect(await rows("describe 's3://b/reads.fastq.gz'")).toHaveLength(4)
    expect(await rows("explain from 's3://b/reads.fastq.gz'")).toHaveLength(1)
    expect(
      await rows(
        "create table i (id varchar); insert into i select id from 's3://b/reads.fastq.gz'; select count(*) from i",
      ),
    ).toEqual([[10n]])
  })
})

describe('parameters', () => {
  it('by number, by place and by name', async () => {
    expect(await rows('select $2, $1', { params: [1, 'b'] })).toEqual([['b', 1]])
    expect(await rows('select ?, ?', { params: [null, true] })).toEqual([[null, true]])
    expect(await rows('select $x + $x', { params: { x: 2, unused: 3 } })).toEqual([[4]])
    expect(await rows('select $only', { params: { only: 9007199254740993n } })).toEqual([[9007199254740993n]])
    expect(await rows('select $1', { params: ['a', 'unused'] })).toEqual([['a']])
  })

  it('of every kind', async () => {
    const { session: _, ...value } = {
      session: 0,
      a: 1.5,
      b: [1, 2.5, null],
      c: { k: ['x'], n: null },
      d: -0,
      e: 2n ** 100n,
      f: [1, 5_000_000_000],
    }
    expect(
      await rows('select $a, $b, $c.k[1], $d, $e, $f[2], typeof($a), typeof($b), typeof($f)', {
        params: value,
      }),
    ).toEqual([[1.5, [1, 2.5, null], 'x', -0, 2n ** 100n, 5_000_000_000n, 'DOUBLE', 'DOUBLE[]', 'BIGINT[]']])
    await expect(rows('select $1', { params: [[1, 'a']] })).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'a list parameter has items of several types, expected one',
    })
    await expect(rows('select $1', { params: [2n ** 130n] })).rejects.toMatchObject({ code: 'invalid-input' })
  })

  it('in several statements, each taking its own', async () => {
    expect(
      await rows('create table p as select $a as a; select a, $b from p', { params: { a: 1, b: 2 } }),
    ).toEqual([[1, 2]])
  })

  it('missing ones are an error', async () => {
    await expect(rows('select $1, $2', { params: [1] })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(rows('select $2', { params: [1, 2] })).rejects.toThrow(
      /^\$2 is used without those before it/,
    )
    await expect(rows('select $x', { params: { y: 1 } })).rejects.toMatchObject({ code: 'invalid-input' })
  })
})

describe('write', () => {
  it("writes the last statement's rows as Parquet", async () => {
    const sql =
      "create temp table w as from read_fastq('t'); select id, record from w where record >= $1 -- last"
    expect(await session.write(sql, path('a.parquet'), 'parquet', { params: [4000] })).toEqual({ rows: 1000 })
    expect(await rows(`select count(*), min(record) from '${path('a.parquet')}'`)).toEqual([[1000n, 4000n]])
    expect(await session.write("summarize 's3://b/reads.fastq.gz'", path('s.parquet'), 'parquet')).toEqual({
      rows: 4,
    })
    expect(await session.write("from 's3://b/reads.fastq.gz'", path("it's.parquet"), 'parquet')).toEqual({
      rows: 10,
    })
  })

  it('leaves nothing, and what was there, when it fails or is cancelled', async () => {
    await session.write('select 1 as x', path('kept.parquet'), 'parquet')
    await expect(session.write("from 's3://b/broken.fastq'", path('kept.parquet'), 'parquet')).rejects.toBe(
      broken,
    )
    await expect(session.write("from 's3://b/broken.fastq'", path('new.parquet'), 'parquet')).rejects.toBe(
      broken,
    )
    const control = new AbortController()
    const writing = session.write("from 's3://b/slow.fastq'", path('new.parquet'), 'parquet', {
      signal: control.signal,
    })
    setTimeout(() => control.abort(), 100)
    await expect(writing).rejects.toMatchObject({ code: 'aborted' })
    expect(await rows(`from '${path('kept.parquet')}'`)).toEqual([[1]])
    expect(existsSync(path('new.parquet'))).toBe(false)
    expect(readdirSync(folder).filter((name) => name.includes('tmp'))).toEqual([])
  })

  it('refuses what has no rows', async () => {
    await expect(session.write(' ; ', path('x.parquet'), 'parquet')).rejects.toMatchObject({
      code: 'invalid-input',
    })
    await expect(
      session.write('create table no (a integer)', path('x.parquet'), 'parquet'),
    ).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(session.write('select 1', path('no/such/x.parquet'), 'parquet')).rejects.toMatchObject({
      code: 'not-found',
    })
  })
})

describe('complete', () => {
  it("knows keywords, tables, columns and varve's functions", async () => {
    await rows('create or replace table genomes (chromosome varchar)')
    const texts = async (text: string): Promise<string[]> =>
      (await session.complete(text)).map((s) => s.text.trim())
    expect(await texts('sel')).toContain('select')
    expect(await texts('select * from read_f')).toContain('read_fastq')
    expect(await texts('select * from gen')).toContain('genomes')
    expect(await texts('select chromo')).toEqual(
      expect.arrayContaining([expect.stringContaining('chromosome')]),
    )
    expect(await texts('from ')).toContain('slices')
    const [first] = await session.complete('from read_fast')
    expect(first).toEqual({ text: 'read_fastq', start: 5 })
  })

  it('answers while a statement runs, and neither disturbs the other', async () => {
    for (let i = 0; i < 10; i++) {
      const running = rows("from 's3://b/reads.fastq.gz'")
      expect((await session.complete('sel')).length).toBeGreaterThan(0)
      expect(await running).toHaveLength(10)
    }
  })

  it('answers in a database with a view over a scan that nobody has bound', async () => {
    const database = path('v.duckdb')
    const first = testSession({ v: readsTable(1) }, { database })
    await first.rows("create view reads_view as from read_fastq('v')")
    await first.session.close()
    const second = testSession({ v: readsTable(1) }, { database })
    expect((await second.session.complete('select * from reads_v')).map((s) => s.text)).toContain(
      'reads_view',
    )
    await second.session.complete('select i from reads_view where ')
    expect(await second.rows('select count(*) from reads_view')).toEqual([[1n]])
    await second.session.close()
  })
})

describe('a session on a file', () => {
  it('keeps its tables', async () => {
    const database = path('x.duckdb')
    const first = testSession({}, { database })
    await first.rows('create table kept as select 7 as x')
    await first.session.close()
    const second = testSession({}, { database })
    expect(await second.rows('from kept')).toEqual([[7]])
    await second.session.close()
    await second.session.close()
  })
})

describe('callbacks', () => {
  it('that return a promise are refused', () => {
    const errors: unknown[] = []
    guard(
      async () => 1,
      (error) => errors.push(error),
    )
    guard(
      () => Promise.reject(new Error('late')),
      (error) => errors.push(error),
    )
    expect(errors).toHaveLength(2)
    expect(errors[0]).toMatchObject({ code: 'internal', message: expect.stringContaining('promise') })
  })
})
