/** What the lake's measures share: a MinIO with many objects, a proxy before it, and a lake that names them all. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Minio, startMinio } from '../minio.ts'
import { type Ran, type RunOptions, run } from '../process.ts'
import { type DelayProxy, startProxy, type Traffic } from '../proxy.ts'
import { BenchError, expectEqual } from '../types.ts'
import { ensureObjects, SOURCE } from './objects.ts'

/** The dataset of all objects; version 1 has them as they were first. */
export const DATASET = 'images'

/** Milliseconds that L20 adds to each request. */
export const L20 = 20

export interface Worked<T> {
  /** Seconds from spawn to exit. */
  readonly process: number
  /** Seconds of the work itself. */
  readonly inside: number
  readonly peak: number
  readonly traffic: Traffic
  readonly result: T
}

export interface LakeSetting {
  readonly minio: Minio
  readonly proxy: DelayProxy
  /** How many objects there are. */
  readonly files: number
  /** The lake, with the dataset once `registered` was asked for. */
  readonly url: string
  /** The objects' prefix. */
  readonly source: string
  /** Registers all objects, at the first call. */
  registered(): Promise<Ran>
  /** A bucket with nothing in it, which is gone at the end. */
  newBucket(): Promise<string>
  /** Takes a bucket's data off the disk before the end. */
  drop(bucket: string): void
  /** A work of lake/program.ts in a process of its own, its requests through the proxy. */
  work<T>(args: readonly (string | number)[], options?: WorkOptions): Promise<Worked<T>>
  /** One varve process, its requests through the proxy. */
  varve(
    args: readonly string[],
    options?: RunOptions & WorkOptions,
  ): Promise<Ran & { readonly traffic: Traffic }>
  stop(): Promise<void>
}

export interface WorkOptions {
  /** Milliseconds added to each request; default none. */
  readonly delay?: number | undefined
  /** Past the proxy, which would take its share of the cores. */
  readonly direct?: boolean | undefined
}

const main = join(process.cwd(), 'dist', 'main.js')

/** `built`: the folder of the bundled bench. */
export async function startLakeSetting(built: string, files: number): Promise<LakeSetting> {
  const folder = await ensureObjects(files)
  const minio = await startMinio(folder)
  const proxy = await startProxy(minio.endpoint)
  const scratch = mkdtempSync(join(process.cwd(), 'bench', 'data', 'scratch-'))
  const env = { ...minio.env, AWS_ENDPOINT_URL: proxy.endpoint, NO_COLOR: '1', VARVE_AUTHOR: 'bench' }
  const buckets: string[] = []
  const drop = (bucket: string): void => rmSync(join(folder, bucket), { recursive: true, force: true })
  let registering: Promise<Ran> | undefined

  const setting: LakeSetting = {
    minio,
    proxy,
    files,
    url: 's3://lake/',
    source: `s3://${SOURCE}/`,
    registered: () => (registering ??= register(setting)),
    async newBucket() {
      const bucket = `run-${process.pid}-${buckets.length}`
      await minio.bucket(bucket)
      buckets.push(bucket)
      return bucket
    },
    drop,
    async work<T>(args: readonly (string | number)[], { delay = 0, direct = false }: WorkOptions = {}) {
      proxy.delay = delay
      proxy.traffic()
      const program = [join(built, 'lake.js'), ...args.map(String)]
      const ran = await run(process.execPath, program, { env: direct ? minio.env : env, watchMemory: true })
      const result = JSON.parse(ran.stdout) as T & { readonly seconds: number }
      return {
        process: ran.seconds,
        inside: result.seconds,
        peak: ran.peak,
        traffic: proxy.traffic(),
        result,
      }
    },
    async varve(args, { delay = 0, direct = false, ...options } = {}) {
      proxy.delay = delay
      proxy.traffic()
      const own = { VARVE_LAKE: setting.url, VARVE_CACHE: mkdtempSync(join(scratch, 'x')) }
      const ran = await run(process.execPath, [main, ...args], {
        ...options,
        cwd: scratch,
        env: { ...env, ...(direct ? minio.env : {}), ...own, ...options.env },
      })
      return { ...ran, traffic: proxy.traffic() }
    },
    async stop() {
      await proxy.stop()
      await minio.stop()
      for (const bucket of [...buckets, 'lake']) drop(bucket)
      rmSync(scratch, { recursive: true, force: true })
    },
  }
  // An earlier run that was killed may have left its buckets.
  for (const bucket of readdirSync(folder)) if (/^(lake|run-.*)$/.test(bucket)) drop(bucket)
  await minio.bucket('lake')
  await setting.varve(['init', setting.url])
  return setting
}

async function register({ varve, source, files }: LakeSetting): Promise<Ran> {
  const args = ['add', source, '--dataset', DATASET, '--in-place', '--no-heads', '--json', '--quiet']
  const ran = await varve(args, { direct: true, watchMemory: true })
  const report = JSON.parse(ran.stdout) as { readonly added: number; readonly version: number }
  expectEqual('varve add', 'number of files added', report.added, files)
  expectEqual('varve add', 'version', report.version, 1)
  return ran
}

/** The last line of what varve printed as CSV. */
export function lastLine(stdout: string): string {
  const line = stdout.trim().split('\n').at(-1)
  if (line === undefined) throw new BenchError('varve printed nothing')
  return line
}
