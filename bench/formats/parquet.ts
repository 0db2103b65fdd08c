/** Three of twenty columns of a Parquet file in S3, against DuckDB on a local copy. */

import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { DataFile } from '../data.ts'
import { run } from '../process.ts'
import { absent, compare, figure, interleave, type Limit } from '../timing.ts'
import { fetchedBytes } from '../trace.ts'
import { type Contender, expectEqual, type Measure, type Row } from '../types.ts'

const PEER = 'DuckDB on a local copy, 2 threads'
const LIMIT: Limit = { kind: 'speed', value: 0.35 }
/** Three columns, and what is asked of them: of a text each value is copied by itself, twice, of a number a whole batch. */
const QUESTIONS = [
  {
    name: 'parquet, 3 of 20 columns',
    columns: ['n0', 'f2', 'm3'],
    aggregates: 'count(*), sum(n0), sum(f2), sum(epoch_us(m3))',
  },
  {
    name: 'parquet, 3 of 20 columns, one of texts',
    columns: ['n0', 'f2', 't4'],
    aggregates: 'count(*), sum(n0), sum(f2), sum(length(t4))',
  },
] as const
const python = join(process.cwd(), '.tools', 'reference', 'bin', 'python')

/** The footer, and what near ranges are joined over. */
const SLACK = 256 * 1024

async function ensureTable(rows: number): Promise<DataFile<undefined>> {
  const folder = join(process.cwd(), 'bench', 'data')
  const key = `columns-${rows}.parquet`
  const path = join(folder, key)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    process.stderr.write(`bench: making ${key} (once) …\n`)
    await run(python, [join('fixtures', 'parquet', 'large.py'), `${path}.tmp`, String(rows)])
    renameSync(`${path}.tmp`, path)
  }
  return { path, key, bytes: statSync(path).size, totals: undefined }
}

interface Answer {
  readonly seconds: number
  readonly check: readonly string[]
}

async function duckdb(
  path: string,
  aggregates: string,
): Promise<{ process: number; inside: number; row: string }> {
  const ran = await run(python, [join('bench', 'peers', 'duckdb_parquet.py'), path, aggregates])
  const { seconds, check } = JSON.parse(ran.stdout) as Answer
  return { process: ran.seconds, inside: seconds, row: check.join(',') }
}

/** Bytes of the three columns' chunks, by the file's own footer. */
async function columnBytes(path: string, columns: readonly string[]): Promise<number> {
  const sql =
    'import duckdb, sys; print(duckdb.execute("select sum(total_compressed_size) from parquet_metadata(?) where list_contains(?, path_in_schema)", [sys.argv[1], sys.argv[2].split(\',\')]).fetchone()[0])'
  return Number((await run(python, ['-c', sql, path, columns.join(',')])).stdout)
}

export const parquetColumns: Measure = {
  name: 'parquet',
  target: 'from S3: ≥ 0.35 × DuckDB on a local copy; only those column chunks fetched',
  async run(context) {
    if (!existsSync(python)) {
      const why = `${python} is missing: scripts/reference.sh`
      return QUESTIONS.map(({ name }) => absent(name, PEER, LIMIT, why))
    }
    const table = await ensureTable(context.quick ? 200_000 : 2_000_000)
    const uri = await context.inS3(table)
    const rows: Row[] = []
    for (const question of QUESTIONS) rows.push(...(await ask(context, table, uri, question)))
    return rows
  },
}

async function ask(
  context: Context,
  table: DataFile<undefined>,
  uri: string,
  { name, columns, aggregates }: (typeof QUESTIONS)[number],
): Promise<Row[]> {
  const lake = await context.newLake()
  const sql = `select ${aggregates} from read_parquet('${uri}')`
  const { row: expected } = await duckdb(table.path, aggregates)
  const session = await context.warm(lake)
  let fetched = 0
  const ours: Contender = {
    name: 'varve',
    async run() {
      const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], lake)
      expectEqual('varve', sql, ran.stdout.trim().split('\n').at(-1), expected)
      session.requests()
      const inside = await session.call({ do: 'sql', sql })
      fetched = fetchedBytes(session.requests(), uri)
      return { process: ran.seconds, inside }
    },
  }
  const theirs: Contender = {
    name: PEER,
    async run() {
      const { row, ...timed } = await duckdb(table.path, aggregates)
      expectEqual('DuckDB', 'its answer', row, expected)
      return timed
    },
  }
  const [varve, peer] = await interleave([ours, theirs], context.runs)
  const chunks = await columnBytes(table.path, columns)
  const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
  // A file is opened with its first MiB.
  const most = chunks + (1 << 20) + SLACK
  return [
    compare(name, varve!, peer!, LIMIT),
    figure(
      name,
      `their column chunks ${mega(chunks)}`,
      '+ the file’s first MiB and its footer',
      mega(fetched),
      fetched <= most,
    ),
  ]
}
