import { afterAll, describe, expect, it } from 'vitest'
import { openSession } from '../../src/engine/session.ts'
import type { ScanService } from '../../src/scan/types.ts'
import { FUNCTIONS, fakeScan } from './fake-scan.ts'
import { rowsIn } from './sessions.ts'

const fake = fakeScan({
  v: {
    columns: [
      { name: 'chrom', type: { kind: 'utf8' } },
      {
        name: 'Info',
        type: {
          kind: 'struct',
          fields: [
            { name: 'DP', type: { kind: 'int32' } },
            { name: 'AF', type: { kind: 'float64' } },
            { name: 'chrom', type: { kind: 'utf8' } },
          ],
        },
      },
    ],
    rows: [['20', { DP: 7, AF: 0.5, chrom: 'x' }]],
  },
})
const asked: unknown[] = []
const scan: ScanService = {
  ...fake,
  scan(request) {
    asked.push(request.fields)
    return fake.scan(request)
  },
}
const session = openSession({ scan, functions: FUNCTIONS })
afterAll(() => session.close())

const fieldsIn = async (sql: string, pushdown = true): Promise<unknown> => {
  asked.length = 0
  await rowsIn(session, sql, { pushdown })
  return asked[0]
}

const f = "read_fastq('v')"

describe('fields of structs', () => {
  it.each([
    [`select sum(info.DP) from ${f}`, { Info: ['DP'] }],
    [`select v.info.dp, chrom from ${f} v where v.Info.AF > 0.1 group by all`, { Info: ['DP', 'AF'] }],
    [`with c as (select info.DP as d from ${f}) select max(d) from c`, { Info: ['DP'] }],
    [`select (select max(a.info.DP) from ${f} a where a.info.AF = 0.5)`, { Info: ['DP', 'AF'] }],
    [`select info.DP, info from ${f}`, undefined],
    [`select info.DP, info['AF'] from ${f}`, undefined],
    [`select info.DP, struct_extract(info, 'AF') from ${f}`, undefined],
    [`select info.DP, v from ${f} v`, undefined],
    [`select info.DP from ${f} info`, undefined],
    [`select * from ${f} where info.DP > 1`, undefined],
    [`select columns('.*') from ${f} where info.DP > 1`, undefined],
    [`select unnest(info), info.DP from ${f}`, undefined],
    [`select t.info.DP from (select info from ${f}) t`, undefined],
    [`select t.i.DP from ${f} t(c, i)`, undefined],
    [`select a.info.DP from ${f} a natural join (select '20' as chrom)`, undefined],
    [`select chrom from ${f}`, undefined],
    [`select info.nothing_like_it from ${f} where false`, undefined],
  ])('%s', async (sql, fields) => {
    expect(await fieldsIn(sql).catch(() => undefined)).toEqual(fields)
  })

  it('all of them when pushdown is off', async () => {
    expect(await fieldsIn(`select info.DP from ${f}`, false)).toBeUndefined()
  })

  it('a macro names those that it uses: DuckDB takes no columns in it but its parameters', async () => {
    await expect(rowsIn(session, 'create macro whole() as info')).rejects.toThrow(/info/)
    await rowsIn(session, 'create macro depth(i) as i.DP')
    expect(await fieldsIn(`select info.AF, depth(info) from ${f}`)).toBeUndefined()
  })
})
