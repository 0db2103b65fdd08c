/** The extension in Python against `varve sql`: the same scan layer, one process further away. */

import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createInterface } from 'node:readline'
import type { Context } from '../context.ts'
import { PREPARED_LENGTH, PREPARED_ROWS, servePrepared } from '../extension/prepared.ts'
import {
  askPython,
  type BenchEngine,
  type Environment,
  engineEnvironment,
  missingExtension,
  startEngine,
  startPython,
} from '../extension/setting.ts'
import { ensureCohort } from '../formats/vcf-data.ts'
import { compare, figure, interleave, type Limit, median } from '../timing.ts'
import type { Traced } from '../trace.ts'
import { BenchError, type Contender, expectEqual, type Measure, type Row } from '../types.ts'
import { countBases, expectRow, indexedLake } from '../varve.ts'

const RECORDS = 220_000
const MS = 1000

interface Queried {
  readonly seconds: number
  readonly row: readonly number[]
}

/** One statement through the extension, with the engine running, and by `varve sql`. */
async function statement(
  context: Context,
  name: string,
  { sql, expected, uri, size, limit, counted }: Statement,
): Promise<Row[]> {
  const lake = await indexedLake(context, uri)
  const engine = await startEngine(context, lake)
  const session = await context.warm(lake)
  const requests = { extension: [] as Traced[], sql: [] as Traced[] }
  const extension: Contender = {
    name: 'the extension',
    async run() {
      engine.requests()
      const { seconds, answer } = await askPython<Queried>('query', sql, engine.env)
      expectEqual('the extension', name, answer.row.join(','), expected)
      requests.extension = engine.requests().filter(({ uri: of }) => of === uri)
      return { process: seconds, inside: answer.seconds }
    },
  }
  const program: Contender = {
    name: 'varve sql',
    async run() {
      const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], lake)
      expectRow({ sql, expected, uri, size }, ran.stdout)
      session.requests()
      const inside = await session.call({ do: 'sql', sql })
      requests.sql = session.requests().filter(({ uri: of }) => of === uri)
      return { process: ran.seconds, inside }
    },
  }
  const [ours, theirs] = await interleave([extension, program], context.runs)
  await engine.stop()
  const rows = [compare(name, ours!, theirs!, limit)]
  if (counted !== true) return rows
  const [own, other] = [countOf(requests.extension), countOf(requests.sql)]
  const shown = ({ count, bytes }: typeof own): string => `${count} requests, ${bytes} bytes`
  // A session that has had the object before asks for its identity by a byte, another one by a HEAD.
  const same = own.count === other.count && own.bytes <= other.bytes
  rows.push(figure(`${name}, of the object`, `varve sql: ${shown(other)}`, 'the same', shown(own), same))
  return rows
}

const countOf = (list: readonly Traced[]): { readonly count: number; readonly bytes: number } => ({
  count: list.length,
  bytes: list.reduce((sum, { bytes }) => sum + bytes, 0),
})

interface Statement {
  readonly sql: string
  readonly expected: string
  readonly uri: string
  readonly size: number
  readonly limit: Limit
  /** Requests and bytes shall be the same, too. */
  readonly counted?: boolean
}

async function handOver(context: Context): Promise<Row> {
  const env = await engineEnvironment(context, '')
  const socket = env.VARVE_ENGINE!
  const serving = await servePrepared(socket)
  try {
    const times: number[] = []
    for (let round = 0; round <= context.runs; round++) {
      const sql = `select count(*), sum(length(b)) from read_lines('/prepared')`
      const { answer } = await askPython<Queried>('query', sql, env)
      expectEqual('hand-over', 'its sum', answer.row.join(','), `${PREPARED_ROWS},${PREPARED_LENGTH}`)
      if (round > 0) times.push(answer.seconds)
    }
    const speed = PREPARED_ROWS / median(times) / 1e6
    const shown = `${speed.toFixed(1)} M rows/s`
    return figure(
      'extension: hand-over of batches in shared memory',
      'the prototype: 17',
      '≥ 10 M rows/s',
      shown,
      speed >= 10,
    )
  } finally {
    await serving.stop()
    rmSync(dirname(socket), { recursive: true, force: true })
  }
}

async function firstRow(context: Context, uri: string, engine: BenchEngine): Promise<Row[]> {
  const sql = `select record from read_fastq('${uri}') limit 1`
  const took = async (env: Environment): Promise<number> =>
    (await askPython<{ seconds: number }>('first', sql, env)).answer.seconds
  const running: number[] = []
  const starting: number[] = []
  for (let round = 0; round <= context.runs; round++) {
    running.push(await took(engine.env))
    const env = await engineEnvironment(context, '')
    starting.push(await took(env))
    await endIdle(env)
  }
  const row = (name: string, values: number[], most: number): Row => {
    const ms = median(values.slice(1)) * MS
    return figure(
      `extension: first row after connecting, ${name}`,
      '–',
      `≤ ${most} ms`,
      `${ms.toFixed(0)} ms`,
      ms <= most,
    )
  }
  return [row('engine running', running, 150), row('engine not running', starting, 800)]
}

/** Ends the engine that a client has started, by the process that its socket's folder is known to. */
async function endIdle({ VARVE_ENGINE: socket }: Environment): Promise<void> {
  const { shell } = await import('../process.ts')
  await shell('kill $(pgrep -f -- "--socket $1")', [socket!], { allow: [0, 1, 2] })
  rmSync(dirname(socket!), { recursive: true, force: true })
}

async function interrupts(engine: BenchEngine, uri: string): Promise<Row[]> {
  const child = startPython('interrupt', `select count(*) from read_fastq('${uri}')`, engine.env)
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  try {
    if ((await lines.next()).value !== 'ready') throw new BenchError('the extension answered no query')
    process.kill(engine.pid, 'SIGSTOP')
    child.stdin!.end('go\n')
    const answer = JSON.parse((await lines.next()).value as string) as { interrupt: number; signal: number }
    return Object.entries({ 'con.interrupt()': answer.interrupt, 'Ctrl-C': answer.signal }).map(
      ([name, took]) =>
        figure(
          `extension: ${name} while the engine is silent`,
          '–',
          '≤ 200 ms',
          `${(took * MS).toFixed(0)} ms`,
          took <= 0.2,
        ),
    )
  } finally {
    process.kill(engine.pid, 'SIGCONT')
    child.kill()
  }
}

async function steady(engine: BenchEngine, uri: string): Promise<Row> {
  type Used = Readonly<Record<'memory' | 'descriptors', number>>
  const sql = `select record from read_fastq('${uri}') limit 5`
  const { answer } = await askPython<{ before: Used; after: Used }>('steady', sql, engine.env)
  const { before, after } = answer
  const grown = (after.memory - before.memory) / 2 ** 20
  const shown = `${grown.toFixed(1)} MiB more, ${before.descriptors} → ${after.descriptors} descriptors`
  const flat = grown < 8 && after.descriptors === before.descriptors
  return figure('extension: 1,200 queries in one process', '–', 'flat', shown, flat)
}

export const extension: Measure = {
  name: 'extension',
  target:
    'in Python: FASTQ.gz full scan ≥ 0.85 × varve sql; region of 1 % ≤ 1.3 ×, same requests; hand-over ≥ 10 M rows/s; ' +
    'first row ≤ 150 / ≤ 800 ms; interrupts ≤ 200 ms; 1,200 queries flat',
  async run(context) {
    const missing = missingExtension()
    if (missing !== undefined) return [figure('extension', '–', 'in Python', 'not measured', false, missing)]
    const { gz } = await context.fastq()
    const reads = await context.inS3(gz)
    const cohort = await ensureCohort(context.quick ? 10_000 : RECORDS)
    const variants = await context.inS3(cohort)
    const { chrom, from, to } = cohort.totals.region
    const engine = await startEngine(context, await indexedLake(context, reads))
    try {
      return [
        ...(await statement(context, 'extension: FASTQ.gz full scan', {
          sql: countBases(reads),
          expected: `${gz.totals.reads},${gz.totals.bases}`,
          uri: reads,
          size: gz.bytes,
          limit: { kind: 'speed', value: 0.85 },
        })),
        ...(await statement(context, 'extension: vcf.gz, region of 1 %', {
          sql: `select count(*) from read_vcf('${variants}') where chrom = '${chrom}' and pos between ${from} and ${to}`,
          expected: String(cohort.totals.inRegion),
          uri: variants,
          size: cohort.bytes,
          limit: { kind: 'time', value: 1.3 },
          counted: true,
        })),
        await handOver(context),
        ...(await firstRow(context, reads, engine)),
        await steady(engine, reads),
        ...(await interrupts(engine, reads)),
      ]
    } finally {
      await engine.stop()
      rmSync(dirname(engine.env.VARVE_ENGINE!), { recursive: true, force: true })
    }
  },
}
