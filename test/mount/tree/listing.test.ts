/** Listing versions that memory does not hold. Budgets are requests and bytes, not seconds. */

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
import { Gathering, PathList } from '../../../src/mount/tree/listing.ts'
import { counted, mountOf } from './support.ts'

const url = 'memory://listed-lake/'
/** Some folders to a part, so that no part's bounds tell what is in it. */
const FOLDERS = Array.from({ length: 60 }, (_, i) => `plate_${String(i).padStart(2, '0')}`)
const EACH = 500
/** For a few thousand rows: the version has ten times as many. */
const MEMORY = 300_000

let lake: Lake
let parts: readonly Part[]

beforeAll(async () => {
  await initLake(url)
  lake = openLake(url)
  const changes = FOLDERS.flatMap((folder) => Array.from({ length: EACH }, (_, i) => `${folder}/${i}.tif`))
    .map((path) => ({ key: pathKey(path), row: { path, bytes: 7n, sha256: 'ab'.repeat(32) } }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const { table } = await rewriteTable(lake, 'd', undefined, filesSchema([]), changes)
  await commitTables(lake, { dataset: 'd', base: undefined, tables: { files: table }, author: 'test' })
  const version = (await readDescription(lake, 'd', 1))!
  parts = (await openTable(lake, version.tables.files!)).parts
  expect(parts.length).toBeGreaterThan(8)
})

describe('a root that is larger than memory', () => {
  it('is listed with each part read once, and again with none', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched, { memory: MEMORY })
    expect(await vfs.readdir('/d/1/files')).toEqual(FOLDERS)
    const read = requests.filter((request) => request.includes('/parts/'))
    expect(read.length).toBeLessThanOrEqual(parts.length)
    expect(new Set(read).size).toBe(read.length)
    requests.length = 0
    expect(vfs.readdir('/d/1/files')).toEqual(FOLDERS)
    expect(requests).toEqual([])
  })

  it('tells its folders at once after a listing, and starts no reads for that', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched, { memory: MEMORY })
    await vfs.readdir('/d/1/files')
    requests.length = 0
    for (const folder of FOLDERS)
      expect(vfs.getattr(`/d/1/files/${folder}`), folder).toMatchObject({ kind: 'folder' })
    expect(vfs.getattr('/d/1/files')).toMatchObject({ kind: 'folder' })
    expect(requests).toEqual([])
  })

  it('leaves what was loaded in memory when it is listed', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched, { memory: MEMORY })
    const path = `/d/1/files/${FOLDERS[30]}/7.tif`
    await vfs.getattr(path)
    await vfs.readdir('/d/1/files')
    requests.length = 0
    expect(vfs.getattr(path)).toMatchObject({ kind: 'file', size: 7 })
    expect(requests).toEqual([])
  })

  it('has the names of its folders, exactly, before and after it was listed', async () => {
    const vfs = mountOf(lake, { memory: MEMORY })
    for (const listed of [false, true]) {
      if (listed) await vfs.readdir('/d/1/files')
      for (const name of ['Plate_07', 'plate_0', 'plate_60', 'plate_07 '])
        expect(await vfs.getattr(`/d/1/files/${name}`), name).toBeUndefined()
      expect(await vfs.getattr('/d/1/files/plate_07')).toMatchObject({ kind: 'folder' })
    }
  })
})

describe('the bounds of a part', () => {
  it('tell of the folders at its ends without it being read', async () => {
    const { lake: watched, requests } = counted(lake)
    const vfs = mountOf(watched, { memory: MEMORY })
    await vfs.getattr('/d/1/files')
    // Its files' keys are behind its own, in the part or behind it.
    const ends = parts.map(({ zones }) => String(zones.path?.[1]).split('/')[0]!)
    requests.length = 0
    for (const folder of new Set(ends))
      expect(await vfs.getattr(`/d/1/files/${folder}`), folder).toMatchObject({ kind: 'folder' })
    expect(requests.filter((request) => request.includes('/parts/'))).toEqual([])
  })
})

describe('gathering names', () => {
  const pathsOf = (...paths: (string | null)[]): PathList =>
    new PathList({ rows: paths.length, columns: new Map([['path', paths]]) })
  const gathered = (prefix: string, ...paths: (string | null)[]) => {
    const gathering = new Gathering(prefix)
    gathering.addPaths(pathsOf(...paths))
    const { names, folders } = gathering.listing
    return { names, folders: [...folders] }
  }

  it('tells folders from files, each once, and those that differ in case apart', () => {
    expect(gathered('', 'A/x', 'a/y', 'A/z', 'b.txt', 'c/1', 'c/2')).toEqual({
      names: ['A', 'a', 'b.txt', 'c'],
      folders: ['A', 'a', 'c'],
    })
    expect(gathered('a/', 'A/x', 'a/b/1', 'a/b/2', 'a/c', 'a0')).toEqual({
      names: ['b', 'c'],
      folders: ['b'],
    })
  })

  it('leaves out what cannot stand in a tree, and no folder for its sake', () => {
    expect(gathered('', null, '', 'bad/../x', 'good/\u0001', 'good/ok', 'x//y')).toEqual({
      names: ['good'],
      folders: ['good'],
    })
  })

  it('has subfolders by their paths, where they are inside', () => {
    const gathering = new Gathering('a/')
    gathering.addFolder('a/b')
    gathering.addFolder('c/d')
    gathering.addPaths(pathsOf('a/b/1', 'a/c/1'))
    expect(gathering.listing.names).toEqual(['b', 'c'])
  })
})
