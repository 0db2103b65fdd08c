/** Removing, moving, forking and merging are new versions; no byte moves, and asset ids stay. */

import { describe, expect, test } from 'vitest'
import { fork, merge, restore } from '../../src/lake/branch.ts'
import { moveFiles, removeFiles } from '../../src/lake/edit.ts'
import { parseReference } from '../../src/lake/reference.ts'
import type { Lake } from '../../src/lake/types.ts'
import { resolveVersion } from '../../src/lake/versions/resolve.ts'
import { add, newLake, paths, rows } from './lakes.ts'

const by = { author: 'test' }

const version = (lake: Lake, reference: string) => resolveVersion(lake, parseReference(reference))

describe('rm', () => {
  test('takes files, folders and patterns', async () => {
    const lake = await newLake()
    await add(lake, { 'a/1': '1', 'a/2': '2', 'a-b': '3', 'b/x.txt': '4', 'b/c/y.txt': '5', z: '6' })
    const removed = await removeFiles(lake, 'd', ['a', '**/*.txt'], by)
    expect(removed).toMatchObject({ removed: 4, created: true })
    expect(await paths(lake, 'd')).toEqual(['a-b', 'z'])
    expect(await paths(lake, 'd@1')).toHaveLength(6)
  })

  test('what matches nothing is named, and nothing is removed', async () => {
    const lake = await newLake()
    await add(lake, { a: '1' })
    await expect(removeFiles(lake, 'd', ['a', 'nope*'], by)).rejects.toMatchObject({
      code: 'not-found',
      message: 'd@1 has no file nope*',
    })
    await expect(removeFiles(lake, 'd', ['A'], by)).rejects.toMatchObject({ code: 'not-found' })
    await expect(removeFiles(lake, 'd', ['../a'], by)).rejects.toMatchObject({
      code: 'invalid-input',
      message: 'the path "../a" has ".." in it',
    })
    expect(await paths(lake, 'd')).toEqual(['a'])
  })

  test('a pattern finds names whose next character composes with its beginning', async () => {
    const lake = await newLake()
    await add(lake, { 'cafe\u0301/x': '1', 'cafe/y': '2', caf: '3' })
    expect(await removeFiles(lake, 'd', ['cafe*/*'], by)).toMatchObject({ removed: 2 })
    expect(await paths(lake, 'd')).toEqual(['caf'])
  })

  test('a name with special characters is a name first', async () => {
    const lake = await newLake()
    await add(lake, { '[1].txt': '1', '1.txt': '2' })
    await removeFiles(lake, 'd', ['[1].txt'], by)
    expect(await paths(lake, 'd')).toEqual(['1.txt'])
  })
})

describe('mv', () => {
  test('keeps asset ids, of files and of whole folders', async () => {
    const lake = await newLake()
    await add(lake, { 'a/1': '1', 'a/b/2': '2', other: '3' })
    const before = new Map((await rows(lake, 'd')).map((row) => [row.sha256, row.asset_id]))
    expect(await moveFiles(lake, 'd', 'a', 'new/place', by)).toMatchObject({ moved: 2 })
    await moveFiles(lake, 'd', 'other', 'new/', by)
    await moveFiles(lake, 'd', 'new/place/1', 'New/Place/ONE', by)
    expect(await paths(lake, 'd')).toEqual(['new/other', 'new/place/b/2', 'New/Place/ONE'])
    for (const row of await rows(lake, 'd')) expect(row.asset_id).toBe(before.get(row.sha256!))
  })

  test('renames case alone, and never writes over another file', async () => {
    const lake = await newLake()
    await add(lake, { 'a.txt': '1', 'b.txt': '2', 'c/d': '3' })
    await moveFiles(lake, 'd', 'a.txt', 'A.txt', by)
    expect(await paths(lake, 'd')).toEqual(['A.txt', 'b.txt', 'c/d'])
    for (const [from, to] of [
      ['A.txt', 'b.txt'],
      ['A.txt', 'B.TXT'],
      ['A.txt', 'c'],
      ['A.txt', 'c/d/e'],
    ] as const)
      await expect(moveFiles(lake, 'd', from, to, by)).rejects.toMatchObject({ code: 'conflict' })
    await expect(moveFiles(lake, 'd', 'A.txt', '../x', by)).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(moveFiles(lake, 'd', 'nope', 'x', by)).rejects.toMatchObject({ code: 'not-found' })
    expect((await version(lake, 'd')).number).toBe(2)
  })
})

test('an earlier version is restored as a new one', async () => {
  const lake = await newLake()
  const first = await add(lake, { a: '1', b: '2' })
  await add(lake, { a: 'new' })
  await removeFiles(lake, 'd', ['b'], by)
  const restored = await restore(lake, await version(lake, 'd@1'), by)
  expect(restored.version).toMatchObject({ number: 4, hash: first.version.hash })
  expect(await rows(lake, 'd')).toEqual(await rows(lake, 'd@1'))
  expect(await restore(lake, await version(lake, 'd@1'), by)).toMatchObject({ created: false })
})

describe('forks and merges', () => {
  test('a fork writes one description and one hint, and shares every part', async () => {
    const lake = await newLake()
    await add(lake, Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`f${i}`, `${i}`])))
    const written: string[] = []
    const put = (...args: Parameters<typeof lake.store.put>) => {
      written.push(args[0])
      return lake.store.put(...args)
    }
    const source = await version(lake, 'd')
    const forked = await fork({ ...lake, store: { ...lake.store, put } }, source, 'e', by)
    expect(forked.version).toMatchObject({ dataset: 'e', number: 1, hash: source.hash })
    expect(written).toEqual([
      'datasets/e/versions/000001/provenance/dataset_description.json',
      'datasets/e/latest_version.json',
    ])
    expect(await rows(lake, 'e')).toEqual(await rows(lake, 'd'))
    await expect(fork(lake, source, 'e', by)).rejects.toMatchObject({ code: 'conflict' })
  })

  test('a merge brings the changes of both sides together', async () => {
    const lake = await newLake()
    await add(lake, { a: '1', b: '2', c: '3' })
    await fork(lake, await version(lake, 'd'), 'e', by)
    await add(lake, { b: 'new', n: '5' }, { dataset: 'e' })
    await removeFiles(lake, 'd', ['c'], by)
    const merged = await merge(lake, await version(lake, 'e'), 'd', by)
    expect(merged.version.parents.map(({ dataset, number }) => `${dataset}@${number}`)).toEqual([
      'd@2',
      'e@2',
    ])
    expect(await paths(lake, 'd')).toEqual(['a', 'b', 'n'])
    expect((await rows(lake, 'd'))[1]!.sha256).toBe((await rows(lake, 'e'))[1]!.sha256)
    expect(await merge(lake, await version(lake, 'e'), 'd', by)).toMatchObject({ created: false })
    const labelled = await merge(lake, await version(lake, 'e'), 'd', { ...by, label: 'merged' })
    expect(labelled.version).toMatchObject({ label: 'merged', hash: merged.version.hash })
  })

  test('keys that both sides changed are listed, unless a rule says whose count', async () => {
    const lake = await newLake()
    await add(lake, { a: '1', b: '2' })
    await fork(lake, await version(lake, 'd'), 'e', by)
    await add(lake, { a: 'theirs' })
    await add(lake, { a: 'ours', z: '3' }, { dataset: 'e' })
    const from = await version(lake, 'e')
    expect(await merge(lake, from, 'd', by)).toMatchObject({
      created: false,
      conflicts: [{ table: 'files', key: { path: 'a' } }],
    })
    expect((await version(lake, 'd')).number).toBe(2)
    await merge(lake, from, 'd', { ...by, duplicates: 'ours' })
    expect((await rows(lake, 'd'))[0]!.sha256).toBe((await rows(lake, 'e'))[0]!.sha256)
  })

  test('datasets that never were one are united, and what both have counts once', async () => {
    const lake = await newLake()
    await add(lake, { a: '1', b: '2' })
    await add(lake, { b: 'other', c: '3' }, { dataset: 'e' })
    expect(await merge(lake, await version(lake, 'e'), 'd', by)).toMatchObject({ created: false })
    await merge(lake, await version(lake, 'e'), 'd', { ...by, duplicates: 'theirs' })
    expect(await paths(lake, 'd')).toEqual(['a', 'b', 'c'])
  })
})
