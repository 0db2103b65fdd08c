/** A lake in a real S3 server: the same commands, several machines, and what goes wrong on the way. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../../src/store/index.ts'
import type { ObjectStore } from '../../src/store/types.ts'
import { freePort, type Minio, startMinio } from '../servers/minio.ts'
import { HostedWorkplace } from './hosted.ts'
import { done, json, REAL, real, versionsOf } from './lake.ts'
import { type Ended, expectFailure, filesUnder } from './program.ts'
import { pause } from './waiting.ts'

let minio: Minio
let place: HostedWorkplace
let store: ObjectStore
let bucket: string

beforeAll(async () => {
  minio = await startMinio()
  bucket = minio.bucket()
  store = openStore(`s3://${bucket}`, { env: minio.env })
  place = new HostedWorkplace({ ...minio.env, VARVE_LAKE: `s3://${bucket}/lake` })
  await done(place, ['init', `s3://${bucket}/lake`])
  mkdirSync(place.path('in'))
  for (let i = 0; i < 20; i++) writeFileSync(place.path(`in/${i}.txt`), `file ${i}\n`)
  await done(place, ['add', 'in', '--dataset', 'd'])
})
afterAll(async () => {
  await store?.close()
  await minio?.stop()
  place?.remove()
})

async function keysUnder(prefix: string): Promise<string[]> {
  const keys: string[] = []
  for await (const entry of store.list(prefix)) if ('key' in entry) keys.push(entry.key)
  return keys
}

test.skipIf(!REAL)(
  'real files go in, are read by SQL where they are, and come out byte for byte',
  async () => {
    const folders = ['fastq', 'fasta', 'parquet']
    const added = await json(place, ['add', ...folders.map((name) => real(name)), '--dataset', 'reads'])
    expect(added).toMatchObject({ version: 1, failed: [] })
    const [counted] = await place.rows("select count(*)::int as n from 'lake://reads/htslib/r1.fq'")
    const [local] = await place.rows(`select count(*)::int as n from '${real('fastq/htslib/r1.fq')}'`)
    expect(counted).toEqual(local)
    const got = await json(place, ['get', 'reads', 'out', '--filter', 'format=fastq'])
    expect(got).toMatchObject({ failed: [] })
    expect(Number(got.files)).toBeGreaterThan(20)
    expect(filesUnder(place.path('out'))).toHaveLength(Number(got.files) + 1)
    expect(await json(place, ['verify', 'reads', '--full'])).toMatchObject({ damaged: [] })
  },
)

test('four machines at once: every commit is there, numbered one after the other', async () => {
  const ended: Ended[] = await Promise.all(
    [1, 2, 3, 4].map((i) =>
      place.run(['add', 'in', '--dataset', 'many', '--prefix', `p${i}`, '--json'], {
        env: { VARVE_CACHE: place.path(`.cache/${i}`) },
        alone: true,
      }),
    ),
  )
  for (const one of ended) expect(one).toMatchObject({ code: 0, stderr: '' })
  expect(await versionsOf(place, 'many')).toEqual([1, 2, 3, 4])
  expect(await place.rows("select count(*)::int as n from files('many')")).toEqual([{ n: 80 }])
})

test('objects registered in place are not copied; one that is overwritten is stale', async () => {
  await store.put('raw/x.csv', Buffer.from('id\n1\n'))
  const before = await keysUnder('lake/objects/')
  await done(place, ['add', `s3://${bucket}/raw/`, '--dataset', 'raw', '--in-place'])
  expect(await keysUnder('lake/objects/')).toEqual(before)
  expect(await place.rows("from 'lake://raw/x.csv'")).toEqual([{ id: 1 }])
  await store.put('raw/x.csv', Buffer.from('id\n2\n'))
  await expectFailure(place, ['sql', '-c', "from 'lake://raw/x.csv'"], 'stale', /raw\/x\.csv/)
})

test('a bundle goes from the bucket to a lake on the disk', async () => {
  await done(place, ['export', 'd', 'd.varve'])
  const env = { VARVE_LAKE: place.path('local') }
  await done(place, ['init', 'local'])
  expect(await json(place, ['import', 'd.varve'], { env })).toMatchObject({ dataset: 'd', created: true })
  const list = ['files', 'd', '--columns', 'path,sha256,bytes']
  expect(await json(place, list, { env })).toEqual(await json(place, list))
})

test('Ctrl-C in the middle of add: no version, and the next run goes on', async () => {
  const sizes = Array.from({ length: 60 }, (_, i) => 1_000_000 + i)
  mkdirSync(place.path('large'))
  for (const size of sizes) writeFileSync(place.path(`large/${size}.bin`), Buffer.alloc(size, size))
  const argv = ['add', 'large', '--dataset', 'large', '--transfers', '1']
  const before = (await keysUnder('lake/objects/')).length
  const { child, ended } = place.start(argv)
  while (child.exitCode === null && (await keysUnder('lake/objects/')).length < before + 3) await pause(5)
  child.kill('SIGINT')
  expect(await ended).toMatchObject({ code: 130, stdout: '', stderr: '' })
  expect(await keysUnder('lake/datasets/large/versions/')).toEqual([])
  const report = await json(place, argv)
  expect(report).toMatchObject({ version: 1, added: 60, failed: [] })
  // What was there is not sent again.
  expect(Number(report.transferred)).toBeLessThan(Number(report.bytes))
})

describe('what goes wrong', () => {
  test('a bucket that is not there', async () => {
    const env = { VARVE_LAKE: 's3://no-such-bucket/lake' }
    await expectFailure(place, ['init', 's3://no-such-bucket/lake'], 'not-found', /no-such-bucket/, { env })
    await expectFailure(place, ['files', 'd'], 'not-found', /no-such-bucket/, { env })
  })

  test('a wrong secret, an unknown key: denied, and neither is printed', async () => {
    const wrongs: Record<string, string>[] = [
      { AWS_SECRET_ACCESS_KEY: 'not-the-secret' },
      { AWS_ACCESS_KEY_ID: 'nobody-knows' },
    ]
    for (const wrong of wrongs) {
      for (const argv of [
        ['files', 'd'],
        ['add', 'in', '--dataset', 'new'],
        ['get', 'd', 'none'],
      ]) {
        const failure = await expectFailure(place, argv, 'denied', /^s3:\/\//, { env: wrong })
        for (const secret of ['not-the-secret', 'nobody-knows', minio.accessKey, minio.secretKey])
          expect(JSON.stringify(failure)).not.toContain(secret)
      }
    }
    expect(filesUnder(place.path('none'))).toEqual([])
  })

  test('a server that has stopped: unavailable', async () => {
    const env = { AWS_ENDPOINT_URL: `http://127.0.0.1:${await freePort()}` }
    const gone = /cannot be reached at http:\/\/127/
    await expectFailure(place, ['add', 'in', '--dataset', 'new'], 'unavailable', gone, { env })
  })

  test('no secret is written into the lake', async () => {
    const keys = await keysUnder('lake/')
    expect(keys.some((key) => key.includes('/versions/'))).toBe(true)
    for (const key of keys) {
      if (key.includes('/objects/')) continue
      const text = Buffer.from((await store.get(key))!.bytes).toString('latin1')
      expect(text.includes(minio.secretKey) || text.includes(minio.accessKey), key).toBe(false)
    }
  })
})
