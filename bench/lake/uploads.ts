/** Uploads of a folder by varve and by a bare loop of puts of the same store, in turn. */

import { randomBytes } from 'node:crypto'
import { addFiles } from '../../src/lake/ingest/add.ts'
import { initLake } from '../../src/lake/init.ts'
import { openLake } from '../../src/lake/open.ts'
import { openStore } from '../../src/store/index.ts'
import { expectEqual } from '../types.ts'

export interface Uploaded {
  readonly varve: readonly number[]
  readonly bare: readonly number[]
}

/** As many as `varve add` has. */
const IN_FLIGHT = 16

/** Seconds of each run; `buckets` are empty ones, two for each run, of which the first two warm up. */
export async function uploads(
  folder: string,
  files: string,
  bytes: string,
  ...buckets: string[]
): Promise<Uploaded> {
  const [varve, bare]: [number[], number[]] = [[], []]
  for (const [i, bucket] of buckets.entries()) {
    const url = `s3://${bucket}/`
    const isVarve = i % 2 === 0
    const took = isVarve
      ? await addAll(url, folder, Number(files), Number(bytes))
      : await putAll(url, Number(files), Number(bytes))
    if (i >= 2) (isVarve ? varve : bare).push(took)
  }
  return { varve, bare }
}

async function addAll(url: string, folder: string, files: number, bytes: number): Promise<number> {
  await initLake(url)
  const began = performance.now()
  const report = await addFiles(openLake(url), [folder], { dataset: 'd', author: 'bench' })
  const took = (performance.now() - began) / 1000
  expectEqual('varve add', 'number of files', report.added, files)
  expectEqual('varve add', 'number of bytes sent', report.transferred, files * bytes)
  return took
}

async function putAll(url: string, files: number, bytes: number): Promise<number> {
  const store = openStore(url)
  const bodies = Array.from({ length: IN_FLIGHT }, () => randomBytes(bytes))
  let next = 0
  const lane = async (body: Buffer): Promise<void> => {
    for (let i = next++; i < files; i = next++) await store.put(`objects/${i}`, body)
  }
  const began = performance.now()
  await Promise.all(bodies.map(lane))
  return (performance.now() - began) / 1000
}
