/** The objects that the lake's bench registers: made once in a folder of MinIO's, which is kept. */

import { randomBytes } from 'node:crypto'
import { existsSync, linkSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '../../src/store/index.ts'
import { startMinio } from '../minio.ts'
import { BenchError } from '../types.ts'

/** The bucket with the objects, as plates of a microscope with their images. */
export const SOURCE = 'images'

const PER_PLATE = 1000
/**
 * Objects that are really put, each with bytes of its own. Enough of them that neighbouring rows have different ETags;
 * a file can have at most 65,000 links (ext4).
 */
const ORIGINALS = 4096
const ORIGINAL_FOLDER = 'originals'
const IN_FLIGHT = 32
/** Bump when this program makes other objects. */
const MADE = 'made-1'

export function pathOf(i: number): string {
  const plate = String(Math.floor(i / PER_PLATE)).padStart(4, '0')
  return `plate-${plate}/image-${String(i % PER_PLATE).padStart(4, '0')}.tif`
}

/**
 * The folder of a MinIO with `count` objects in the bucket `SOURCE`.
 *
 * A put costs MinIO 4 ms here, so a million would take over an hour. MinIO keeps a small object as one file, `xl.meta`,
 * in a folder of the object's name, and the name is not in it: after the first 4,096, linking these files under the
 * other names gives it the others.
 */
export async function ensureObjects(count: number): Promise<string> {
  const folder = join(process.cwd(), 'bench', 'data', `objects-${count}`)
  const made = join(folder, MADE)
  if (existsSync(made)) return folder
  process.stderr.write(`bench: making ${count} objects in ${folder} …\n`)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const originals = Math.min(count, ORIGINALS)
  await putOriginals(folder, originals)
  const bucket = join(folder, SOURCE)
  for (let i = 0; i < count; i++) {
    const object = join(bucket, pathOf(i))
    mkdirSync(object, { recursive: true })
    linkSync(join(bucket, ORIGINAL_FOLDER, String(i % originals), 'xl.meta'), join(object, 'xl.meta'))
  }
  rmSync(join(bucket, ORIGINAL_FOLDER), { recursive: true })
  writeFileSync(made, '')
  return folder
}

async function putOriginals(folder: string, originals: number): Promise<void> {
  const minio = await startMinio(folder)
  const store = openStore(`s3://${SOURCE}/${ORIGINAL_FOLDER}/`, { env: minio.env })
  try {
    await minio.bucket(SOURCE)
    let next = 0
    const lane = async (): Promise<void> => {
      for (let i = next++; i < originals; i = next++) await store.put(String(i), randomBytes(200 + (i % 800)))
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
  } finally {
    await store.close()
    await minio.stop()
  }
  const first = join(folder, SOURCE, ORIGINAL_FOLDER, '0')
  const files = readdirSync(first)
  if (files.join() !== 'xl.meta')
    throw new BenchError(`minio keeps an object as ${files.join(', ')}, expected xl.meta alone`)
}
