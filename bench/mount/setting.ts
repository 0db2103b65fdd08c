/** What the mount's measures share: a MinIO in memory with the objects, L20 before it, and a lake that names them. */

import { randomFillSync } from 'node:crypto'
import { linkSync, mkdirSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../src/store/index.ts'
import { L20 } from '../lake/setting.ts'
import { type Minio, startMinio } from '../minio.ts'
import { presign } from '../presign.ts'
import { run } from '../process.ts'
import { expectEqual } from '../types.ts'
import { type Mounted, type Mounter, mount } from './mounts.ts'
import { type DelayProxy, startDelayProxy } from './proxy.ts'

const MiB = 2 ** 20
export const BUCKET = 'plain'
export const LARGE_FILES = 4
const OWNED_FILES = 64

export interface MountSetting {
  readonly minio: Minio
  readonly proxy: DelayProxy
  /** Bytes of each large file, `large/0` to `large/3`. */
  readonly largeBytes: number
  /** Files of 1 MiB, `small/00000` and so on. */
  readonly smallFiles: number
  /** Empty-looking files of one folder, `wide/000000` and so on. */
  readonly wideFiles: number
  /** A local copy of `large/0`. */
  readonly original: string
  /** A fresh mount; the requests go through L20, or straight to the server. */
  mount(by: Mounter, options?: MountOptions): Promise<Files>
  /** Seconds of the bare GETs of `large/0`. */
  bareGets(delayed: boolean): Promise<number>
  stop(): Promise<void>
}

export interface MountOptions {
  readonly delayed?: boolean | undefined
  readonly env?: Readonly<Record<string, string>> | undefined
  readonly keepCaches?: boolean | undefined
}

export interface Files extends Mounted {
  /** Where a file of the bucket is in the mount. */
  path(key: string): string
}

/** `built`: the folder of the bundled bench. */
export async function startMountSetting(built: string, quick: boolean): Promise<MountSetting> {
  const largeBytes = (quick ? 64 : 512) * MiB
  const [smallFiles, wideFiles] = quick ? [100, 2000] : [2000, 100_000]
  const needed = (LARGE_FILES + 2) * largeBytes + smallFiles * MiB
  const folder = mkdtempSync(join(memoryFolder(needed * 1.2), 'varve-mount-bench-'))
  const minio = await startMinio(join(folder, 'minio'))
  const proxy = await startDelayProxy(minio.endpoint)
  await proxy.setDelay(L20)
  const original = join(folder, 'large-0')
  process.stderr.write(`bench: making the objects of the mount in ${folder} …\n`)
  await minio.bucket(BUCKET)
  await minio.bucket('lake')
  await putLarge(minio, original, largeBytes)
  await putSmall(minio, smallFiles)
  linkWide(join(folder, 'minio', BUCKET), wideFiles)
  const lake = 's3://lake/'
  const varve = (args: readonly string[]) =>
    run(process.execPath, [join(process.cwd(), 'dist', 'main.js'), ...args], {
      env: { ...minio.env, VARVE_LAKE: lake, VARVE_CACHE: join(folder, 'cache'), VARVE_AUTHOR: 'bench' },
    })
  await varve(['init', lake])
  await varve(['add', ownedFiles(folder, original), '--dataset', 'owned', '--quiet'])
  for (const dataset of ['large', 'small', 'wide']) {
    const from = [`s3://${BUCKET}/${dataset}/`, '--in-place', '--no-heads']
    const args = ['add', ...from, '--dataset', dataset, '--json', '--quiet']
    const { added } = JSON.parse((await varve(args)).stdout) as { added: number }
    const expected = { large: LARGE_FILES, small: smallFiles, wide: wideFiles }[dataset]
    expectEqual('varve add', `number of files of ${dataset}`, added, expected)
  }
  return {
    minio,
    proxy,
    largeBytes,
    smallFiles,
    wideFiles,
    original,
    async mount(by, { delayed = false, ...options } = {}) {
      const endpoint = delayed ? proxy.endpoint : minio.endpoint
      const mounted = await mount(by, { minio, endpoint, scratch: folder, bucket: BUCKET, lake, ...options })
      await proxy.traffic()
      const path = (key: string): string => {
        const [dataset = '', ...rest] = key.split('/')
        return by === 'varve'
          ? join(mounted.point, dataset, '1', 'files', ...rest)
          : join(mounted.point, dataset, ...rest)
      }
      return { ...mounted, path }
    },
    async bareGets(delayed) {
      const endpoint = delayed ? proxy.endpoint : minio.endpoint
      const url = presign({ ...minio, endpoint }, 'GET', `${BUCKET}/large/0`)
      const args = [join(built, 'bare-gets.js'), url, String(largeBytes)]
      return Number((await run(process.execPath, args)).stdout)
    },
    async stop() {
      await proxy.stop()
      await minio.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Memory where there is room: a disk, whose cache is dropped before each run, would be what is measured. */
function memoryFolder(bytes: number): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize > bytes) return '/dev/shm'
  } catch {
    // No such file system here.
  }
  const folder = join(process.cwd(), 'bench', 'data')
  mkdirSync(folder, { recursive: true })
  return folder
}

async function putLarge(minio: Minio, original: string, bytes: number): Promise<void> {
  const block = Buffer.allocUnsafe(32 * MiB)
  for (let i = LARGE_FILES - 1; i >= 0; i--) {
    writeFileSync(original, '')
    for (let at = 0; at < bytes; at += block.length)
      writeFileSync(original, randomFillSync(block), { flag: 'a' })
    await minio.upload(original, BUCKET, `large/${i}`)
  }
}

async function putSmall(minio: Minio, files: number): Promise<void> {
  const store = openStore(`s3://${BUCKET}/small/`, { env: minio.env })
  let next = 0
  const lane = async (): Promise<void> => {
    const body = Buffer.allocUnsafe(MiB)
    for (let i = next++; i < files; i = next++)
      await store.put(String(i).padStart(5, '0'), randomFillSync(body))
  }
  await Promise.all(Array.from({ length: 8 }, lane))
  const wide = openStore(`s3://${BUCKET}/`, { env: minio.env })
  await wide.put('wide/000000', Buffer.from('one of many'))
  await store.close()
  await wide.close()
}

/** One object under many names: see lake/objects.ts for why that can be done. */
function linkWide(bucket: string, files: number): void {
  for (let i = 1; i < files; i++) {
    const object = join(bucket, 'wide', String(i).padStart(6, '0'))
    mkdirSync(object)
    linkSync(join(bucket, 'wide', '000000', 'xl.meta'), join(object, 'xl.meta'))
  }
}

/** `large/0` and some small files once more, for a dataset whose bytes lie in the lake itself. */
function ownedFiles(parent: string, original: string): string {
  const folder = join(parent, 'owned')
  mkdirSync(folder)
  linkSync(original, join(folder, 'large'))
  const body = Buffer.allocUnsafe(MiB)
  for (let i = 0; i < OWNED_FILES; i++)
    writeFileSync(join(folder, String(i).padStart(5, '0')), randomFillSync(body))
  return folder
}
