import { afterAll, describe, expect, it } from 'vitest'
import type { Predicate } from '../../src/scan/types.ts'
import { readsTable } from './fake-scan.ts'
import { testSession } from './sessions.ts'

const { session, rows, scan } = testSession({
  t: readsTable(100, { zones: ['record', 'id'] }),
  u: readsTable(50, { zones: ['record', 'id'] }),
  other: {
    columns: [
      { name: 'id', type: { kind: 'int32' } },
      { name: 'record', type: { kind: 'float64' } },
    ],
    zones: ['record', 'id'],
    rows: [[7, 7.5]],
  },
  bare: { columns: [{ name: 'line', type: { kind: 'utf8' } }], zones: ['line'], rows: [['a']] },
})
afterAll(() => session.close())

/** What the scans of the last statements were told. */
const told = async (sql: string, options?: Parameters<typeof rows>[1]): Promise<(readonly Predicate[])[]> => {
  const before = scan.scans.length
  await rows(sql, options)
  return scan.scans.slice(before).map(({ predicates }) => predicates)
}

describe('PREPARE and EXECUTE', () => {
  it('prunes with the values of EXECUTE, each time anew', async () => {
    await rows("prepare p as from read_fastq('t') where record >= $1 and id = $2")
    expect(await told("execute p(95, 'read96')")).toEqual([
      [
        { column: 'record', op: '>=', values: [95] },
        { column: 'id', op: '=', values: ['read96'] },
      ],
    ])
    expect(await rows("execute p(90, 'read96')")).toHaveLength(1)
    expect(await rows('execute p(90, null)')).toEqual([])
    // A call that is no constant says nothing.
    expect(await told("execute p(abs(-3), 'x')")).toEqual([[{ column: 'id', op: '=', values: ['x'] }]])
  })

  it('by name, in lists, and beside constants', async () => {
    await rows("prepare q as from read_fastq('t') where record in ($low, 7) and starts_with(id, $prefix)")
    expect(await told("execute q(low := 5, prefix := 'read')")).toEqual([
      [
        { column: 'record', op: 'in', values: [5, 7] },
        { column: 'id', op: 'starts with', values: ['read'] },
      ],
    ])
    expect(await told("explain analyze execute q(prefix := 'r', low := 6)")).toEqual([
      [
        { column: 'record', op: 'in', values: [6, 7] },
        { column: 'id', op: 'starts with', values: ['r'] },
      ],
    ])
  })

  it('not when it is switched off, or a collation has come', async () => {
    const fresh = testSession({ t: readsTable(10, { zones: ['record', 'id'] }) })
    try {
      await fresh.rows(
        "prepare p as from read_fastq('t') where id = $1; prepare c as from read_fastq('t') where record = 1",
      )
      await fresh.rows("execute p('read1')", { pushdown: false })
      await fresh.rows('execute c', { pushdown: false })
      await fresh.rows("set default_collation = 'nocase'")
      await fresh.rows("execute p('READ1')")
      expect(fresh.scan.scans.map(({ predicates }) => predicates)).toEqual([[], [], []])
    } finally {
      await fresh.session.close()
    }
  })
})

describe('UNION', () => {
  const seven = [{ column: 'record', op: '=', values: [7] }]
  it('prunes both sides where their columns have one type', async () => {
    expect(await told("from (from read_fastq('t') union all from read_fastq('u')) where record = 7")).toEqual(
      [seven, seven],
    )
    expect(await told("from (from read_fastq('t') union all from read_fastq('t')) where record = 7")).toEqual(
      [seven, seven],
    )
  })

  it('and neither where they do not', async () => {
    const by = "from (from read_fastq('t') union all by name from read_fastq('other')) where record = 7"
    expect(await told(by)).toEqual([[], []])
    const picked =
      "from (select id from read_fastq('t') union all select id from read_fastq('other')) where id = '7'"
    expect(await told(picked)).toEqual([[], []])
    expect(await rows(picked)).toEqual([['7']])
  })

  it('prunes where the other side has no such column', async () => {
    const sql = "from (from read_fastq('t') union all by name from read_fastq('bare')) where record = 7"
    // DuckDB leaves the other side out by itself: its records are all NULL.
    expect(await told(sql)).toEqual([seven])
  })
})

describe('views', () => {
  const seven = [{ column: 'record', op: '=', values: [7] }]
  it('are looked into, as they are now', async () => {
    await rows("create view v as from read_fastq('t')")
    expect(await told('from v where record = 7')).toEqual([seven])
    expect(await told('select V.id from v join v w using (id) where v.record = 7')).toEqual(
      expect.arrayContaining([seven, []]),
    )
    await rows("create or replace view v(record) as select id from read_fastq('t')")
    expect(await told("from v where record = 'read7'")).toEqual([
      [{ column: 'id', op: '=', values: ['read7'] }],
    ])
    await rows('drop view v; create table v as select 7 as record')
    expect(await rows('from v where record = 7')).toEqual([[7]])
  })

  it('of another schema, and tables of their names, are left alone', async () => {
    await rows(
      "create schema s; create view s.w as from read_fastq('t'); create table w as select 7 as record",
    )
    expect(await rows('from w where record = 7')).toEqual([[7]])
    await rows('drop table w')
    await expect(rows('from w where record = 7')).rejects.toThrow(/w does not exist/)
    expect(await rows('from s.w where record = 7')).toHaveLength(1)
  })

  it('temporary ones come first, and go with a rollback', async () => {
    await rows("create view x as from read_fastq('t')")
    await rows("begin; create temp view x as from read_fastq('u')")
    expect(await rows('select count(*) from x where record > 0')).toEqual([[49n]])
    await rows('rollback')
    expect(await rows('select count(*) from x where record > 0')).toEqual([[99n]])
  })
})
