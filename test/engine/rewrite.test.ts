import { describe, expect, it } from 'vitest'
import { defaultAlias } from '../../src/engine/rewrite/paths.ts'
import { asked, pushed, rewrite, statementsIn, unhidden } from './rewriting.ts'

describe('paths as tables', () => {
  const cases: [sql: string, rewritten: string][] = [
    ["FROM 's3://b/x.fastq.gz' LIMIT 5", "FROM read_auto('s3://b/x.fastq.gz') as x LIMIT 5"],
    ['select x.id from "s3://b/x.fastq"', "select x.id from read_auto('s3://b/x.fastq') as x"],
    ["from 's3://b/*.fastq'", "from read_auto('s3://b/*.fastq')"],
    ["from 's3://b/it''s é.fastq' t", "from read_auto('s3://b/it''s é.fastq') t"],
    ["from 's3://b/select.fastq'", 'from read_auto(\'s3://b/select.fastq\') as "select"'],
    ["from 's3://b/1 x.fastq'", 'from read_auto(\'s3://b/1 x.fastq\') as "1 x"'],
    ["from E's3://b/x'", "from read_auto('s3://b/x') as x"],
    ["select 'é', a from 'here.fastq' as t(a, b)", "select 'é', a from read_auto('here.fastq') as t(a, b)"],
    ["from t, 's3://b/x', 'lake://d/y' z", "from t, read_auto('s3://b/x') as x, read_auto('lake://d/y') z"],
    [
      "from 's3://b/x' join 'gs://b/y' using (id)",
      "from read_auto('s3://b/x') as x join read_auto('gs://b/y') as y using (id)",
    ],
    [
      "with c as (from 'az://b/x') select (select max(id) from 'file:///y.fq') from c",
      "with c as (from read_auto('az://b/x') as x) select (select max(id) from read_auto('file:///y.fq') as y) from c",
    ],
    [
      "(from 's3://b/x') union all (from 's3://b/y')",
      "(from read_auto('s3://b/x') as x) union all (from read_auto('s3://b/y') as y)",
    ],
    ["from 's3://b/x' tablesample 10%", "from read_auto('s3://b/x') as x tablesample 10%"],
    ["summarize 's3://b/x'", "summarize from read_auto('s3://b/x')"],
    ["describe 's3://b/x'", "describe from read_auto('s3://b/x')"],
    ["table 's3://b/x'", "from read_auto('s3://b/x')"],
    ["explain from 's3://b/x'", "explain from read_auto('s3://b/x') as x"],
    [
      "EXPLAIN (ANALYZE, FORMAT json) from 's3://b/x'",
      "EXPLAIN (ANALYZE, FORMAT json) from read_auto('s3://b/x') as x",
    ],
    [
      "copy (from 's3://b/x') to 'x.parquet' (format parquet)",
      "copy (from read_auto('s3://b/x') as x) to 'x.parquet' (format parquet)",
    ],
    [
      "create or replace temp table t as from 's3://b/x'",
      "create or replace temp table t as from read_auto('s3://b/x') as x",
    ],
    [
      "create table t as (from 's3://b/x') with no data",
      "create table t as (from read_auto('s3://b/x') as x) with no data",
    ],
    [
      "create view v(a) as select id from 's3://b/x'",
      "create view v(a) as select id from read_auto('s3://b/x') as x",
    ],
    [
      "create macro m(p) as table from 's3://b/x' where id = p",
      "create macro m(p) as table from read_auto('s3://b/x') as x where id = p",
    ],
    [
      "create macro m() as (select max(id) from 's3://b/x')",
      "create macro m() as (select max(id) from read_auto('s3://b/x') as x)",
    ],
    [
      "insert into t by name select id from 's3://b/x' on conflict do nothing returning a",
      "insert into t by name select id from read_auto('s3://b/x') as x on conflict do nothing returning a",
    ],
    ["prepare p as from 's3://b/x'", "prepare p as from read_auto('s3://b/x') as x"],
    ["pivot 's3://b/x' on id using count(*)", "pivot read_auto('s3://b/x') as x on id using count(*)"],
    [
      "unpivot 's3://b/x' on a, b into name n value v",
      "unpivot read_auto('s3://b/x') as x on a, b into name n value v",
    ],
    [
      "from (pivot 's3://b/x' on id in (1, 2) using count(*))",
      "from (pivot read_auto('s3://b/x') as x on id in (1, 2) using count(*))",
    ],
    [
      "pivot (from 's3://b/x') on id using count(*)",
      "pivot (from read_auto('s3://b/x') as x) on id using count(*)",
    ],
    [
      "update t set a = 1 from 's3://b/x' where x.id = t.id",
      "update t set a = 1 from read_auto('s3://b/x') as x where x.id = t.id",
    ],
    [
      "delete from t where id in (select id from 's3://b/x')",
      "delete from t where id in (select id from read_auto('s3://b/x') as x)",
    ],
  ]
  it.each(cases)('%s', async (sql, rewritten) => {
    const text = unhidden(await rewrite(sql))
    expect(text).toBe(rewritten)
    // What comes out is SQL to DuckDB.
    expect(await statementsIn(text)).toBeGreaterThan(0)
  })

  it.each([
    "from 'x.csv'",
    "from 'x.parquet'",
    "from 'nowhere.fastq'",
    "select 's3://b/x'",
    'with "s3://b/x" as (select 1) from "s3://b/x"',
    'from s3.main.x',
    "copy t from 's3://b/x'",
    "copy t to 's3://b/x'",
    "from 'https://h/x.csv'",
    "attach 's3://b/x.db' as d",
    "selekt nonsense from 's3",
    "select * from t where path = 's3://b/x'",
    "from 's3://b/x' at (version => 3)",
  ])('%s is left alone', async (sql) => {
    expect(await rewrite(sql)).toBe(sql)
  })

  it('asks for no syntax tree where nothing can concern varve', async () => {
    const before = asked()
    await rewrite("select 'a', \"b\" from t join read_csv('x.csv') where path like '%.fastq'")
    expect(asked()).toBe(before)
  })

  it('names as DuckDB does', () => {
    expect(['a/b.c.d', 'x', '/', 's3://b/r_1.fastq.gz', 'a*b'].map(defaultAlias)).toEqual([
      'b',
      'x',
      undefined,
      'r_1',
      undefined,
    ])
  })
})

describe("DuckDB's functions on remote paths", () => {
  it.each([
    ["from read_csv('s3://b/x.csv', header = true)", "from varve_read_csv('s3://b/x.csv', header = true)"],
    ["from read_csv_auto(['x.csv', 'lake://d/y.csv'])", "from varve_read_csv(['x.csv', 'lake://d/y.csv'])"],
    ["create table t as from READ_CSV('gs://b/x') r", "create table t as from varve_read_csv('gs://b/x') r"],
    ["from read_csv('x.csv')", "from read_csv('x.csv')"],
    ["from read_csv('file:///x.csv')", "from read_csv('file:///x.csv')"],
    ["from read_parquet('s3://b/x.parquet')", "from read_parquet('s3://b/x.parquet')"],
    ['select read_csv', 'select read_csv'],
  ])('%s', async (sql, rewritten) => {
    expect(await rewrite(sql)).toBe(rewritten)
  })

  it('also when the path is a parameter', async () => {
    expect(await rewrite('from read_csv($1)', ['s3://b/x'])).toBe('from varve_read_csv($1)')
    expect(await rewrite('select ? from read_csv(?)', [1, ['a', 's3://b/x']])).toBe(
      'select ? from varve_read_csv(?)',
    )
    expect(await rewrite('from read_csv($p)', { p: 'x' })).toBe('from read_csv($p)')
  })
})

describe('pushdown', () => {
  const f = "read_fastq('a')"
  const where: [where: string, predicates: string[]][] = [
    ['record = 3', ['record = integer 3']],
    ['3 < record', ['record > integer 3']],
    ['record between -1 and 1e6', ['record >= integer -1 and record <= double 1000000']],
    ['record in (1, null, 2)', ['record in integer 1|integer 2']],
    ['record is null', ['record is null']],
    [
      "id like 'SRR%1' and (record >= 9007199254740993 and x < 0.1)",
      ['id starts with text SRR and record >= integer 9007199254740993 and x < decimal 0.1'],
    ],
    [
      "starts_with(id, 'a') and id ^@ 'b' and prefix(id, 'c')",
      ['id starts with text a and id starts with text b and id starts with text c'],
    ],
    [
      "t >= date '2020-01-02' and t < '2020-01-03'::timestamp and ok = true and n = '7'::bigint",
      ['t >= date 2020-01-02 and t < timestamp 2020-01-03 and ok = boolean true and n = integer 7'],
    ],
    [
      'n = 170141183460469231731687303715884105727 and m = -12345678901234567890.25',
      ['n = integer 170141183460469231731687303715884105727 and m = decimal -12345678901234567890.25'],
    ],
    ['read_fastq.record = 3', ['record = integer 3']],
    ['record = 3 or record = 4', ['record in integer 3|integer 4']],
    ['record = 3 or id = 4', []],
    ['not (record = 3)', []],
    ['record <> 3', []],
    ['record not in (1)', []],
    ['record not between 1 and 2', []],
    ["id not like 'x%' and id like '%x' and id like 'a!%' escape '!' and id ilike 'x%'", []],
    ['record + 1 = 3 and abs(record) = 3 and record::integer = 3', []],
    ['record = (select 3)', []],
    ['record in (select 3)', []],
    ['record = id and record = null', []],
    ['other.record = 3', []],
    ["record = try_cast('3' as integer)", []],
    ['record is not null', []],
  ]
  it.each(where)('where %s', async (condition, predicates) => {
    expect(pushed(await rewrite(`from ${f} where ${condition}`))).toEqual(predicates)
  })

  const shapes: [sql: string, predicates: string[]][] = [
    [`from ${f} as F where f.record = 3`, ['record = integer 3']],
    [`from ${f} as f(a, b) where a = 3`, ['#0 = integer 3']],
    [`select a + 1 as record from ${f} where record = 3`, ['record = integer 3']],
    [
      `with c as (from ${f} where record < 3) from c where record > 1`,
      ['record > integer 1 and record < integer 3'],
    ],
    [`from (from ${f}) where record > 1`, ['record > integer 1']],
    [
      `from ${f} where record = 1 union all from ${f} where record = 2`,
      ['record = integer 1', 'record = integer 2'],
    ],
    [`select (select count(*) from ${f} where record = 1)`, ['record = integer 1']],
    [
      `from ${f} a, ${f} b where a.record = 1 and b.record = 2 and record = 3`,
      ['record = integer 1 and record = integer 3', 'record = integer 2 and record = integer 3'],
    ],
    [`from ${f} a, ${f} a where a.record = 1`, []],
    [`from ${f} a join t on true where a.record = 1 and id = 2`, ['record = integer 1 and id = integer 2']],
    [`from t left join ${f} a using (id) where a.record = 1 and a.x is null`, ['record = integer 1']],
    [
      `from ${f} a left join t using (id) where a.record = 1 and a.x is null`,
      ['record = integer 1 and x is null'],
    ],
    [`from ${f} a right join t using (id) where a.record = 1 and a.x is null`, ['record = integer 1']],
    [`from ${f} a full join ${f} b using (id) where a.x is null and b.record = 1`, ['record = integer 1']],
    [
      `from t left join (${f} a join ${f} b using (id)) using (id) where a.x is null and b.record = 1`,
      ['record = integer 1'],
    ],
    [`from ${f} a semi join ${f} b using (id) where a.record = 1`, ['record = integer 1']],
    [`from t asof join ${f} a on t.x >= a.x where a.record = 1`, []],
    [`from ${f} a asof join t on a.x >= t.x where a.record = 1`, ['record = integer 1']],
    [`from ${f} a positional join t where a.record = 1`, []],
    [`from ${f} tablesample 10% where record = 1`, []],
    [`from ${f} where record = 1 using sample 10%`, []],
    [`from main.${f} where record = 1`, ['record = integer 1']],
    [`from "read_fastq"('a', skip := 3) where record = 1`, ['record = integer 1']],
    [`from range(3) where range = 1`, []],
    [`from 's3://b/x.fastq' where x.record = 1`, ['record = integer 1']],
    [`from 's3://b/x.fastq' where y.record = 1`, []],
    [`from read_csv('s3://b/x.csv') where a = 'it''s'`, ["a = text it's"]],
    [`from read_csv('x.csv'), ${f} where record = 1`, ['record = integer 1']],
    [`create table t as from ${f} where record = 1`, ['record = integer 1']],
    [`create view v as from ${f} where record = 1`, ['record = integer 1']],
    [`create macro m(record) as table from ${f} where record = 1`, []],
    [`copy (from ${f} where record = 1) to 'x.csv'`, ['record = integer 1']],
    [`insert into t from ${f} where record = 1`, ['record = integer 1']],
    [`explain analyze from ${f} where record = 1`, ['record = integer 1']],
    [`summarize from ${f} where record = 1`, ['record = integer 1']],
    [`pivot (from ${f} where record = 1) on id`, ['record = integer 1']],
  ]
  it.each(shapes)('%s', async (sql, predicates) => {
    const text = await rewrite(sql)
    expect(pushed(text)).toEqual(predicates)
    expect(await statementsIn(text)).toBeGreaterThan(0)
  })

  it('knows parameters', async () => {
    expect(
      pushed(await rewrite(`from ${f} where record >= $1 and id = $2 and x = $3`, [5, 'a', null])),
    ).toEqual(['record >= integer 5 and id = text a'])
    expect(
      pushed(await rewrite(`from ${f} where record >= $low and x < $high`, { low: 5n, high: 0.5 })),
    ).toEqual(['record >= integer 5 and x < double 0.5'])
    expect(pushed(await rewrite(`select ? from ${f} where record = ? and x < ?`, ['s', 1, 2]))).toEqual([
      'record = integer 1 and x < integer 2',
    ])
    expect(pushed(await rewrite(`from ${f} where record = $1`))).toEqual([])
    expect(pushed(await rewrite(`prepare p as from ${f} where record = $1`, [1]))).toEqual([
      'record = parameter 1',
    ])
    expect(pushed(await rewrite(`insert into t select a from u where a = ?; `, [1]))).toEqual([])
    expect(pushed(await rewrite(`copy (from ${f} where record = ?) to 'x' (header ?)`, [1, true]))).toEqual([
      'record = integer 1',
    ])
  })

  it('can be left out', async () => {
    const sql = `from ${f} where record = 3`
    expect(await rewrite(sql, undefined, false)).toBe(sql)
  })

  it('leaves what follows and comments where they are', async () => {
    const sql = `from /* ) */ read_fastq ( 'é)' -- )\n, skip := 3 ) f where f.record = 1 -- x`
    const text = await rewrite(sql)
    expect(pushed(text)).toEqual(['record = integer 1'])
    expect(unhidden(text)).toBe(sql)
  })
})
