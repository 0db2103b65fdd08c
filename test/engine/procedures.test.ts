import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VarveError } from '../../src/errors.ts'
import { valuesFrom } from '../../src/formats/values.ts'
import type { BindRequest, SessionProcedure } from '../../src/scan/types.ts'
import { readsTable } from './fake-scan.ts'
import { rowsIn, type TestSession, testSession } from './sessions.ts'

let ran: BindRequest[] = []
let test: TestSession

/** Adds up the first column of a query, twice where it is told to. */
const sum: SessionProcedure = {
  name: 'varve_sum',
  positional: 1,
  lists: false,
  named: { twice: 'boolean', fail: 'text' },
  summary: '',
  columns: [
    { name: 'total', type: { kind: 'int64' } },
    { name: 'name', type: { kind: 'utf8' } },
  ],
  prepare(request) {
    if (request.args[0] === '') throw new VarveError('invalid-input', 'varve_sum: no query')
    return async (session) => {
      ran.push(request)
      if (request.named.fail === 'early') throw new VarveError('conflict', 'somebody else was first')
      const once = (): Promise<bigint> =>
        session.query(String(request.args[0]), async ({ columns, batches }) => {
          let total = 0n
          for await (const batch of batches) {
            if (request.named.fail === 'midway') throw new VarveError('conflict', 'somebody else was first')
            for (const value of valuesFrom(columns[0]!.type, batch.columns[0]!))
              total += BigInt(Number(value))
          }
          return total
        })
      const total = (await once()) + (request.named.twice === true ? await once() : 0n)
      return [[total, 'sum']]
    }
  },
}

beforeEach(() => {
  ran = []
  test = testSession({ 'memory://reads.fastq': readsTable(5000) }, { procedures: [sum] })
})
afterEach(() => test.session.close())

describe('a procedure', () => {
  it('runs its query in the session, after its CALL', async () => {
    await test.rows('create temp table t as select range as x from range(10)')
    expect(await test.rows("call varve_sum('from t')")).toEqual([[45n, 'sum']])
    expect(await test.rows("CALL main.varve_sum('from t', twice := true)")).toEqual([[90n, 'sum']])
    expect(await test.rows('call varve_sum($q)', { params: { q: 'select 7' } })).toEqual([[7n, 'sum']])
    expect(await test.rows('select count(*) from t')).toEqual([[10n]])
  })

  it('says what its columns are, in the order of the statements', async () => {
    const results: [string, readonly string[]][] = []
    for await (const result of test.session.run(
      "select 1 as one; call varve_sum('select 2'); select 3 as three",
    )) {
      const names = result.columns.map(({ name }) => name)
      for await (const _ of result.batches);
      results.push([result.returns, names])
    }
    expect(results).toEqual([
      ['rows', ['one']],
      ['rows', ['total', 'name']],
      ['rows', ['three']],
    ])
  })

  it('reads paths, and more rows than one batch holds', async () => {
    expect(await test.rows("call varve_sum('select record from ''memory://reads.fastq''')")).toEqual([
      [(5000n * 4999n) / 2n, 'sum'],
    ])
  })

  it('may call another one', async () => {
    expect(await test.rows("call varve_sum('call varve_sum(''select 5'')')")).toEqual([[5n, 'sum']])
    expect(ran).toHaveLength(2)
  })

  it.each([
    'explain from varve_sum($$ select 1 $$)',
    'prepare p as from varve_sum($$ select 1 $$)',
    'describe from varve_sum($$ select 1 $$)',
    'create view v as from varve_sum($$ select 1 $$)',
  ])('does nothing in %s', async (sql) => {
    await test.rows(sql)
    expect(ran).toEqual([])
  })

  it.each([
    "from varve_sum('select 1')",
    "explain analyze from varve_sum('select 1')",
    "create table t as from varve_sum('select 1')",
  ])('is refused in %s', async (sql) => {
    await expect(test.rows(sql)).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('expected CALL varve_sum(…)'),
    })
    expect(ran).toEqual([])
  })

  it.each([
    ["call varve_sum('')", 'invalid-input', 'varve_sum: no query'],
    ["call varve_sum('select nope')", 'invalid-input', 'nope'],
    ["call varve_sum('select 1; select 2')", 'invalid-input', 'the query holds 2 statements, expected one'],
    ["call varve_sum('create table made (x int)')", 'invalid-input', 'returns no rows'],
    ["call varve_sum('from range(9000)', fail := 'early')", 'conflict', 'somebody else was first'],
    ["call varve_sum('from range(900000)', fail := 'midway')", 'conflict', 'somebody else was first'],
  ])('%s fails, and the session goes on', async (sql, code, message) => {
    await expect(test.rows(sql)).rejects.toMatchObject({ code, message: expect.stringContaining(message) })
    expect(await test.rows('select 42')).toEqual([[42]])
  })

  it('is cancelled with its statement', async () => {
    const abort = new AbortController()
    const sql = "call varve_sum('select count(*) from range(100000000000) t(x) where x % 7 = 3')"
    const running = rowsIn(test.session, sql, { signal: abort.signal })
    setTimeout(() => abort.abort(), 300)
    await expect(running).rejects.toMatchObject({ code: 'aborted' })
    expect(await test.rows('select 42')).toEqual([[42]])
  })

  it('is cancelled when the session is closed', async () => {
    const own = testSession({}, { procedures: [sum] })
    const sql = "call varve_sum('select count(*) from range(100000000000) t(x) where x % 7 = 3')"
    const running = rowsIn(own.session, sql).catch((error: unknown) => error)
    await new Promise((resolve) => setTimeout(resolve, 500))
    await own.session.close()
    expect(await running).toMatchObject({ code: 'aborted' })
  })
})
