/** Scans whose batches come as lists inside an UNNEST: for which statements, and that nobody can tell from the rows. */

import { afterAll, describe, expect, it } from 'vitest'
import { openSession } from '../../src/engine/session.ts'
import { FUNCTIONS, fakeScan, readsTable } from './fake-scan.ts'
import { hiddenIn, rewrite, unhidden } from './rewriting.ts'
import { rowsIn } from './sessions.ts'

const f = "read_fastq('t')"
const inLists = async (sql: string, more = {}): Promise<string> =>
  unhidden(await rewrite(sql, undefined, true, { unnest: true, ...more }))

describe('the rewrite', () => {
  const unnest = (names: string, call = f): string =>
    `(select unnest(columns('(?i)^(${names})$')) from ${call})`

  it.each([
    [`select max(id) from ${f}`, `select max(id) from ${unnest('id')} as read_fastq`],
    [
      `select t.a + "B c" x from main.read_fastq('t', skip := 1) t where t.D > $1 order by x`,
      `select t.a + "B c" x from ${unnest('x|t|a|b\\\\ c|d', "main.read_fastq('t', skip := 1)").replaceAll('\\\\', '\\')} t where t.D > $1 order by x`,
    ],
    ["select id from 's3://b/x.fastq'", `select id from ${unnest('id', "read_auto('s3://b/x.fastq')")} as x`],
    [`select count(*) from ${f}`, `select count(*) from (select unnest(columns(*)) from ${f}) as read_fastq`],
    [
      `select a from ${f} union all select sum(b) over (order by c) from ${f}`,
      `select a from ${unnest('a')} as read_fastq union all select sum(b) over (order by c) from ${unnest('c|b').replace('c|b', 'b|c')} as read_fastq`,
    ],
    [
      `with c as (select id from ${f}) select * from c join u using (id)`,
      `with c as (select id from ${unnest('id')} as read_fastq) select * from c join u using (id)`,
    ],
    [
      "select id from read_csv('s3://b/x.csv')",
      `select id from ${unnest('id', "varve_read_csv('s3://b/x.csv')")} as read_csv`,
    ],
  ])('%s', async (sql, expected) => {
    expect(await inLists(sql)).toBe(expected)
  })

  it.each([
    [`from ${f}`],
    [`select *, id from ${f}`],
    [`select columns('i.*') from ${f}`],
    [`select #1, id from ${f}`],
    [`select t from ${f} t`],
    [`select id from ${f} t where exists (select * from u)`],
    [`select id from ${f} tablesample 10%`],
    [`select id from ${f} using sample 3`],
    [`select a from ${f} as t(a, b)`],
    [`select id from ${f} join u using (id)`],
    [`select id from u, ${f}`],
    [`summarize ${f}`],
    [`explain select id from ${f}`],
    [`explain analyze select id from ${f}`],
    [`prepare p as select id from ${f}`],
    [`create view v as select id from ${f}`],
    [`create macro m(id) as table select id from ${f}`],
  ])('leaves alone: %s', async (sql) => {
    expect(await inLists(sql)).not.toContain('unnest')
  })

  it('tells a scan what else there is to tell', async () => {
    const sql = `select max(info.dp) from ${f} where id = 'x'`
    expect(await rewrite(sql, undefined, false, { unnest: true })).toBe(sql)
    expect(hiddenIn(await rewrite(sql, undefined, true, { unnest: true }))).toMatchObject([
      { inLists: true, uses: [['info', 'dp'], ['id']], predicates: [{ column: 'id' }] },
    ])
  })
})

describe('a session', () => {
  const COUNT = 200_000
  const scan = fakeScan({
    t: {
      ...readsTable(0),
      columns: [
        { name: 'n', type: { kind: 'int32' } },
        { name: 'Text é', type: { kind: 'utf8' } },
        { name: 'info', type: { kind: 'struct', fields: [{ name: 'dp', type: { kind: 'int32' } }] } },
        { name: 'l', type: { kind: 'list', item: { kind: 'float64' } } },
      ],
      rows: Array.from({ length: COUNT }, (_, i) => [
        i % 11 === 0 ? null : i,
        `a text of some length ${i}`,
        { dp: i % 7 },
        i % 3 === 0 ? [] : [i, i / 2],
      ]),
      batchRows: 150_000,
    },
    empty: { ...readsTable(0) },
  })
  const session = openSession({ scan, functions: FUNCTIONS })
  afterAll(() => session.close())
  const t = "read_fastq('t')"

  it.each([
    [`select count(*), sum(n), min("Text é"), max("text é") from ${t}`],
    [`select sum(info.dp), sum(l[1]), sum(len(l)) from ${t} where n % 2 = 0`],
    [`select n, "Text é", l from ${t} where n > 131000 and n < 131100 order by n desc`],
    [`select count(*) from ${t}`],
    [`select count(*) from read_fastq('empty')`],
    [`select max(id) from read_fastq('empty')`],
    [`select read_fastq.n from ${t} limit 5 offset 65530`],
    [`select info.dp, count(*), sum(n) from ${t} group by all order by all`],
    [`select 1 from ${t} where 1 = 2`],
    [`select row_number() over (), n from ${t} qualify row_number() over () in (1, 65537, 150001)`],
    [`select (select max(n) from ${t}), u.n from (select n from ${t} where n = 7) u`],
  ])('gives the rows that it gives without: %s', async (sql) => {
    expect(await rowsIn(session, sql)).toEqual(await rowsIn(session, sql, { pushdown: false }))
  })

  it.each([
    [`select "Text é"::int from ${t}`, 'LINE 1: select "Text é"::int from ...\n                       ^'],
    [`select n, length("Text é"), "Text é"::int from ${t}`, '"Text é"::int from ...\n'],
    [
      `select n from ${t} where "Text é"::int > 3`,
      'LINE 1: ... as read_fastq where "Text é"::int > 3\n                                        ^',
    ],
  ])('shows a failed statement without its own part: %s', async (sql, line) => {
    const message = await rowsIn(session, sql).then(
      () => '',
      (error: Error) => error.message,
    )
    expect(message).toMatch(
      /^Conversion Error: Could not convert string 'a text of some length \d+' to INT32/,
    )
    expect(message).not.toContain('unnest')
    expect(message).not.toContain('inLists')
    expect(message).toContain(line)
  })

  it('asks for no other columns', async () => {
    const columnsOf = async (sql: string): Promise<readonly number[] | undefined> => {
      scan.scans.length = 0
      await rowsIn(session, sql)
      return scan.scans[0]?.columns
    }
    expect(await columnsOf(`select sum(n) from ${t} where "text é" > ''`)).toEqual([0, 1])
    expect(await columnsOf(`select count(*) from ${t}`)).toEqual([])
    expect(await columnsOf(`select sum(t.info.dp) from ${t} t`)).toEqual([2])
  })

  it('takes macros as they are: their own names are parameters', async () => {
    await rowsIn(session, 'create macro doubled(n) as n * 2')
    await rowsIn(session, `create macro texts(n) as table select "Text é" from ${t} where n = doubled(n)`)
    expect(await rowsIn(session, `select sum(doubled(len(l))) from ${t}`)).toEqual(
      await rowsIn(session, `select sum(doubled(len(l))) from ${t}`, { pushdown: false }),
    )
    expect(await rowsIn(session, 'select count(*) from texts(0)')).toEqual([[BigInt(COUNT)]])
  })
})
