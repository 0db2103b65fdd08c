/** The tree of DESIGN §7, path by path. */

import { createHash, randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { removeFiles } from '../../../src/lake/edit.ts'
import { addFiles } from '../../../src/lake/ingest/add.ts'
import { descriptionKey, labelKey, objectKey, schemaKey, tagKey } from '../../../src/lake/layout.ts'
import { openLake } from '../../../src/lake/open.ts'
import { parseReference } from '../../../src/lake/reference.ts'
import type { Lake } from '../../../src/lake/types.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { labelVersion } from '../../../src/lake/versions/labels.ts'
import { resolveVersion } from '../../../src/lake/versions/resolve.ts'
import { tagVersion, untag } from '../../../src/lake/versions/tags.ts'
import { createVfs } from '../../../src/mount/vfs.ts'
import { openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { type Expected, vfsContract } from '../../contract/vfs.ts'
import { add, newLake } from '../../lake/lakes.ts'
import { thrown } from '../../lake/thrown.ts'
import { contentOf, counted, indexHere, mountOf, plainReaders, walk } from './support.ts'

const text = (value: string): Expected => ({ file: Buffer.from(value) })

/** A lake whose clock the test turns. */
async function withClock(): Promise<{ lake: Lake; later(ms: number): void }> {
  const { url, chunking } = await newLake()
  let time = Date.now()
  const lake = openLake(url, { chunking, now: () => time })
  return {
    lake,
    later: (ms) => {
      time += ms
    },
  }
}

const version = (lake: Lake, reference: string) => resolveVersion(lake, parseReference(reference))

vfsContract('a lake of two versions', async () => {
  const lake = await newLake()
  const many = Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`many/${i}.txt`, `file ${i}\n`]))
  await add(lake, {
    'README.md': 'read me',
    'a/b/c.txt': 'one\ntwo\nthree\n',
    'a/b.txt': 'beside',
    'A/other.txt': 'another folder',
    'ünï/çødé 日本.txt': 'unicode',
    'empty.txt': '',
    'big.bin': 'x'.repeat(300_000),
    ...many,
  })
  await add(lake, { 'a/b/c.txt': 'changed' }, { label: 'second' })
  await tagVersion(lake, await version(lake, 'd@1'), 'good one')
  const described = await version(lake, 'd@1')
  const schema = described.tables.files!
  const vfs = mountOf(lake, { indexOf: indexHere })
  const root = ['A', 'README.md', 'a', 'big.bin', 'empty.txt', 'many', 'ünï']
  const expected = new Map<string, Expected>([
    ['/', { folder: ['d'] }],
    ['/d', { folder: ['1', '2', 'latest', 'second', 'good one'] }],
    ['/d/latest', { link: '2' }],
    ['/d/second', { link: '2' }],
    ['/d/good one', { link: '1' }],
    ['/d/1', { folder: ['files', 'schemas', 'slices', 'tables', 'version.json'] }],
    ['/d/1/files', { folder: root }],
    ['/d/1/files/a', { folder: ['b', 'b.txt'] }],
    ['/d/1/files/A', { folder: ['other.txt'] }],
    ['/d/1/files/A/other.txt', text('another folder')],
    ['/d/1/files/a/b/c.txt', text('one\ntwo\nthree\n')],
    ['/d/2/files/a/b/c.txt', text('changed')],
    ['/d/1/files/ünï/çødé 日本.txt', text('unicode')],
    ['/d/1/files/empty.txt', text('')],
    ['/d/1/files/big.bin', text('x'.repeat(300_000))],
    ['/d/1/files/many', { folder: Object.keys(many).map((path) => path.slice('many/'.length)) }],
    ...Object.entries(many).map(([path, value]) => [`/d/1/files/${path}`, text(value)] as const),
    ['/d/1/tables', { folder: ['files'] }],
    ['/d/1/schemas', { folder: ['files.schema.json'] }],
    [
      '/d/1/schemas/files.schema.json',
      { file: (await lake.store.get(schemaKey(schema.home, schema.schema)))!.bytes },
    ],
    ['/d/1/version.json', text(`${JSON.stringify(described, null, 2)}\n`)],
    // Only what has slices, and folders.
    ['/d/1/slices', { folder: ['A', 'a', 'empty.txt', 'many', 'ünï'] }],
    ['/d/1/slices/a/b/c.txt', { folder: [] }],
    ['/d/1/slices/a/b/c.txt/2', { folder: ['0000.txt', '0001.txt'] }],
    ['/d/1/slices/a/b/c.txt/2/0000.txt', text('one\n')],
    ['/d/1/slices/a/b/c.txt/2/0001.txt', text('two\nthree\n')],
  ])
  const missing = [
    '/e',
    '/.git',
    '/d/3',
    '/d/0',
    '/d/01',
    '/d/nothing',
    '/d/latest/files',
    '/d/1/nothing',
    '/d/1/version.json/x',
    '/d/1/files/readme.md',
    '/d/1/files/README.md/x',
    '/d/1/files/a/B',
    '/d/1/files/A/b.txt',
    '/d/1/files/a/',
    '/d/1/files/a/b/..',
    '/d/1/files/many/60.txt',
    '/d/1/tables/other',
    '/d/1/tables/files/part-99999.parquet',
    '/d/1/tables/files/part-0.parquet',
    '/d/1/schemas/files',
    '/d/1/slices/big.bin',
    '/d/1/slices/a/b/c.txt/0',
    '/d/1/slices/a/b/c.txt/02',
    '/d/1/slices/a/b/c.txt/100001',
    '/d/1/slices/a/b/c.txt/2/0002.txt',
    '/d/1/slices/a/b/c.txt/2/00.txt',
    '/d/1/slices/a/b/c.txt/2/0000.csv',
    '/d/1/slices/a/b/c.txt/2/0000.txt/x',
  ]
  return { vfs, expected, missing, cleanup: async () => {} }
})

describe('the tree', () => {
  it('has the parts of every table as they are in the lake', async () => {
    const lake = await newLake()
    await add(lake, Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${i}.txt`, `${i}`])))
    const vfs = mountOf(lake)
    const parts = (await vfs.readdir('/d/1/tables/files'))!
    expect(parts.length).toBeGreaterThan(3)
    expect(parts[0]).toBe('part-00000.parquet')
    for (const part of parts) {
      const path = `/d/1/tables/files/${part}`
      const bytes = await contentOf(vfs, path)
      expect(bytes.length).toBe((await vfs.getattr(path))!.size)
      expect(bytes.subarray(0, 4).toString()).toBe('PAR1')
    }
  })

  it('shows no slices where nothing can index', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': 'a' })
    expect(await mountOf(lake).readdir('/d/1')).toEqual(['files', 'schemas', 'tables', 'version.json'])
  })

  it('shows an empty dataset that has settings only, and none for a reservation', async () => {
    const lake = await newLake()
    await lake.store.put('datasets/kept/dataset.json', Buffer.from('{}'))
    await lake.store.put('datasets/nothing/refs/labels/x.json', Buffer.from('{}'))
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/')).toEqual(['kept'])
    expect(await vfs.readdir('/kept')).toEqual([])
    expect(await vfs.getattr('/nothing')).toBeUndefined()
  })

  it('answers at once what it has loaded', async () => {
    const lake = await newLake()
    await add(lake, { 'a/b.txt': 'b' })
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    await walk(vfs)
    const before = requests.length
    for (const path of [
      '/d',
      '/d/1',
      '/d/1/files',
      '/d/1/files/a',
      '/d/1/files/a/b.txt',
      '/d/1/version.json',
    ]) {
      const answer = vfs.getattr(path)
      expect(answer, path).not.toBeInstanceOf(Promise)
      expect(answer, path).toBeDefined()
    }
    expect(vfs.readdir('/d/1/files/a')).toEqual(['b.txt'])
    expect(vfs.getattr('/d/1/files/a/c.txt')).toBeUndefined()
    expect(requests.length).toBe(before)
  })

  it('opens a file with one request for its bytes, and closes what it opened', async () => {
    const lake = await newLake()
    await add(lake, { 'a/b.txt': 'some bytes' })
    const { lake: watched, requests } = counted(lake)
    const readers = plainReaders()
    const vfs = createVfs(watched, readers)
    await vfs.getattr('/d/1/files/a/b.txt')
    requests.length = 0
    expect((await contentOf(vfs, '/d/1/files/a/b.txt')).toString()).toBe('some bytes')
    expect(requests).toEqual([expect.stringMatching(/^get objects\//)])
    expect([readers.opened, readers.closed]).toEqual([1, 1])
  })

  it('asks for an object once, for however many have it open', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': 'some bytes' })
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    await vfs.getattr('/d/1/files/a.txt')
    requests.length = 0
    const files = await Promise.all(Array.from({ length: 10 }, () => vfs.open('/d/1/files/a.txt')))
    files.push(await vfs.open('/d/1/files/a.txt'))
    for (const file of files) expect(await file.read(Buffer.alloc(20), 0)).toBe(10)
    expect(requests).toHaveLength(1)
    await Promise.all(files.map((file) => file.close()))
    await (await vfs.open('/d/1/files/a.txt')).close()
    expect(requests).toHaveLength(2)
  })
})

describe('a running mount', () => {
  it('shows new datasets, versions, labels and tags within a second, and follows moved tags', async () => {
    const { lake, later } = await withClock()
    await add(lake, { 'a.txt': '1' })
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/d')).toEqual(['1', 'latest'])
    expect(await vfs.readdir('/')).toEqual(['d'])
    await add(lake, { 'a.txt': '2' })
    await add(lake, { 'a.txt': '1' }, { dataset: 'e' })
    await labelVersion(lake, await version(lake, 'd@1'), 'first')
    await tagVersion(lake, await version(lake, 'd@1'), 'moving')
    later(1000)
    expect(await vfs.readlink('/d/latest')).toBe('2')
    expect(await vfs.readdir('/d')).toEqual(['1', '2', 'latest', 'first', 'moving'])
    expect(await vfs.readdir('/')).toEqual(['d', 'e'])
    expect(await vfs.readlink('/d/moving')).toBe('1')
    await tagVersion(lake, await version(lake, 'd@2'), 'moving')
    later(1000)
    expect(await vfs.readlink('/d/moving')).toBe('2')
    await untag(lake, 'd', 'moving')
    later(1000)
    expect(await vfs.readlink('/d/moving')).toBeUndefined()
    expect((await contentOf(vfs, '/d/1/files/a.txt')).toString()).toBe('1')
    expect((await contentOf(vfs, '/d/2/files/a.txt')).toString()).toBe('2')
  })

  it('asks for versions with one request a second, however often they are wanted', async () => {
    const { lake, later } = await withClock()
    await add(lake, { 'a.txt': '1' })
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    await Promise.all([vfs.readlink('/d/latest'), vfs.readlink('/d/latest')])
    requests.length = 0
    later(999)
    for (let i = 0; i < 5; i++) await vfs.readlink('/d/latest')
    expect(await vfs.getattr('/d/2')).toBeUndefined()
    expect(requests).toEqual([])
    later(1)
    await Promise.all(Array.from({ length: 20 }, () => vfs.readlink('/d/latest')))
    expect(requests).toEqual(['list datasets/d/versions/'])
  })

  it('keeps what stands under a number, and never shows a version that was deleted before', async () => {
    const { lake, later } = await withClock()
    for (const value of ['1', '2', '3']) await add(lake, { 'a.txt': value })
    const vfs = mountOf(lake)
    expect((await contentOf(vfs, '/d/2/files/a.txt')).toString()).toBe('2')
    await deleteVersion(lake, 'd', 1)
    await deleteVersion(lake, 'd', 2)
    later(1000)
    expect(await vfs.readdir('/d')).toEqual(['2', '3', 'latest'])
    expect(await vfs.getattr('/d/1')).toBeUndefined()
    expect((await contentOf(vfs, '/d/2/files/a.txt')).toString()).toBe('2')
    expect(await mountOf(lake).readdir('/d')).toEqual(['3', 'latest'])
  })

  it('says what is wrong with a damaged version, and shows the others', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1' })
    await add(lake, { 'a.txt': '2' })
    await lake.store.put(descriptionKey('d', 1), Buffer.from('{}'))
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/d')).toEqual(['1', '2', 'latest'])
    await expectCode(
      thrown(() => vfs.getattr('/d/1')),
      'invalid-data',
    )
    expect((await contentOf(vfs, '/d/2/files/a.txt')).toString()).toBe('2')
  })

  it('says what is wrong with a damaged label or tag, and shows the others', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1' })
    const { id } = await version(lake, 'd@1')
    const tag = { format: 'varve-tag', version: 1, tag: 'x', id, number: 1, write: 'w' }
    await lake.store.put(tagKey('d', 'fine'), Buffer.from(JSON.stringify(tag)))
    await lake.store.put(tagKey('d', 'out'), Buffer.from(JSON.stringify({ ...tag, number: '../../etc' })))
    await lake.store.put(labelKey('d', 'torn'), Buffer.from('{'))
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/d')).toEqual(['1', 'latest', 'fine', 'out', 'torn'])
    expect(await vfs.readlink('/d/fine')).toBe('1')
    for (const name of ['out', 'torn'])
      await expectCode(
        thrown(() => vfs.readlink(`/d/${name}`)),
        'invalid-data',
      )
  })

  it('stops what is on its way when it is closed', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1' })
    const vfs = mountOf(lake)
    await vfs.getattr('/d')
    await vfs.close()
    await expectCode(
      thrown(() => vfs.getattr('/d/1/files')),
      'aborted',
    )
  })
})

describe('what others wrote', () => {
  it('makes no link of what is no name', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1' })
    const { id } = await version(lake, 'd@1')
    const label = {
      format: 'varve-label',
      version: 1,
      label: '../x',
      id,
      number: 1,
      reserved_at: '2026-01-01T00:00:00Z',
    }
    const tag = { format: 'varve-tag', version: 1, tag: 'x', id, number: 1, write: 'w' }
    for (const name of ['latest', '7', 'fine', '..', '2026-01-01', 'a@b'])
      await lake.store.put(labelKey('d', name), Buffer.from(JSON.stringify(label)))
    for (const name of ['good', 'a/b', 'bad\u0001'])
      await lake.store.put(tagKey('d', name), Buffer.from(JSON.stringify(tag)))
    expect(await mountOf(lake).readdir('/d')).toEqual(['1', 'latest', 'fine', 'good'])
  })

  it('gives no bytes of a damaged table', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1' })
    const before = mountOf(lake)
    const [part] = (await before.readdir('/d/1/tables/files'))!
    for await (const entry of lake.store.list('datasets/d/parts/')) {
      const key = (entry as { key: string }).key
      const { bytes } = (await lake.store.get(key))!
      await lake.store.put(
        key,
        bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte)),
      )
    }
    const vfs = mountOf(openLake(lake.url))
    await expectCode(contentOf(vfs, `/d/1/tables/files/${part}`), 'invalid-data')
    await expectCode(
      thrown(() => vfs.readdir('/d/1/files')),
      'invalid-data',
    )
  })

  it('opens nothing in the place of an object that is gone or of another size', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': 'some bytes', 'b.txt': 'other bytes' })
    const key = (value: string): string => objectKey(createHash('sha256').update(value).digest('hex'))
    await lake.store.delete(key('some bytes'))
    await lake.store.put(key('other bytes'), Buffer.from('shorter'))
    const vfs = mountOf(lake)
    await expectCode(vfs.open('/d/1/files/a.txt'), 'not-found')
    await expectCode(vfs.open('/d/1/files/b.txt'), 'invalid-data')
  })

  it('reads an object in its place only as the version knew it', async () => {
    const lake = await newLake()
    const store = openStore(`memory://outside-${randomUUID()}/`)
    await store.put('a.txt', Buffer.from('as it was'))
    await addFiles(lake, [store.url], { dataset: 'd', author: 'test', inPlace: true })
    const vfs = mountOf(lake)
    expect((await contentOf(vfs, '/d/1/files/a.txt')).toString()).toBe('as it was')
    await store.put('a.txt', Buffer.from('as it is.'))
    await expectCode(contentOf(vfs, '/d/1/files/a.txt'), 'stale')
    await store.delete('a.txt')
    await expectCode(contentOf(vfs, '/d/1/files/a.txt'), 'not-found')
  })

  it('keeps showing an older version when files are removed in a newer one', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1', 'b.txt': '2' })
    await removeFiles(lake, 'd', ['a.txt'], { author: 'test' })
    const vfs = mountOf(lake)
    expect(await vfs.readdir('/d/1/files')).toEqual(['a.txt', 'b.txt'])
    expect(await vfs.readdir('/d/2/files')).toEqual(['b.txt'])
  })
})
