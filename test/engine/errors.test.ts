import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { fromDuckdb } from '../../src/engine/duckdb-errors.ts'
import { VarveError } from '../../src/errors.ts'
import { readsTable } from './fake-scan.ts'
import { testSession } from './sessions.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-errors-'))
mkdirSync(join(folder, 'dir.parquet'))
writeFileSync(join(folder, 'bad.csv'), 'a,b\n1,2\n3,4,5,6\n')
writeFileSync(join(folder, 'bad.parquet'), 'this is no parquet file at all')
const { session, rows } = testSession({ t: readsTable(3) })
afterAll(async () => {
  await session.close()
  rmSync(folder, { recursive: true })
})

describe("DuckDB's own errors", () => {
  const cases: [sql: string, code: string, message: RegExp][] = [
    ['selekt 1', 'invalid-input', /^Parser Error: syntax error at or near "selekt"/],
    ['select x', 'invalid-input', /^Binder Error: /],
    ['from nowhere', 'invalid-input', /^Catalog Error: Table with name nowhere does not exist/],
    ["from 'nowhere.fastq'", 'not-found', /nowhere\.fastq/],
    ["from 'no/such.csv'", 'not-found', /no\/such\.csv/],
    ["from read_csv('no/such.csv')", 'not-found', /no\/such\.csv/],
    ['select nofunction(1)', 'invalid-input', /^Catalog Error/],
    ["select 'x'::integer", 'invalid-data', /^Conversion Error/],
    ["select t::integer from (values ('1'), ('x')) v(t)", 'invalid-data', /^Conversion Error/],
    ['select 2147483647::integer + 1::integer', 'invalid-data', /^Out of Range Error/],
    [
      `from read_csv('${join(folder, 'bad.csv')}', columns = {'a': 'integer', 'b': 'integer'}, auto_detect = false, header = true)`,
      'invalid-data',
      /CSV Error/,
    ],
    [`from '${join(folder, 'bad.parquet')}'`, 'invalid-data', /Parquet|magic/i],
    ["select error('own words')", 'invalid-input', /own words/],
    ['select $1', 'invalid-input', /parameter/i],
    ["copy (select 1) to '/proc/nothing/x.csv'", 'not-found', /IO Error/],
    [
      'create table k (a integer primary key, b integer not null); insert into k values (1, 1), (1, 2)',
      'conflict',
      /duplicate key/i,
    ],
    ['insert into k values (2, null)', 'invalid-data', /NOT NULL/i],
    ["set memory_limit = '1MB'; select list(range) from range(10000000)", 'unavailable', /Out of Memory/],
    ["reset memory_limit; load 'nonesuch'", 'not-found', /nonesuch/],
  ]
  it.each(cases)('%s', async (sql, code, message) => {
    const failure = await rows(sql).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failure).toMatchObject({ name: 'VarveError', code, message: expect.stringMatching(message) })
  })

  it('show the statement without what the rewrite added', async () => {
    const failure = rows("select nope from read_fastq('t') where record = 3")
    await expect(failure).rejects.toThrow(/where record = 3/)
    await expect(failure).rejects.not.toThrow(/__varve/)
  })

  it('name the options of a function without the hidden one', async () => {
    const failure = rows("from read_fastq('t', nope := 1)")
    await expect(failure).rejects.toThrow(/Candidates:\n +filename BOOLEAN\n +skip BIGINT\n/)
    await expect(failure).rejects.not.toThrow(/__varve/)
  })

  it('an unknown kind is invalid-input, no kind at all internal', () => {
    expect(fromDuckdb('Strange Error: x').code).toBe('invalid-input')
    expect(fromDuckdb('x').code).toBe('internal')
    expect(fromDuckdb('INTERNAL Error: x').code).toBe('internal')
    expect(fromDuckdb('IO Error: Cannot open file "/x": Permission denied').code).toBe('denied')
    expect(fromDuckdb('INTERRUPT Error: Interrupted!').code).toBe('aborted')
  })

  it('a database that cannot be opened says so', async () => {
    const missing = testSession({}, { database: join(folder, 'no', 'such', 'x.duckdb') })
    await expect(missing.rows('select 1')).rejects.toMatchObject({ code: 'not-found' })
    await missing.session.close()
    const wrong = testSession({}, { settings: { no_such_setting: '1' } })
    await expect(wrong.rows('select 1')).rejects.toMatchObject({ name: 'VarveError' })
    await wrong.session.close()
  })
})

describe('errors that come when rows were given already', () => {
  const late = "cast(case when range = 300000 then 'x' else range::varchar end as integer)"

  it.each([
    [`select ${late} from range(2000000)`, /^Conversion Error: Could not convert string 'x'/],
    [`select ${late} as n, $1 as p from range(2000000)`, /^Conversion Error/],
    [`with q as (select ${late} as n from range(2000000)) select n, uuid() from q`, /^Conversion Error/],
    ["select error(case when range = 300000 then 'boom' end) from range(1000000)", /boom/],
  ])('are no end of the rows: %s', async (sql, message) => {
    for (let round = 0; round < 3; round++)
      await expect(rows(sql, { params: ['a'] })).rejects.toMatchObject({
        code: expect.stringMatching(/^invalid-/),
        message: expect.stringMatching(message),
      })
    expect(await rows('select 1')).toEqual([[1]])
  })

  it('but a query that was cancelled is not run again to find out what it lacks', async () => {
    // Behind the first rows it finds so few that the interrupt meets a fetch; run again, it would take an hour.
    const sparse = 'from range(100000000000) where range < 200000 or range % 20000000 = 7'
    const abort = new AbortController()
    const reading = async (): Promise<void> => {
      for await (const result of session.run(sparse, { signal: abort.signal })) {
        setTimeout(() => abort.abort(), 50)
        for await (const _ of result.batches);
      }
    }
    await expect(reading()).rejects.toMatchObject({ code: 'aborted' })
    expect(await rows('select 1')).toEqual([[1]])
  })

  it('nor are those of a scan', async () => {
    const error = new VarveError('invalid-data', 'fastq: record 90000 is damaged', { record: 90000 })
    const table = { ...readsTable(200_000), fail: { batch: 50, error } }
    const late = testSession({ t: table })
    try {
      for (let round = 0; round < 3; round++)
        await expect(late.rows("from read_fastq('t')")).rejects.toMatchObject({
          code: 'invalid-data',
          message: 'fastq: record 90000 is damaged',
          details: { record: 90000 },
        })
    } finally {
      await late.session.close()
    }
  })
})
