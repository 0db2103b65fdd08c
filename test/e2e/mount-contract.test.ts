/** What every read-only tree promises, held by a real mount: the contract of `vfs`, through the kernel. */

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { describe, expect, vi } from 'vitest'
import { type Expected, vfsContract } from '../contract/vfs.ts'
import { type Minio, startMinio } from '../servers/minio.ts'
import { fastqRecords } from './data.ts'
import { done } from './lake.ts'
import { mountedVfs } from './mounted-vfs.ts'
import { HAS_FUSE, mountedBelow, mountHere } from './mounting.ts'
import { Workplace } from './program.ts'

// Programs are started by the dozen: on a machine that is busy that takes its time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const RECORDS = fastqRecords(8, 40)
const FILES: Readonly<Record<string, string>> = {
  'README.md': 'read me',
  'a/b/c.txt': 'one\ntwo\nthree\n',
  'a/b.txt': 'beside',
  'A/other.txt': 'another folder',
  'ünï/çødé 日本.txt': 'unicode',
  'empty.txt': '',
  'big.bin': 'some bytes '.repeat(300_000),
  'reads.fastq': RECORDS.join(''),
  // Names that shells and old tools trip over.
  [`odd/${' -rf $(x) `y` ; "q" * \'s\''}`]: 'odd',
  [`odd/${'n'.repeat(255)}`]: 'long',
  ...Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`many/${i}.txt`, `file ${i}\n`])),
}

const namesIn = (folder: string): string[] => [
  ...new Set(
    Object.keys(FILES)
      .filter((path) => path.startsWith(folder))
      .map((path) => path.slice(folder.length).split('/')[0]!),
  ),
]

const text = (value: string): Expected => ({ file: Buffer.from(value) })

async function mountedLake(serve: () => Promise<Minio | undefined>) {
  const minio = await serve()
  const lake = minio === undefined ? 'lake' : `s3://${minio.bucket()}/lake`
  const place = new Workplace({ ...minio?.env, VARVE_LAKE: lake })
  const write = (path: string, value: string): void => {
    mkdirSync(dirname(place.path('data', path)), { recursive: true })
    writeFileSync(place.path('data', path), value)
  }
  for (const [path, value] of Object.entries(FILES)) write(path, value)
  await done(place, ['init', lake])
  await done(place, ['add', 'data', '--dataset', 'd'])
  rmSync(place.path('data'), { recursive: true })
  write('a/b/c.txt', 'changed')
  await done(place, ['add', 'data', '--dataset', 'd', '--label', 'second'])
  await done(place, ['tag', 'd@1', 'good one'])
  const mount = await mountHere(place, 'mnt')
  const folders = ['', 'a/', 'A/', 'a/b/', 'many/', 'odd/', 'ünï/']
  const expected = new Map<string, Expected>([
    ['/', { folder: ['d'] }],
    ['/d', { folder: ['1', '2', 'latest', 'second', 'good one'] }],
    ['/d/latest', { link: '2' }],
    ['/d/second', { link: '2' }],
    ['/d/good one', { link: '1' }],
    ['/d/1', { folder: ['files', 'schemas', 'slices', 'tables', 'version.json'] }],
    ...folders.map((folder) => [`/d/1/files/${folder}`.slice(0, -1), { folder: namesIn(folder) }] as const),
    ...Object.entries(FILES).map(([path, value]) => [`/d/1/files/${path}`, text(value)] as const),
    ['/d/2/files/a/b/c.txt', text('changed')],
    ['/d/1/tables', { folder: ['files'] }],
    ['/d/1/schemas', { folder: ['files.schema.json'] }],
    ['/d/1/slices/a/b/c.txt', { folder: [] }],
    ['/d/1/slices/a/b/c.txt/2', { folder: ['0000.txt', '0001.txt'] }],
    ['/d/1/slices/a/b/c.txt/2/0000.txt', text('one\n')],
    ['/d/1/slices/a/b/c.txt/2/0001.txt', text('two\nthree\n')],
    ['/d/2/slices/reads.fastq/4/0002.fastq', text(RECORDS.slice(4, 6).join(''))],
  ])
  const missing = [
    '/e',
    '/.git',
    '/d/3',
    '/d/0',
    '/d/01',
    '/d/nothing',
    '/d/latest/files',
    '/d/good one/files/README.md',
    '/d/1/nothing',
    '/d/1/version.json/x',
    '/d/1/files/readme.md',
    '/d/1/files/README.md/x',
    '/d/1/files/a/B',
    '/d/1/files/A/b.txt',
    '/d/1/files/many/300.txt',
    `/d/1/files/odd/${'n'.repeat(254)}`,
    '/d/1/tables/other',
    '/d/1/tables/files/part-99999.parquet',
    '/d/1/tables/files/part-0.parquet',
    '/d/1/schemas/files',
    '/d/1/slices/big.bin',
    '/d/1/slices/a/b/c.txt/0',
    '/d/1/slices/a/b/c.txt/100001',
    '/d/1/slices/a/b/c.txt/2/0002.txt',
    '/d/1/slices/a/b/c.txt/2/0000.csv',
  ]
  return {
    vfs: mountedVfs(place.path('mnt')),
    expected,
    missing,
    async cleanup() {
      mount.child.kill('SIGTERM')
      const ended = await mount.ended
      await minio?.stop()
      place.remove()
      expect(ended).toMatchObject({ code: 0, stderr: '' })
      expect(mountedBelow(place.dir)).toEqual([])
    },
  }
}

describe.skipIf(!HAS_FUSE)('through the kernel', () => {
  vfsContract('a mount of a lake on the disk', () => mountedLake(async () => undefined))
  vfsContract('a mount of a lake in an S3 server', () => mountedLake(startMinio))
})
