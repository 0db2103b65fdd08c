import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { threadMeter } from '../../src/bytes/index.ts'
import { openSession } from '../../src/engine/session.ts'
import type { RunOptions } from '../../src/engine/types.ts'
import { VarveError } from '../../src/errors.ts'
import { csv } from '../../src/formats/csv/index.ts'
import { lines } from '../../src/formats/lines/index.ts'
import type { Value } from '../../src/formats/values.ts'
import { TABLE_FUNCTIONS } from '../../src/scan/functions/index.ts'
import { indexFinely } from '../model/pushdown/fine-index.ts'
import { Bench } from '../scan/support/service.ts'
import { rowsIn } from './sessions.ts'

const bench = new Bench()
const service = bench.service()
const session = openSession({ scan: service, functions: TABLE_FUNCTIONS })
afterAll(() => session.close())
const rows = (sql: string, options?: RunOptions): Promise<Value[][]> => rowsIn(session, sql, options)

/** The explanation of a statement's scans, of these columns. */
const explain = (sql: string, columns: string, params: RunOptions['params'] = [sql]): Promise<Value[][]> =>
  rows(`select ${columns} from explain_scan($1)`, { params })

let table: string
let text: string
let bare: string

beforeAll(async () => {
  table = bench.file('t.csv', `n,s\n${Array.from({ length: 500 }, (_, i) => `${i},word${i}`).join('\n')}\n`)
  text = bench.file('t.lines', Array.from({ length: 500 }, (_, i) => `line ${i}`).join('\n'))
  bare = bench.file('bare.lines', 'a\nb\n')
  await indexFinely(table, csv, service.context)
  await indexFinely(text, lines, service.context)
})

describe('explain_scan', () => {
  it('has a row for each scan, in order', async () => {
    const sql = `select l.line from read_lines('${text}') l join varve_read_csv('${table}') t on t.n = l.record
      where t.s >= 'word4' and l.record between 10 and 30 and t.n in (1, 2)`
    expect(await explain(sql, 'function, path, format, columns, predicates')).toEqual([
      ['read_lines', text, 'lines', ['line', 'record'], 'record >= 10 AND record <= 30'],
      ['varve_read_csv', table, 'csv', ['n', 's'], "s >= 'word4' AND n IN (1, 2)"],
    ])
  })

  it('tells segments, rows and bytes', async () => {
    const [row] = await explain(
      `from varve_read_csv('${table}') where n = 250`,
      'segments, segments_kept, rows_kept, bytes_total, bytes_to_fetch, indexed, note',
    )
    const [segments, kept, left, total, fetch, indexed, note] = row!
    expect([kept, indexed, note]).toEqual([1n, true, null])
    expect(Number(segments)).toBeGreaterThan(10)
    expect(Number(left)).toBeLessThan(60)
    expect(Number(fetch)).toBeLessThan(Number(total) / 8)
    expect(Number(fetch)).toBeGreaterThan(400)
  })

  it('says when there is no index', async () => {
    const columns = 'segments, segments_kept, bytes_to_fetch, indexed, note, predicates'
    expect(await explain(`from read_lines('${bare}') where record = 1`, columns)).toEqual([
      [null, null, 4n, false, 'no index: the whole file is read, and indexed', 'record = 1'],
    ])
  })

  it('sums over the files of a list', async () => {
    const [row] = await explain(`from read_lines(['${text}', '${bare}'])`, 'path, indexed, note, columns')
    expect(row).toEqual([
      `${text}, ${bare}`,
      false,
      '2 files; no index: the whole file is read, and indexed',
      ['line', 'record', 'filename'],
    ])
  })

  it('looks through views, CTEs, unions, and into macros as far as it can', async () => {
    await rows(`create view seen as from varve_read_csv('${table}')`)
    expect(await explain('from seen where n = 250', 'predicates, segments_kept')).toEqual([['n = 250', 1n]])
    expect(await explain('select s from seen', 'predicates, columns')).toEqual([[null, ['s']]])
    const union = `with c as (from seen union all from varve_read_csv('${table}')) from c where n = 250`
    expect(await explain(union, 'predicates, segments_kept')).toEqual([
      ['n = 250', 1n],
      ['n = 250', 1n],
    ])
    await rows(`create macro m() as table from varve_read_csv('${table}')`)
    const [row] = await explain('from m()', 'columns, note')
    expect(row).toEqual([['n', 's'], 'inside of a macro: all columns are taken for read'])
  })

  it('leaves out scans that the plan leaves out', async () => {
    expect(await explain(`select 1 from varve_read_csv('${table}') where false`, 'columns')).toEqual([[[]]])
    expect(await explain('select 1', 'columns')).toEqual([])
  })

  it('executes nothing', async () => {
    const before = threadMeter().read()
    const copy = `${bench.folder}/copied.csv`
    expect(
      await explain(`copy (from varve_read_csv('${table}')) to '${copy}'`, 'segments_kept > 10'),
    ).toEqual([[true]])
    expect(await explain(`create table made as from varve_read_csv('${table}')`, '1')).toEqual([[1]])
    await expect(rows('from made')).rejects.toThrow(/made/)
    // Two bindings: the head of a small file, and its index.
    expect(threadMeter().read().requests - before.requests).toBeLessThan(10)
  })

  it('takes parameters for the statement inside, too', async () => {
    const params = { sql: `from varve_read_csv('${table}') where n = $n`, n: 250 }
    expect(await rows('select predicates from explain_scan($sql)', { params })).toEqual([['n = 250']])
    expect(await rows(`select predicates from explain_scan('from varve_read_csv(''${table}'')')`)).toEqual([
      [null],
    ])
  })

  it('shows nothing pushed where nothing may be', async () => {
    const sql = `from varve_read_csv('${table}') where n = 250`
    const options = { params: [sql], pushdown: false }
    expect(await rows('select predicates, segments_kept = segments from explain_scan($1)', options)).toEqual([
      [null, true],
    ])
  })

  it.each([
    [`from explain_scan('a' || 'b')`, 'invalid-input', /text literal or a parameter/],
    [`from explain_scan('select 1; select 2')`, 'invalid-input', /one statement/],
    [`from explain_scan('')`, 'invalid-input', /one statement/],
    [`from explain_scan('selekt')`, 'invalid-input', /selekt/],
    [`from explain_scan('execute p(1)')`, 'unsupported', /EXECUTE/],
    [`from explain_scan('from read_lines(''/nowhere.lines'')')`, 'not-found', /nowhere/],
  ])('%s', async (sql, code, message) => {
    const error = await rows(sql).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(VarveError)
    expect((error as VarveError).code).toBe(code)
    expect((error as VarveError).message).toMatch(message)
  })
})
