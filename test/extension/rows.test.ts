/** The extension in a DuckDB that knows nothing of varve gives the rows and types of the Node engine. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { createCatalog } from '../../src/catalog/index.ts'
import { FORMATS } from '../../src/formats/registry.ts'
import { valuesFrom } from '../../src/formats/values.ts'
import { createVarve } from '../../src/library/index.ts'
import { TABLE_FUNCTIONS } from '../../src/scan/functions/index.ts'
import { fastqFile, manyReads } from '../scan/support/corpus.ts'
import { DATA, hasData } from '../sql/runner.ts'
import { type Answer, makeSetting, VERSIONS } from './support.ts'

const setting = makeSetting()
vi.stubEnv('VARVE_CACHE', setting.env.VARVE_CACHE!)
const varve = createVarve({ lake: setting.lake, jobs: 2 })

const VCF =
  '##fileformat=VCFv4.3\n##INFO=<ID=DP,Number=1,Type=Integer,Description="d">\n##FORMAT=<ID=GT,Number=1,Type=String,Description="g">\n' +
  '#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\ts1\ts2\n' +
  '1\t5\t.\tA\tC,G\t.\tPASS\tDP=7\tGT\t0/1\t./.\n1\t9\trs1\tAC\t.\t3.5\t.\t.\tGT\t0|0\t1/2\n'

/** A column of every type that Parquet and DuckDB share, with NULL in each, nested two deep. */
const TYPES = `select i,
  case when i <> 2 then i % 2 = 0 end as flag,
  case when i <> 2 then i end::tinyint as i8, case when i <> 2 then 200 + i end::utinyint as u8,
  case when i <> 2 then -i end::smallint as i16, case when i <> 2 then 65000 + i end::usmallint as u16,
  case when i <> 2 then -i end::integer as i32, case when i <> 2 then 4294967290 + i end::uinteger as u32,
  case when i <> 2 then -9223372036854775808 + i end::bigint as i64,
  case when i <> 2 then 18446744073709551610 + i end::ubigint as u64,
  case when i <> 2 then i / 3 end::float as f32, case when i <> 2 then i / 3 end as f64,
  case when i <> 2 then i / 4 end::decimal(4, 2) as d4, case when i <> 2 then -i / 4 end::decimal(9, 3) as d9,
  case when i <> 2 then i / 4 end::decimal(18, 6) as d18, case when i <> 2 then -i / 4 end::decimal(38, 10) as d38,
  case when i <> 2 then 'é' || i end as t, case when i <> 2 then ('\\x00' || i)::blob end as b,
  case when i <> 2 then date '1969-12-30' + i::integer end as d,
  case when i <> 2 then time '23:59:59.999999' end as h,
  case when i <> 2 then timestamp '1969-12-31 23:59:59.5' + interval 1 second * i end as at,
  case when i <> 2 then timestamptz '2026-01-02 03:04:05+00' end as zoned,
  case when i <> 2 then list_transform(range(i), lambda x: case when x <> 1 then x end) end as l,
  case when i <> 2 then list_transform(range(i), lambda x: range(x)) end as ll,
  case when i <> 2 then {'a': i, 'b': {'c': case when i <> 3 then 'x' end, 'd': [i, null]}} end as s,
  case when i <> 2 then [{'k': i}, null, {'k': null}] end as ls,
  case when i <> 2 then map {'a': i, 'b': null} end as m
from range(5) t(i)`

const places: Record<string, string> = {
  data: DATA,
  fastq: setting.file('reads.fastq', fastqFile(manyReads(20_000, 7)).raw),
  csv: setting.file(
    't.csv',
    'a,b,c,d,e\n1,x,2.5,2026-01-02,true\n,,,,\n3,"y ""z""",-1e300,1969-12-31,false\n',
  ),
  vcf: setting.file('v.vcf', VCF),
  parquet: join(setting.folder, 'types.parquet'),
}
const filled = (query: string): string => query.replace(/\{(\w+)\}/g, (_, name: string) => places[name]!)

const ALL = JSON.parse(readFileSync(join(import.meta.dirname, 'queries.json'), 'utf8')) as string[]
if (!hasData() && process.env.CI === 'true') throw new Error(`${DATA} is missing`)
if (!hasData()) console.warn(`SKIPPED: ${DATA} is missing, so the extension read no real file`)
const QUERIES = ALL.filter((query) => hasData() || !query.includes('{data}'))

async function node(sql: string): Promise<(string | null)[][]> {
  const result = await varve.sql(sql)
  const rows: (string | null)[][] = []
  for await (const batch of result.batches) {
    const columns = result.columns.map(({ type }, i) => valuesFrom(type, batch.columns[i]!))
    for (let row = 0; row < batch.rows; row++)
      rows.push(columns.map((column) => (column[row] === null ? null : String(column[row]))))
  }
  return rows
}

beforeAll(async () => {
  await varve.initLake(setting.lake)
  const lake = await varve.lake()
  const files: string[] = []
  for (let i = 0; i < 9; i++)
    files.push(setting.file(`frame-${i}-${i % 2 === 0 ? "O'Connor" : 'Smith'}.txt`, 'x\n'.repeat(i)))
  await lake.add(files, { dataset: 'd', pattern: 'frame-{frame:int}-{name_of:text}.txt' })
  const query =
    "select 1 as id, 'ann' as name, [{'a': 1.5::decimal(5, 2)}] as more union all select 2, null, null"
  await lake.writeTable('d', 'people', { query }, { key: ['id'] })
  await node(`copy (${TYPES}) to '${places.parquet}' (format parquet)`)
  await node(`from varve_index('${places.fastq}')`)
  const [[slice]] = (await node(
    `select slice from slices('${places.fastq}', n := 3) where slice_id = 1`,
  )) as [[string]]
  // A slice's JSON is known only when the file has an index.
  places.slice = slice.replaceAll("'", "''")
}, 240_000)

afterAll(async () => {
  await varve.close()
  setting.close()
  vi.unstubAllEnvs()
})

describe.each(VERSIONS)('in DuckDB %s rows and types are those of the Node engine', (version) => {
  const asTypes = (query: string): string => `select column_name, column_type from (describe ${query})`
  const asText = (query: string): string => `select to_json(t)::varchar from (${query}) t`
  // By the stable API an argument that may be left out has to be named.
  const queries =
    version === '2.0.0' ? QUERIES : QUERIES.filter((query) => !/(diff|history)\(.*, 'people'\)/.test(query))
  let answers: Answer[]
  beforeAll(async () => {
    answers = await setting.python(
      queries.map(filled).flatMap((query) => [asTypes(query), asText(query)]),
      { version },
    )
  }, 120_000)

  it.each(queries.map((query, i) => [query, i] as const))('%s', async (_, i) => {
    const query = filled(queries[i]!)
    expect(answers[2 * i]).toEqual({ rows: await node(asTypes(query)) })
    expect(answers[2 * i + 1]).toEqual({ rows: await node(asText(query)) })
  })

  it('its functions are all that the engine serves', async () => {
    const served = [...TABLE_FUNCTIONS, ...createCatalog(setting.lake).functions].map(({ name }) => name)
    const [own] = await setting.python(
      [`select distinct function_name from duckdb_functions() where function_type = 'table'`],
      { version },
    )
    const names = own!.rows!.map(([name]) => name)
    expect(served.filter((name) => !names.includes(name))).toEqual([])
  })

  it('names end as the formats do that DuckDB has not', async () => {
    const taken = ['csv', 'tsv', 'parquet', 'json']
    // What the ending says of the format, not what it is: all of these are read as varve's, and found to be missing.
    const endings = FORMATS.flatMap(({ extensions }) => extensions).filter((one) => !taken.includes(one))
    const names = endings.flatMap((ending) => [
      `/nowhere/x.${ending}`,
      `/nowhere/x.${ending.toUpperCase()}.gz`,
    ])
    const answers = await setting.python(
      names.map((name) => `from '${name}'`),
      { version },
    )
    expect(names.filter((name, i) => !answers[i]!.error?.includes(`${name} does not exist`))).toEqual([])
  })
})

it('DuckDB 1.5 is told the names of all options', async () => {
  const own = await setting.python(
    TABLE_FUNCTIONS.map(
      ({ name }) => `select unnest(parameters) from duckdb_functions() where function_name = '${name}'`,
    ),
    { version: '1.5.6' },
  )
  for (const [i, { name, named }] of TABLE_FUNCTIONS.entries()) {
    const known = own[i]!.rows!.map(([option]) => option)
    expect({ name, missing: Object.keys(named).filter((option) => !known.includes(option)) }).toEqual({
      name,
      missing: [],
    })
  }
})

describe.each(VERSIONS)('in DuckDB %s an option', (version) => {
  const WRONG = [
    `from read_fastq('${places.fastq}', nope := 1)`,
    `from read_fastq('${places.fastq}', tags := ['NM'])`,
    `from slices('${places.fastq}', n := 2, nn := 1)`,
    `from datasets(nope := 1)`,
    `from files('d', whre := 'x')`,
    `from read_auto('${places.fastq}', "odd name" := 1)`,
    `from diff('d@1', 'd@2', table_nam := 'people')`,
  ]

  it('that the function does not know is refused in the words of the Node engine', async () => {
    const answers = await setting.python(WRONG, { version })
    for (const [i, sql] of WRONG.entries()) {
      const [first] = (await node(sql).catch((error: Error) => error.message)).toString().split('\n')
      expect(first).toMatch(/^Binder Error: Invalid named parameter "/)
      expect(answers[i]!.error).toContain(first)
    }
  })

  it('may be written in capitals', async () => {
    const [named] = await setting.python(
      [`select distinct filename from read_fastq('${places.fastq}', FileName := true)`],
      {
        version,
      },
    )
    expect(named).toEqual({ rows: [[places.fastq]] })
  })
})
