/** Point clouds in S3: all of a LAZ file, and a hundredth of a COPC file, against laspy with lazrs on local copies. */

import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Context } from '../context.ts'
import type { DataFile } from '../data.ts'
import { run } from '../process.ts'
import { absent, compare, figure, interleave, type Limit } from '../timing.ts'
import { fetchedBytes } from '../trace.ts'
import { BenchError, type Contender, expectEqual, type Measure } from '../types.ts'
import { indexedLake } from '../varve.ts'

const SCAN = 'laz, full scan of x, y, z, 2 workers'
const BOX = 'copc, box of 1 %'
const SCAN_LIMIT: Limit = { kind: 'speed', value: 1 }
const BOX_LIMIT: Limit = { kind: 'time', value: 1 }
const python = join(process.cwd(), '.tools', 'reference', 'bin', 'python')
const MISSING = `${python} is missing: scripts/reference.sh`

async function ensureCloud(kind: 'laz' | 'copc', points: number): Promise<DataFile<undefined>> {
  const folder = join(process.cwd(), 'bench', 'data')
  const key = `cloud-${points}.${kind === 'copc' ? 'copc.laz' : 'laz'}`
  const path = join(folder, key)
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true })
    process.stderr.write(`bench: making ${key} (once) …\n`)
    await run(python, [join('fixtures', 'las', 'large.py'), kind, `${path}.tmp`, String(points)])
    renameSync(`${path}.tmp`, path)
  }
  return { path, key, bytes: statSync(path).size, totals: undefined }
}

/** Rows and sums of raw coordinates: scales and offsets of fixtures/las/large.py taken off again. */
const sums = (from: string): string =>
  `select count(*), sum(round((x - 600000) * 100)::bigint), sum(round((y - 4000000) * 100)::bigint), sum(round(z * 100)::bigint) ${from}`

interface Answer {
  readonly seconds: number
  readonly rows: number
  readonly check: readonly number[]
}

async function laspy(args: readonly string[]): Promise<{ process: number; inside: number; row: string }> {
  const ran = await run(python, [join('bench', 'peers', 'laspy_scan.py'), ...args])
  const { seconds, rows, check } = JSON.parse(ran.stdout) as Answer
  return { process: ran.seconds, inside: seconds, row: [rows, ...check].join(',') }
}

interface Pair {
  readonly ours: Contender
  readonly theirs: Contender
  /** Bytes of the object that the last run of ours fetched. */
  readonly fetched: () => number
}

/** One statement and the same question to laspy, whose answers must agree. */
async function pair(
  context: Context,
  lake: string,
  uri: string,
  sql: string,
  peer: readonly string[],
): Promise<Pair> {
  const { row: expected } = await laspy(peer)
  const session = await context.warm(lake)
  let fetched = 0
  return {
    fetched: () => fetched,
    ours: {
      name: 'varve',
      async run() {
        const ran = await context.varve(['sql', '-c', sql, '--format', 'csv'], lake)
        expectEqual('varve', sql, ran.stdout.trim().split('\n').at(-1), expected)
        session.requests()
        const inside = await session.call({ do: 'sql', sql })
        fetched = fetchedBytes(session.requests(), uri)
        return { process: ran.seconds, inside }
      },
    },
    theirs: {
      name: 'laspy + lazrs, one thread',
      async run() {
        const { row, ...timed } = await laspy(peer)
        expectEqual('laspy', 'its answer', row, expected)
        return timed
      },
    },
  }
}

export const lazScan: Measure = {
  name: 'laz',
  target: 'from S3, indexed: ≥ 1 × laspy + lazrs with one thread, all fields',
  async run(context) {
    if (!existsSync(python)) return [absent(SCAN, 'laspy', SCAN_LIMIT, MISSING)]
    const cloud = await ensureCloud('laz', context.quick ? 500_000 : 10_000_000)
    const uri = await context.inS3(cloud)
    const lake = await indexedLake(context, uri)
    const { ours, theirs, fetched } = await pair(context, lake, uri, sums(`from read_las('${uri}')`), [
      cloud.path,
    ])
    const [varve, peer] = await interleave([ours, theirs], context.runs)
    if (fetched() < cloud.bytes * 0.95)
      throw new BenchError(`varve fetched ${fetched()} bytes of ${cloud.bytes}`)
    return [compare(SCAN, varve!, peer!, SCAN_LIMIT)]
  },
}

export const copcBox: Measure = {
  name: 'copc',
  target: 'from S3: ≤ 1 × the time of laspy’s CopcReader; bytes ≤ 2 × the touched nodes',
  async run(context) {
    if (!existsSync(python)) return [absent(BOX, 'laspy', BOX_LIMIT, MISSING)]
    const points = context.quick ? 500_000 : 20_000_000
    const cloud = await ensureCloud('copc', points)
    const uri = await context.inS3(cloud)
    const lake = await indexedLake(context, uri)
    // A tenth of either side, in the middle: sides of fixtures/las/large.py, in metres.
    const [width, height] = [1000, points / 4000]
    const [x, y] = [600000 + width * 0.43, 4000000 + height * 0.43]
    const box = [x, y, x + width / 10, y + height / 10] as const
    const where = `x between ${box[0]} and ${box[2]} and y between ${box[1]} and ${box[3]}`
    const from = `from read_copc('${uri}') where ${where}`
    const { ours, theirs, fetched } = await pair(context, lake, uri, sums(from), [
      cloud.path,
      ...box.map(String),
    ])
    const [varve, peer] = await interleave([ours, theirs], context.runs)
    const touched = await touchedBytes(context, uri, lake, box)
    const mega = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`
    return [
      compare(BOX, varve!, peer!, BOX_LIMIT),
      figure(BOX, `touched nodes ${mega(touched)}`, '≤ 2 ×', mega(fetched()), fetched() <= touched * 2),
    ]
  },
}

/** Bytes of the nodes that a box touches, by the index. */
async function touchedBytes(
  context: Context,
  uri: string,
  lake: string,
  [x0, y0, x1, y1]: readonly [number, number, number, number],
): Promise<number> {
  const where = `x between ${x0} and ${x1} and y between ${y0} and ${y1}`
  const plan = `select bytes_to_fetch from explain_scan('from read_copc(''${uri}'') where ${where}')`
  const ran = await context.varve(['sql', '-c', plan, '--format', 'csv'], lake)
  return Number(ran.stdout.trim().split('\n').at(-1))
}
