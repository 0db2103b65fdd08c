/** varve as a contender: one statement as a whole process, and inside a session that stays open. */

import type { Context } from './context.ts'
import { fetchedBytes } from './trace.ts'
import { BenchError, type Contender, expectEqual } from './types.ts'
import type { Warm } from './warm.ts'

/** Number of reads and bases: what every FASTQ contender answers. */
export const countBases = (uri: string): string =>
  `select count(*), sum(length(sequence)) from read_fastq('${uri}')`

/** A cache that kept the source would make "from S3" a lie. */
function expectFetched(session: Warm, uri: string, size: number): void {
  const fetched = fetchedBytes(session.requests(), uri)
  if (fetched < size * 0.95) {
    throw new BenchError(`varve: fetched ${fetched} bytes of ${uri}, expected its ${size}: not read from S3`)
  }
}

export interface Statement {
  readonly sql: string
  /** The one row of its result, as `--format csv` prints it. */
  readonly expected: string | ((row: string) => void)
  /** The object that it reads whole, and its size. */
  readonly uri: string
  readonly size: number
}

export function expectRow(statement: Statement, csv: string): void {
  const row = csv.trim().split('\n').at(-1) ?? ''
  if (typeof statement.expected === 'string') expectEqual('varve', statement.sql, row, statement.expected)
  else statement.expected(row)
}

/** Every run in the same lake, which holds the index of what the statement reads. */
export async function indexedContender(
  context: Context,
  statement: Statement,
  lake: string,
): Promise<Contender> {
  const session = await context.warm(lake)
  return {
    name: 'varve',
    async run() {
      const ran = await context.varve(['sql', '-c', statement.sql, '--format', 'csv'], lake)
      expectRow(statement, ran.stdout)
      session.requests()
      const inside = await session.call({ do: 'sql', sql: statement.sql })
      expectFetched(session, statement.uri, statement.size)
      return { process: ran.seconds, inside }
    },
  }
}

/** What `varve info --json` says of a file. */
export interface Info {
  readonly indexed: boolean
  readonly rows: number | null
  readonly segments: number | null
  readonly index: string
  readonly index_bytes: number | null
}

export async function info(context: Context, uri: string, lake: string): Promise<Info> {
  return JSON.parse((await context.varve(['info', uri, '--json'], lake)).stdout) as Info
}

/** A lake with the index of one file. */
export async function indexedLake(context: Context, uri: string): Promise<string> {
  const lake = await context.newLake()
  await context.varve(['index', uri], lake)
  const { indexed } = await info(context, uri, lake)
  if (!indexed) throw new BenchError(`varve index ${uri} left no index`)
  return lake
}
