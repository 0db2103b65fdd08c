/** The same on a real S3 server: taken out, exported, imported, published and attached. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { attach } from '../../../src/lake/exchange/attach.ts'
import { exportVersion } from '../../../src/lake/exchange/export.ts'
import { importBundle } from '../../../src/lake/exchange/import.ts'
import { publishVersion } from '../../../src/lake/exchange/publish.ts'
import { initLake } from '../../../src/lake/init.ts'
import { objectKey } from '../../../src/lake/layout.ts'
import { getFiles } from '../../../src/lake/retrieve/get.ts'
import { latestVersion } from '../../../src/lake/versions/list.ts'
import { closeStores, openStore } from '../../../src/store/index.ts'
import { type Minio, startMinio } from '../../servers/minio.ts'
import { each, inPlace, rowsOf, sha, stored, testLake, version } from './lakes.ts'

let minio: Minio
const before = { ...process.env }
beforeAll(async () => {
  minio = await startMinio()
  Object.assign(process.env, minio.env, { AWS_ENDPOINT_URL: minio.endpoint })
})
afterAll(async () => {
  await closeStores()
  process.env = before
  await minio?.stop()
})

test('a version goes out of one bucket and into another', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'varve-s3-'))
  try {
    const bucket = `s3://${minio.bucket()}`
    const lake = testLake(openStore(`${bucket}/lake/`))
    await initLake(lake.url)
    const large = Buffer.alloc(13 * 1024 * 1024 + 1, 'large object ')
    const rows = [
      await stored(lake, 'a/large', large),
      await stored(lake, 'a/small ü%.txt', 'small'),
      await inPlace(openStore(`${bucket}/raw/`), 'x/loose', 'loose', 'loose bytes'),
    ]
    const described = await version(lake, 'd', rows)
    const got = join(scratch, 'got')
    expect(await getFiles(lake, described, each(rows), got)).toMatchObject({ written: 3, failed: [] })
    expect(sha(readFileSync(join(got, 'a/large')))).toBe(sha(large))
    expect(readFileSync(join(got, 'loose'), 'utf8')).toBe('loose bytes')

    const file = join(scratch, 'd.tar')
    await exportVersion(lake, described, file)
    const target = testLake(openStore(`${bucket}/second/`))
    await initLake(target.url)
    expect(await importBundle(target, file)).toMatchObject({ created: true, hash: described.hash })
    expect(await importBundle(target, file)).toMatchObject({ created: false, version: 1 })
    expect(sha((await target.store.get(objectKey(sha(large))))!.bytes)).toBe(sha(large))

    await publishVersion(target, (await latestVersion(target, 'd'))!, `${bucket}/public`)
    const { version: attached } = await attach(lake, `${bucket}/public`, { author: 'me', name: 'mirror' })
    expect(attached.hash).toBe(described.hash)
    const again = await getFiles(lake, attached, each(await rowsOf(lake, attached)), join(scratch, 'again'))
    expect(again).toMatchObject({ written: 3, failed: [] })
    const next = await version(target, 'd', rows.slice(0, 1))
    await publishVersion(target, next, `${bucket}/public`)
    expect((await attach(lake, `${bucket}/public/`, { author: 'me', name: 'mirror' })).version.hash).toBe(
      next.hash,
    )
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
})
