/** Slices with the real index: built by threads, kept in the lake, found again by the next mount. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, it } from 'vitest'
import { addFiles } from '../../../src/lake/ingest/add.ts'
import { initLake } from '../../../src/lake/init.ts'
import { openLake } from '../../../src/lake/open.ts'
import { createReaders } from '../../../src/mount/reading/index.ts'
import { indexesOf } from '../../../src/mount/tree/slices.ts'
import { createVfs } from '../../../src/mount/vfs.ts'
import { createScanService } from '../../../src/scan/service.ts'
import { fastqFile, manyReads, pack } from '../../scan/support/corpus.ts'
import { contentOf } from './support.ts'

const folder = mkdtempSync(join(tmpdir(), 'varve-mount-slices-'))
process.env.VARVE_CACHE = join(folder, 'cache')
const lakeUrl = `${pathToFileURL(join(folder, 'lake')).href}/`
const scan = createScanService({ lake: lakeUrl, jobs: 2 })

afterAll(async () => {
  await scan.close()
  rmSync(folder, { recursive: true, force: true })
})

it('slices of a file in a lake, and of one outside of it, are its text in pieces', async () => {
  const { raw } = fastqFile(manyReads(20_000, 21))
  const reads = join(folder, 'reads')
  await initLake(lakeUrl)
  const lake = openLake(lakeUrl)
  mkdirSync(reads)
  writeFileSync(join(reads, 'a.fq.gz'), pack(raw, 'gzip', []))
  writeFileSync(join(reads, 'b.fastq'), raw)
  await addFiles(lake, [reads], { dataset: 'd', author: 'test' })
  await addFiles(lake, [reads], { dataset: 'e', author: 'test', inPlace: true })
  let built = 0
  const indexOf = indexesOf(scan.context)
  const open = () =>
    createVfs(lake, createReaders(), {
      indexOf: async (...call) => {
        built++
        return indexOf(...call)
      },
    })
  const vfs = open()
  for (const path of ['/d/1/slices/a.fq.gz', '/d/1/slices/b.fastq', '/e/1/slices/a.fq.gz']) {
    const parts: Buffer[] = []
    for (const name of (await vfs.readdir(`${path}/9`))!) {
      const bytes = await contentOf(vfs, `${path}/9/${name}`)
      expect(bytes.length).toBe((await vfs.getattr(`${path}/9/${name}`))!.size)
      expect(bytes.subarray(0, 6).toString()).toBe('@read.')
      parts.push(bytes)
    }
    expect(Buffer.compare(Buffer.concat(parts), raw), path).toBe(0)
  }
  // The lake's file and the one outside are two objects, both indexed; a version that has the same ones adds none.
  expect(built).toBe(3)
  const again = '/d/1/slices/a.fq.gz/3/0002.fq'
  expect(Buffer.compare(await contentOf(open(), again), await contentOf(vfs, again))).toBe(0)
}, 60_000)
