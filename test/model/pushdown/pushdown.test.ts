/**
 * The law of pushdown on whole sessions: random queries over files of every format give the same rows with and without
 * it. VARVE_PUSHDOWN_SEED repeats a run, VARVE_PUSHDOWN_RUNS says how many queries; `npm run soak` asks for 10,000.
 */

import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSession } from '../../../src/engine/session.ts'
import type { RunOptions } from '../../../src/engine/types.ts'
import type { Value } from '../../../src/formats/values.ts'
import { indexFile } from '../../../src/scan/build.ts'
import { TABLE_FUNCTIONS } from '../../../src/scan/functions/index.ts'
import type { Argument, ScanService } from '../../../src/scan/types.ts'
import { rowsIn } from '../../engine/sessions.ts'
import { Bench } from '../../scan/support/service.ts'
import { indexFinely } from './fine-index.ts'
import type { Fixture } from './fixture.ts'
import { FIXTURES } from './fixtures.ts'
import { callOf, type GeneratedQuery, queries, viewName } from './queries.ts'

const RUNS = Number(process.env.VARVE_PUSHDOWN_RUNS ?? 100)
const SEED = Number(process.env.VARVE_PUSHDOWN_SEED ?? Math.floor(Math.random() * 2 ** 31))

const bench = new Bench()
const real = bench.service()
const seen = { scans: 0, predicates: 0, refused: 0 }
const service: ScanService = {
  ...real,
  scan(request) {
    seen.scans++
    seen.predicates += request.predicates.length
    return real.scan(request)
  },
}
const session = openSession({ scan: service, functions: TABLE_FUNCTIONS })
afterAll(() => session.close())

const paths = new Map<string, string>()

beforeAll(async () => {
  for (const fixture of FIXTURES) {
    const path = bench.file(fixture.name, fixture.content)
    paths.set(fixture.name, path)
    if (fixture.beside !== undefined) bench.file(...fixture.beside)
    expect(await indexed(path, fixture), fixture.name).toBeGreaterThan(3)
    await rowsIn(session, `create view ${viewName(fixture)} as select * from ${callOf(fixture, paths)}`)
  }
})

/** How many segments the file's index has. */
async function indexed(path: string, { format, options }: Fixture): Promise<number> {
  if (typeof format !== 'string') return indexFinely(path, format, real.context, options && { options })
  const { index } = await indexFile(path, real.context, { format, options })
  return index.segments.length
}

function shown(value: Value): string {
  return typeof value === 'number' || typeof value === 'bigint'
    ? Object.is(value, -0)
      ? '-0'
      : String(value)
    : JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? String(part) : part))
}

interface Outcome {
  readonly error?: string
  readonly rows?: readonly string[]
}

async function outcome(query: GeneratedQuery, pushdown: boolean): Promise<Outcome> {
  try {
    const rows = (await run(query, pushdown)).map((row) => row.map(shown).join('|'))
    return { rows: query.ordered ? rows : rows.sort() }
  } catch (error) {
    return { error: String(error).slice(0, 60) }
  }
}

const CONSTANT = /«([^»]*)»/g

async function run({ sql, how }: GeneratedQuery, pushdown: boolean): Promise<Value[][]> {
  const constants = [...sql.matchAll(CONSTANT)].map(([, text]) => text!)
  let at = 0
  if (how === 'execute' && constants.length > 0) {
    const prepared = sql.replace(CONSTANT, () => `$${++at}`)
    await rowsIn(session, `prepare q as ${prepared}`)
    return rowsIn(session, `execute q(${constants.join(', ')})`, { pushdown })
  }
  const params = constants.map(plain)
  if (how === 'parameters' && constants.length > 0 && !params.includes(undefined)) {
    const text = sql.replace(CONSTANT, () => `$${++at}`)
    return rowsIn(session, text, { pushdown, params: params as RunOptions['params'] & Argument[] })
  }
  return rowsIn(session, sql.replace(CONSTANT, '$1'), { pushdown })
}

/** What a program would give for it. */
function plain(literal: string): Argument | undefined {
  if (literal === 'null') return null
  if (literal === 'true' || literal === 'false') return literal === 'true'
  if (/^-?\d+$/.test(literal)) {
    const value = BigInt(literal)
    return value > 2n ** 62n ? undefined : Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  if (/^-?\d+\.\d+$/.test(literal)) return Number(literal)
  return /^'(?:[^']|'')*'$/.test(literal) ? literal.slice(1, -1).replaceAll("''", "'") : undefined
}

async function holds(query: GeneratedQuery): Promise<boolean> {
  const without = await outcome(query, false)
  // A statement that fails without it may succeed with it, when the row that it fails at need not be read.
  if (without.error !== undefined) {
    seen.refused++
    return false
  }
  const before = seen.predicates
  let withIt = await outcome(query, true)
  // The same statement may fail or not: DuckDB tries conjuncts in an order that it changes by their cost, and so may
  // cast a value that another conjunct rules out. Found: `… where f = 5 and i between 2^127 - 1 and 0.5`.
  for (let i = 0; i < 20 && withIt.error?.includes('Conversion Error') === true; i++)
    withIt = await outcome(query, true)
  expect(withIt).toEqual(without)
  return seen.predicates > before
}

/** Shapes of which each is wrong when one guard is missing; and what random queries have found. */
const CASES: Readonly<Record<string, string>> = {
  'a UNION of a number and a text compares texts':
    "select * from (select n from v_table_csv union all select n from v_other_csv) where n > '10' and n < '2'",
  'an anti join keeps the rows that an ON does not':
    'select count(*) from v_table_csv a anti join v_reads_fastq b on a.n = b.record and a.n > 300',
  'an outer join makes rows of nulls':
    'select count(*) from v_table_csv a left join v_reads_fastq b on a.n = b.record + 50 where b.record is null',
  'an outer join keeps the rows that an ON does not':
    'select count(*) from v_table_csv a left join v_reads_fastq b on a.n = b.record and a.n > 300 and b.record < 400',
  'a WITH that is named twice':
    'with c as (from v_table_csv) select (select count(*) from c where n < 5), (select count(*) from c where n > 500)',
  'a LIMIT below the condition': 'select * from (select n from v_table_csv limit 50) where n >= 40',
  'DISTINCT ON below the condition':
    'select * from (select distinct on (b) b, n from v_table_csv order by b, n) where n > 300',
  'a window below the condition':
    'select * from (select n, count(*) over () as c from v_table_csv) where n = 7',
  'a column replaced under its own name':
    'select * from (select * replace (x as n) from v_table_csv) where n = 7',
  'columns of a UNION by their places':
    'select * from (select n, x from v_table_csv union all select x, n from v_table_csv) where n = 37',
  'found: BETWEEN compares in a type that both bounds have, also one that is not understood':
    "select count(*) from v_table_csv where n between '-infinity'::float and 9007199254740993",
  'found: a segment whose texts are all NULL broke its thread (csv)':
    'select count(*), count(s) from v_table_csv where n between 200 and 259',
}

describe('the law of pushdown', () => {
  it.each(Object.entries(CASES))('%s', async (_, sql) => {
    await expect(holds({ sql, how: 'literals', ordered: false })).resolves.toEqual(expect.any(Boolean))
    expect((await outcome({ sql, how: 'literals', ordered: false }, true)).rows?.length).toBeGreaterThan(0)
  })

  it(
    `holds for ${RUNS} random queries`,
    async () => {
      console.log(`pushdown test: ${RUNS} queries, VARVE_PUSHDOWN_SEED=${SEED}`)
      let done = 0
      let pushed = 0
      const law = fc.asyncProperty(queries(paths), async (query) => {
        if (await holds(query)) pushed++
        done++
        if (done % 500 === 0) console.log(`pushdown test: ${done} queries, ${pushed} with predicates`)
      })
      await fc.assert(law, { numRuns: RUNS, seed: SEED })
      // It is about something.
      expect(pushed).toBeGreaterThan(RUNS / 6)
      expect(seen.refused).toBeLessThan(RUNS / 2)
      console.log(`pushdown test: ${done} queries, ${pushed} with predicates, ${seen.refused} refused`)
    },
    24 * 3600_000,
  )
})
