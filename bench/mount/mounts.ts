/** A fresh mount by varve or by a peer: its process, its memory, and its end. */

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Minio } from '../minio.ts'
import { run } from '../process.ts'
import { BenchError } from '../types.ts'

export type Mounter = 'varve' | 's3fs' | 'rclone'

export interface Mounted {
  readonly by: Mounter
  /** The mount point. */
  readonly point: string
  /** Seconds from the start of the program until the mount was there. */
  readonly seconds: number
  /** Bytes of the serving process that are resident now, and that were at most. */
  memory(): { readonly now: number; readonly most: number }
  stop(): Promise<void>
}

export interface MountPlace {
  readonly minio: Minio
  /** Where requests go. */
  readonly endpoint: string
  /** A folder for mount points and settings. */
  readonly scratch: string
  /** The bucket that peers mount. */
  readonly bucket: string
  /** The lake that varve mounts. */
  readonly lake: string
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Leaves the disk's pages in memory. */
  readonly keepCaches?: boolean | undefined
}

const START_MS = 30_000

export async function mount(by: Mounter, place: MountPlace): Promise<Mounted> {
  if (!place.keepCaches) dropCaches()
  const { scratch } = place
  const point = mkdtempSync(join(scratch, `${by}-`))
  const began = performance.now()
  const child = start(by, point, place)
  let failed: Error | undefined
  child.on('error', (error) => (failed = error))
  const errors: Buffer[] = []
  child.stderr?.on('data', (text: Buffer) => errors.push(text))
  while (!isMounted(point) || (by === 'varve' && !servingPid(child))) {
    if (failed !== undefined || child.exitCode !== null || performance.now() - began > START_MS) {
      child.kill('SIGKILL')
      const said = failed?.message ?? Buffer.concat(errors).toString().slice(-500)
      throw new BenchError(`${by} does not mount: ${said}`)
    }
    await pause(5)
  }
  const seconds = (performance.now() - began) / 1000
  const pid = by === 'varve' ? servingPid(child)! : child.pid!
  return { by, point, seconds, memory: () => memoryOf(pid), stop: () => stop(child, point) }
}

function start(by: Mounter, point: string, place: MountPlace): ChildProcess {
  const { minio, endpoint, bucket, lake, scratch } = place
  const { accessKey, secretKey } = minio
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe']
  if (by === 'varve') {
    const own = { AWS_ENDPOINT_URL: endpoint, VARVE_LAKE: lake, VARVE_CACHE: join(scratch, 'cache') }
    const env = { ...process.env, ...minio.env, ...own, ...place.env }
    return spawn(process.execPath, [join(process.cwd(), 'dist', 'main.js'), 'mount', point], { env, stdio })
  }
  if (by === 's3fs') {
    const password = join(scratch, 's3fs.passwd')
    writeFileSync(password, `${accessKey}:${secretKey}\n`, { mode: 0o600 })
    const options = ['ro', 'use_path_request_style', `url=${endpoint}`, `passwd_file=${password}`]
    return spawn('s3fs', [bucket, point, '-f', '-o', options.join(',')], { stdio })
  }
  const { AWS_CA_BUNDLE: _, ...inherited } = process.env
  const env = {
    // Without what rclone 1.60 cannot start with, and http does not need.
    ...inherited,
    RCLONE_S3_PROVIDER: 'Minio',
    RCLONE_S3_ENDPOINT: endpoint,
    RCLONE_S3_ACCESS_KEY_ID: accessKey,
    RCLONE_S3_SECRET_ACCESS_KEY: secretKey,
    RCLONE_CONFIG: '/dev/null',
  }
  const options = ['--read-only', '--vfs-cache-mode', 'off']
  return spawn('rclone', ['mount', `:s3:${bucket}`, point, ...options], { env, stdio })
}

/** What the kernel has of earlier mounts went with them; this is for what it keeps of the disk. Only root may. */
function dropCaches(): void {
  if (process.getuid?.() === 0) writeFileSync('/proc/sys/vm/drop_caches', '3')
}

function isMounted(point: string): boolean {
  return readFileSync('/proc/mounts', 'utf8').includes(` ${point} fuse`)
}

/** varve serves in a child of the program. */
function servingPid(child: ChildProcess): number | undefined {
  const path = `/proc/${child.pid}/task/${child.pid}/children`
  const [first] = existsSync(path) ? readFileSync(path, 'utf8').trim().split(' ') : []
  return first ? Number(first) : undefined
}

function memoryOf(pid: number): { now: number; most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const of = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? Number.NaN) * 1024
  return { now: of('VmRSS'), most: of('VmHWM') }
}

async function stop(child: ChildProcess, point: string): Promise<void> {
  const exited = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve()
    else child.once('exit', () => resolve())
  })
  child.kill('SIGTERM')
  await exited
  if (isMounted(point)) await run('fusermount', ['-uz', point])
  rmdirSync(point)
}
