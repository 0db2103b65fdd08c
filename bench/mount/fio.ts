/** fio on files of a mount. */

import { run } from '../process.ts'
import { median } from '../timing.ts'
import { BenchError } from '../types.ts'

export interface FioJob {
  /** One for all jobs, or one for each. */
  readonly files: readonly string[]
  readonly pattern: 'read' | 'randread'
  /** Jobs on each file. */
  readonly jobs?: number | undefined
  /** Bytes that each job reads; default its whole file. */
  readonly bytes?: number | undefined
  readonly seed?: number | undefined
}

export interface FioResult {
  /** Bytes that all jobs read, and seconds from the first one's start to the last one's end. */
  readonly bytes: number
  readonly seconds: number
  /** Bytes per second of each job. */
  readonly speeds: readonly number[]
  /** Milliseconds of a read; of several jobs the median of theirs, and the worst of all. */
  readonly p50: number
  readonly p99: number
  readonly worst: number
}

interface Report {
  readonly jobs: readonly {
    readonly error: number
    readonly read: {
      readonly io_bytes: number
      readonly bw_bytes: number
      readonly runtime: number
      readonly clat_ns: { readonly max: number; readonly percentile?: Readonly<Record<string, number>> }
    }
  }[]
}

export const BLOCK = 256 * 1024

/** Reads as programs do, through the page cache, `BLOCK` at a time. */
export async function fio(job: FioJob): Promise<FioResult> {
  const { files, pattern, jobs = 1, bytes, seed = 1 } = job
  const common = [
    '--output-format=json',
    '--ioengine=psync',
    '--readonly',
    '--allow_file_create=0',
    '--thread',
    `--bs=${BLOCK}`,
    `--rw=${pattern}`,
    `--randseed=${seed}`,
    ...(bytes === undefined ? [] : [`--io_size=${bytes}`]),
  ]
  const own = files.flatMap((file, i) => [`--name=f${i}`, `--numjobs=${jobs}`, `--filename=${file}`])
  const { stdout } = await run('fio', [...common, ...own])
  return resultOf(JSON.parse(stdout.slice(stdout.indexOf('{'))) as Report)
}

function resultOf({ jobs }: Report): FioResult {
  const failed = jobs.find(({ error }) => error !== 0)
  if (failed !== undefined) throw new BenchError(`fio ended with error ${failed.error}`)
  const reads = jobs.map(({ read }) => read)
  const percentile = (of: string): number =>
    median(reads.map(({ clat_ns }) => (clat_ns.percentile?.[of] ?? Number.NaN) / 1e6))
  return {
    bytes: reads.reduce((sum, { io_bytes }) => sum + io_bytes, 0),
    seconds: Math.max(...reads.map(({ runtime }) => runtime)) / 1000,
    speeds: reads.map(({ io_bytes, runtime }) => io_bytes / (runtime / 1000)),
    p50: percentile('50.000000'),
    p99: percentile('99.000000'),
    worst: Math.max(...reads.map(({ clat_ns }) => clat_ns.max)) / 1e6,
  }
}
