/** Versions of many files: what is read of them, and what is kept. Budgets are requests and bytes, not seconds. */

import { beforeAll, describe, expect, it } from 'vitest'
import { filesSchema } from '../../../src/lake/files.ts'
import { initLake } from '../../../src/lake/init.ts'
import { openLake } from '../../../src/lake/open.ts'
import { pathKey } from '../../../src/lake/table/key.ts'
import { openTable } from '../../../src/lake/table/list.ts'
import { rewriteTable } from '../../../src/lake/table/rewrite.ts'
import type { Lake, Part } from '../../../src/lake/types.ts'
import { readDescription } from '../../../src/lake/versions/description.ts'
import { commitTables } from '../../../src/lake/write.ts'
import { Entries } from '../../../src/mount/tree/entries.ts'
import { FileTree } from '../../../src/mount/tree/file-tree.ts'
import { Lru } from '../../../src/mount/tree/lru.ts'
import { loadedParts } from '../../../src/mount/tree/parts.ts'
import { counted, mountOf, walk } from './support.ts'

const url = 'memory://large-lake/'
/** 24 folders of 2,500 files, the names of one differing from another's in case alone. */
const FOLDERS = Array.from({ length: 24 }, (_, i) =>
  i === 7 ? 'BATCH_06' : `batch_${String(i).padStart(2, '0')}`,
)
const EACH = 2500
let lake: Lake
let parts: readonly Part[]

const nameOf = (i: number): string => `sample_${String(i).padStart(5, '0')}.fastq.gz`

beforeAll(async () => {
  await initLake(url)
  lake = openLake(url)
  const paths = FOLDERS.flatMap((folder, f) =>
    // In one range of keys, in turn.
    Array.from({ length: EACH }, (_, i) => `${folder}/${nameOf(f === 7 ? i * 2 + 1 : i * 2)}`),
  )
  const changes = paths
    .map((path) => ({ key: pathKey(path), row: { path, bytes: 7n, sha256: 'ab'.repeat(32) } }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const { table } = await rewriteTable(lake, 'd', undefined, filesSchema([]), changes)
  await commitTables(lake, { dataset: 'd', base: undefined, tables: { files: table }, author: 'test' })
  const version = (await readDescription(lake, 'd', 1))!
  parts = (await openTable(lake, version.tables.files!)).parts
  expect(parts.length).toBeGreaterThan(15)
})

describe('a large version', () => {
  it('is usable after five requests: a file is found by what its key says', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    for (const path of ['/', '/d', '/d/1', '/d/1/files', '/d/1/files/batch_12'])
      expect(await vfs.getattr(path), path).toMatchObject({ kind: 'folder' })
    expect(await vfs.getattr(`/d/1/files/batch_12/${nameOf(3000)}`)).toMatchObject({ kind: 'file', size: 7 })
    expect(requests.length).toBeLessThanOrEqual(5)
  })

  it('reads no part twice, and none of which the bounds tell all', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    expect(await vfs.readdir('/d/1/files')).toEqual(expect.arrayContaining(FOLDERS))
    const inside = parts.filter(
      ({ zones: { path } }) => path?.[0]?.toString().slice(0, 9) === path?.[1]?.toString().slice(0, 9),
    )
    expect(inside.length).toBeGreaterThan(0)
    const read = (): string[] => requests.filter((request) => request.includes('/parts/'))
    expect(read().length).toBe(parts.length - inside.length)
    await walk(vfs, '/d/1/files/batch_03')
    await walk(vfs, '/d/1/files/batch_04')
    expect(new Set(read()).size).toBe(read().length)
  })

  it('reads the parts of one folder for its listing, and nothing when it is walked again', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    await vfs.getattr('/d/1/files')
    requests.length = 0
    expect(await vfs.readdir('/d/1/files/batch_20')).toHaveLength(EACH)
    const from = pathKey('batch_20/')
    const touched = parts.filter(({ min, max }) => max >= from && min < pathKey('batch_200'))
    expect(requests.length).toBeLessThanOrEqual(touched.length)
    requests.length = 0
    expect(await walk(vfs, '/d/1/files/batch_20')).toHaveLength(EACH)
    expect(requests).toEqual([])
  })

  it('has folders that differ in case alone, each with its own files', async () => {
    const vfs = mountOf(lake)
    const upper = (await vfs.readdir('/d/1/files/BATCH_06'))!
    const lower = (await vfs.readdir('/d/1/files/batch_06'))!
    expect([upper.length, lower.length]).toEqual([EACH, EACH])
    expect(new Set([...upper, ...lower]).size).toBe(2 * EACH)
    expect(await vfs.getattr(`/d/1/files/BATCH_06/${lower[5]}`)).toBeUndefined()
    expect(await vfs.getattr('/d/1/files/Batch_06')).toBeUndefined()
  })

  it('keeps no more of the lists than it may, and some hundred bytes a file', async () => {
    const signal = new AbortController().signal
    const memory = 2_000_000
    const loaded = loadedParts(lake, signal, memory)
    const tree = new FileTree(parts, loaded)
    let most = 0
    for (const folder of FOLDERS) {
      expect(await tree.list(folder)).toHaveLength(EACH)
      most = Math.max(most, loaded.bytes)
    }
    expect(most).toBeGreaterThan(memory / 4)
    expect(most).toBeLessThanOrEqual(memory)
    const part = await loaded.load(parts[0]!)
    expect(part.bytes / part.count).toBeLessThan(120)
  })

  it('asks for a part once, for however many want it', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched)
    await vfs.getattr('/d/1/files')
    requests.length = 0
    const path = `/d/1/files/batch_12/${nameOf(3000)}`
    const found = await Promise.all(Array.from({ length: 40 }, () => vfs.getattr(path)))
    expect(new Set(found.map((one) => one?.size))).toEqual(new Set([7]))
    expect(requests.length).toBe(1)
  })
})

describe('packed rows', () => {
  it('give back what they were made of', () => {
    const paths = ['a', 'b/ü', 'b/ö', 'c']
    const columns = new Map<string, ArrayLike<string | bigint | null>>([
      ['path', paths],
      ['bytes', [1n, 2n, null, 4n]],
      ['sha256', [`${'00'.repeat(31)}01`, null, 'not one', 'ff'.repeat(32)]],
      ['uri', [null, 's3://b/ü', '', null]],
      ['etag', [null, 'tag', null, '']],
      ['modified_at', [1_000n, null, 3_500n, 0n]],
    ])
    const entries = new Entries({ rows: 4, columns })
    expect(Array.from(paths, (_, i) => entries.pathAt(i))).toEqual(paths)
    expect(Array.from(paths, (_, i) => entries.sizeAt(i))).toEqual([1, 2, Number.NaN, 4])
    expect(Array.from(paths, (_, i) => entries.modifiedAt(i))).toEqual([1, Number.NaN, 3.5, 0])
    expect(entries.entryAt(0)).toMatchObject({
      sha256: `${'00'.repeat(31)}01`,
      uri: undefined,
      etag: undefined,
    })
    expect(entries.entryAt(1)).toMatchObject({ sha256: undefined, uri: 's3://b/ü', etag: 'tag' })
    expect(entries.entryAt(3)).toMatchObject({ sha256: 'ff'.repeat(32), etag: '' })
    expect(entries.rowOf('c', 'c')).toBe(3)
    expect(entries.rowOf('C', 'c')).toBe(-1)
  })
})

describe('what is kept by weight', () => {
  it('goes when it was not used for longest; the last one stays whatever it weighs', async () => {
    const lru = new Lru<{ bytes: number }>(10, ({ bytes }) => bytes)
    const put = (key: string, bytes: number) => lru.get(key, async () => ({ bytes }))
    await put('a', 4)
    await put('b', 4)
    expect(put('a', 4)).not.toBeInstanceOf(Promise)
    await put('c', 4)
    expect(['a', 'b', 'c'].map((key) => lru.has(key))).toEqual([true, false, true])
    await put('d', 100)
    expect(['a', 'c', 'd'].map((key) => lru.has(key))).toEqual([false, false, true])
    expect(lru.bytes).toBe(100)
  })

  it('is not what failed', async () => {
    const lru = new Lru<number>(10, () => 1)
    await expect(lru.get('a', async () => Promise.reject(new Error('once')))).rejects.toThrow('once')
    expect(await lru.get('a', async () => 1)).toBe(1)
  })
})
