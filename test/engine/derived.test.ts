import { describe, expect, it } from 'vitest'
import { pushed, rewrite, statementsIn } from './rewriting.ts'

const f = "read_fastq('a')"
const g = "read_fastq('b')"

type Case = readonly [sql: string, predicates: readonly string[]]

function cases(list: readonly Case[]): void {
  it.each(list)('%s', async (sql, predicates) => {
    const text = await rewrite(sql)
    expect(pushed(text)).toEqual(predicates)
    expect(await statementsIn(text)).toBeGreaterThan(0)
  })
}

const X = ['x = integer 1']

describe('through subqueries', () => {
  cases([
    [`from (from ${f}) where x = 1`, X],
    [`from (from (select * from (from ${f}))) t where t.x = 1`, X],
    [`from (select x, y from ${f}) where x = 1`, X],
    [`from (select y as x from ${f}) where x = 1`, ['y = integer 1']],
    [`from (select f.y as x from ${f} f) t where T.X = 1`, ['y = integer 1']],
    [`from (select y from ${f}) t(x) where x = 1`, ['y = integer 1']],
    [`from (select b, y from ${f} as f(a, b)) t(x) where x = 1`, ['#1 = integer 1']],
    [`from (from ${f}) t(a, x) where x = 1`, ['#1 = integer 1']],
    [`from (select * exclude (y) from ${f}) where x = 1`, X],
    [`from (select * exclude (x) from ${f}) where x = 1`, []],
    [`from (select * replace (y as x) from ${f}) where x = 1`, []],
    [`from (select * rename (y as x) from ${f}) where x = 1`, ['y = integer 1']],
    [`from (select * rename (x as y) from ${f}) where x = 1`, []],
    [`from (select *, y + 1 as z from ${f}) where x = 1`, X],
    [`from (select *, y + 1 as x from ${f}) where x = 1`, []],
    [`from (select x + 1 as x from ${f}) where x = 1`, []],
    [`from (select max(x) as x from ${f}) where x = 1`, []],
    [`from (select x, max(y) from ${f} group by x) where x = 1`, []],
    [`from (select x, max(y) from ${f} group by all) where x = 1`, []],
    [`from (select distinct x from ${f}) where x = 1`, []],
    [`from (from ${f} order by x) where x = 1`, X],
    [`from (from ${f} limit 3) where x = 1`, []],
    [`from (from ${f} offset 3) where x = 1`, []],
    [`from (from ${f} using sample 10%) where x = 1`, []],
    [`from (from ${f}) tablesample 10% where x = 1`, []],
    [`from (select x, row_number() over () from ${f}) where x = 1`, []],
    [`from (select x, 1 + row_number() over () as n from ${f}) where x = 1`, []],
    [`from (from ${f} qualify row_number() over () = 1) where x = 1`, []],
    [`from (select info.x from ${f}) where x = 1`, []],
    [`from (select * from ${f} a, ${g} b) where x = 1`, []],
    [`from (select a.x, b.y from ${f} a, ${g} b) where x = 1 and y = 2`, [...X, 'y = integer 2']],
    [
      `from (select a.* from ${f} a left join ${g} b using (id)) where x = 1 and y is null`,
      ['x = integer 1 and y is null'],
    ],
    [`from (select b.* from ${f} a left join ${g} b using (id)) where x = 1 and y is null`, X],
    [`from t left join (from ${f}) s using (id) where s.x = 1 and s.y is null`, X],
    [`select (select max(y) from (from ${f}) where x = 1)`, X],
    [`select * from t where exists (from (from ${f}) s where s.x = 1 and s.id = t.id)`, X],
    [`from (values (1)) v(x), (from ${f}) t where t.x = 1`, X],
    [`from (from (pivot ${f} on id using count(*))) where x = 1`, []],
  ])
})

describe('through WITH', () => {
  cases([
    [`with c as (from ${f}) from c where x = 1`, X],
    [`with c as (from ${f}) from c d where d.x = 1`, X],
    [`with c(x) as (select y from ${f}) from c where x = 1`, ['y = integer 1']],
    [
      `with c as (from ${f}), d as (from c where y = 2) from d where x = 1`,
      ['x = integer 1 and y = integer 2'],
    ],
    [`with c as (from ${f}) from c a, c b where a.x = 1`, []],
    [`with c as (from ${f}) from c where x = 1 and y in (select y from c)`, []],
    [`with c as (from ${f}), d as (from c) from d a, d b where a.x = 1`, []],
    [
      `with recursive c as (select x from ${f} union all select x + 1 from c where x < 9) from c where x = 1`,
      [],
    ],
    [`with c as (from ${f}) from (with c as (from ${g}) from c where x = 1)`, X],
    [`with c as (from ${f}) from main.c where x = 1`, []],
  ])
})

describe('through UNION', () => {
  cases([
    [
      `from (select x from ${f} union all select y from ${g}) where x = 1`,
      ['x = integer 1 alike 2', 'y = integer 1 alike 1'],
    ],
    [`from (from ${f} union from ${g}) where x = 1`, ['x = integer 1 alike 2', 'x@1 = integer 1 alike 1']],
    [
      `from (from ${f} union all by name from ${g}) where x = 1`,
      ['x = integer 1 alike 2', 'x = integer 1 alike 1'],
    ],
    [
      `with c as (from (from ${f}) union all (from ${g} order by y) union from ${f}) from c where x = 1`,
      ['x = integer 1 alike 2,3', 'x@1 = integer 1 alike 1,3', 'x@1 = integer 1 alike 1,2'],
    ],
    [`from (from ${f} union all select a, b from ${g} t(a, b)) where x = 1`, []],
    [`from (from ${f} union all from ${g} limit 5) where x = 1`, []],
    [`from (from ${f} union all from t) where x = 1`, []],
    [`from (select x from ${f} union all select y + 1 from ${g}) where x = 1`, []],
    [`from (select x from ${f} union all select 1) where x = 1`, []],
    [`from (from ${f} except from ${g}) where x = 1`, []],
    [`from (from ${f} intersect from ${g}) where x = 1`, []],
    [`from (select *, 1 as n from ${f} union all select *, 2 from ${g}) where x = 1`, []],
    [`create view v as from (from ${f} union all from ${g}) where x = 1`, []],
  ])
})

describe('ON and USING', () => {
  cases([
    [`from ${f} a join ${g} b on a.id = b.id and a.x = 1 and b.y = 2`, [...X, 'y = integer 2']],
    [`from ${f} a left join ${g} b on a.id = b.id and a.x = 1 and b.y = 2`, ['y = integer 2']],
    [`from ${f} a right join ${g} b on a.id = b.id and a.x = 1 and b.y = 2`, X],
    [`from ${f} a full join ${g} b on a.id = b.id and a.x = 1 and b.y = 2`, []],
    [`from ${f} a semi join ${g} b on a.id = b.id and a.x = 1 and b.y = 2`, [...X, 'y = integer 2']],
    [`from ${f} a anti join ${g} b on a.id = b.id and a.x = 1 and b.y = 2`, ['y = integer 2']],
    [`from ${f} a asof join ${g} b on a.x >= b.x and a.y = 1`, []],
    [`from t left join (${f} a join ${g} b on a.x = 1 and b.y is null) using (id)`, [...X, 'y is null']],
    [`from ${f} a left join (t left join ${g} b using (id)) on b.y is null and b.x = 1`, X],
    [`from ${f} a left join (from ${g}) b on b.x = 1`, X],
    [`from ${f} a join ${g} b using (id) where id = 1`, ['id = integer 1']],
    [
      `from ${f} a right join (from ${g} where y = 2) b using (id) where id = 1`,
      ['id = integer 1 and y = integer 2'],
    ],
    [`from ${f} a full join ${g} b using (id) where id = 1`, []],
    [`from ${f} a natural join ${g} b where id = 1 and a.x = 1`, X],
    [`from ${f} a semi join ${g} b using (id) where x = 1`, X],
  ])
})

describe('conditions', () => {
  const where = (list: readonly (readonly [string, readonly string[]])[]): void =>
    cases(list.map(([condition, predicates]) => [`from ${f} where ${condition}`, predicates]))
  where([
    ['x = 1 or x in (2, null) or 3 = x', ['x in integer 1|integer 2|integer 3']],
    ["(c = 'a' and x = 5) or (c = 'b' and x > 7)", ['c in text a|text b']],
    ['x = 1 or x > 5', []],
    ['not (x <> 1)', ['x = integer 1']],
    ['not (x > 5)', ['x <= integer 5']],
    ['not (x > 5 or y = 2)', ['x <= integer 5']],
    ['not (x > 5 and y > 2)', []],
    ['not (x not in (1, 2))', ['x in integer 1|integer 2']],
    ['not (x is not null)', ['x is null']],
    ['flag and not other', ['flag = boolean true and other = boolean false']],
    ['x is not distinct from 3 and y is not distinct from null', ['x = integer 3 and y is null']],
    ['x is distinct from 3', []],
    ['info.DP > 10', []],
    [
      'x < 2 * 1000 and x > -(3 + 4) and x >= 10 - 1.5 and x < 1e6 * 2 and x > 6 / 2',
      ['x < integer 2000 and x > integer -7 and x >= decimal 8.5 and x < double 2000000 and x > double 3'],
    ],
    ["id = 'a' || 'b'", ['id = text ab']],
    ['x < 7 / 2 and x < 2147483647 + 1 and x < 1 / 0 and x < 1e308 * 10 and x < 7 % 2', []],
    ['x < 99999999.25 * 99999999.25', []],
  ])

  it('arithmetic with parameters', async () => {
    expect(pushed(await rewrite(`from ${f} where x < $1 * 2 and y < $2 + 1`, [3, null]))).toEqual([
      'x < integer 6',
    ])
  })
})

describe('views', () => {
  const views: Readonly<Record<string, string>> = {
    v: `CREATE VIEW v AS SELECT * FROM read_fastq('a', __varve := '[]');`,
    w: `CREATE TEMP VIEW w (x, n) AS SELECT y, z FROM v WHERE (z = 2);`,
    'odd name': `CREATE VIEW "odd name" AS SELECT * FROM c;`,
  }
  const inView = (sql: string): Promise<string> =>
    rewrite(sql, undefined, true, {
      views: new Set(Object.keys(views)),
      viewOf: async (name) => views[name.toLowerCase()],
    })
  it.each([
    ['from v where x = 1', X],
    ['from V t where t.x = 1', X],
    ['select v.x from v join t using (id) where v.x = 1', X],
    ['from w where x = 1', ['y = integer 1 and z = integer 2']],
    ['with c as (from v) from c where x = 1', X],
    ['create table t as from v where x = 1', X],
    ['with v as (select 1 as x) from v where x = 1', []],
    ['with c as (select 1 as x) from "odd name" where x = 1', []],
    ['from main.v where x = 1', []],
    ['from v', []],
    ['create view u as from v where x = 1', []],
    ['prepare p as from v where x = 1', []],
    ['summarize v', []],
  ])('%s', async (sql, predicates) => {
    const text = await inView(sql)
    expect(pushed(text)).toEqual(predicates)
    if (predicates.length === 0) expect(text).toBe(sql)
    expect(await statementsIn(text)).toBeGreaterThan(0)
  })
})
