/** A lake in a real S3 server behind a network that does what it is told, and readers of its mount. */

import { type ChildProcess, execFile } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { openStore } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'
import { type FaultProxy, startFaultProxy } from '../servers/fault-proxy.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { done } from './lake.ts'
import { Workplace } from './program.ts'

export interface RemoteLake {
  readonly place: Workplace
  readonly proxy: FaultProxy
  /** The bucket, past the proxy. */
  readonly store: ObjectStore
  readonly bucket: string
  /** Environment of a program that goes through the proxy. */
  readonly through: Readonly<Record<string, string>>
  close(): Promise<void>
}

/** Bytes that look random, and are the same for the same seed. */
export function noise(bytes: number, seed: number): Buffer {
  const iv = Buffer.alloc(16)
  iv.writeUInt32BE(seed)
  return createCipheriv('aes-128-ctr', Buffer.alloc(16, 1), iv).update(Buffer.alloc(bytes))
}

/**
 * A lake with these files, written to `data/` too, as the dataset `d`; `inPlace`: as objects of the bucket below
 * `data/` that the lake only names.
 */
export async function remoteLake(
  files: ReadonlyMap<string, Buffer>,
  { inPlace = false }: { readonly inPlace?: boolean } = {},
): Promise<RemoteLake> {
  const minio: Minio = await startMinio()
  const proxy = await startFaultProxy(minio.endpoint)
  const bucket = minio.bucket()
  const store = openStore(`s3://${bucket}`, { env: minio.env })
  const place = new Workplace({ ...minio.env, VARVE_LAKE: `s3://${bucket}/lake` })
  for (const [path, bytes] of files) {
    mkdirSync(dirname(place.path('data', path)), { recursive: true })
    writeFileSync(place.path('data', path), bytes)
    if (inPlace) await store.put(`data/${path}`, bytes)
  }
  await done(place, ['init', `s3://${bucket}/lake`])
  const from = inPlace ? [`s3://${bucket}/data/`, '--in-place'] : ['data']
  await done(place, ['add', ...from, '--dataset', 'd'])
  return {
    place,
    proxy,
    store,
    bucket,
    through: { AWS_ENDPOINT_URL: proxy.endpoint },
    async close() {
      await store.close()
      await proxy.stop()
      await minio.stop()
      place.remove()
    },
  }
}

export interface ReadingOrder {
  /** Pairs of a mounted file and the file that it must equal. */
  readonly files: readonly (readonly [string, string])[]
  readonly seed: number
  readonly processes: number
  readonly reads?: number
  readonly seconds?: number
  /** A file whose coming ends the reading. */
  readonly stop?: string
  /** Errors that are no failure. */
  readonly allowed?: readonly string[]
  readonly largest?: number
  /** How often the kernel's pages are dropped after a read, of 1. */
  readonly forget?: number
}

export interface Reading {
  readonly reads: number
  readonly bytes: number
  /** Seconds that the longest read took. */
  readonly longest: number
  readonly errors: Readonly<Record<string, number>>
}

/** Reads at random places, in every way that there is; rejects at a wrong byte or an error that is not allowed. */
export function readRandomly(order: ReadingOrder): {
  readonly child: ChildProcess
  readonly ended: Promise<Reading>
} {
  let child: ChildProcess | undefined
  const ended = new Promise<Reading>((resolve, reject) => {
    const words = [join(import.meta.dirname, 'mount-reader.py'), JSON.stringify(order)]
    child = execFile('python3', words, (error, stdout, stderr) => {
      if (error !== null) return reject(new Error(`${stderr || error.message}\nseed ${order.seed}`))
      resolve(JSON.parse(stdout) as Reading)
    })
  })
  return { child: child!, ended }
}
