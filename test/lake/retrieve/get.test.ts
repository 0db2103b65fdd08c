/** What `get` leaves on the disk, and what it leaves alone. */

import { execFileSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { objectKey } from '../../../src/lake/layout.ts'
import { type GetFilesOptions, getFiles } from '../../../src/lake/retrieve/get.ts'
import { MANIFEST } from '../../../src/lake/retrieve/manifest.ts'
import type { Lake, Row, VersionDescription } from '../../../src/lake/types.ts'
import { openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { each, faulty, inPlace, sha, stored, testLake, version } from '../exchange/lakes.ts'

let scratch = ''
let folder = ''
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'varve-get-'))
  folder = join(scratch, 'out')
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

const get = (
  lake: Lake,
  described: VersionDescription,
  rows: readonly Row[],
  options: GetFilesOptions = {},
) => getFiles(lake, described, each(rows), folder, options)

const read = (path: string): string => readFileSync(join(folder, path), 'utf8')

const tree = (): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()

async function sample(): Promise<{ lake: Lake; rows: Row[]; described: VersionDescription }> {
  const lake = testLake()
  const rows = [
    await stored(lake, 'a/one.txt', 'one'),
    await stored(lake, 'a/b/two.txt', 'two two'),
    await stored(lake, 'empty', ''),
    await stored(lake, 'ü 100%.txt', 'strange'),
  ]
  return { lake, rows, described: await version(lake, 'd', rows) }
}

describe('files', () => {
  test('mirror the tree, and the second time nothing is fetched', async () => {
    const { lake, rows, described } = await sample()
    const first = await get(lake, described, rows)
    expect(first).toMatchObject({ dataset: 'd', version: 1, files: 4, bytes: 17, written: 4, failed: [] })
    expect(tree()).toEqual(['a/b/two.txt', 'a/one.txt', 'empty', MANIFEST, 'ü 100%.txt'])
    expect(read('a/b/two.txt')).toBe('two two')
    const watched = faulty(lake.store)
    const again = await get({ ...lake, store: watched.store }, described, rows)
    expect(again).toMatchObject({ files: 4, bytes: 17, written: 0, failed: [] })
    expect(watched.calls).toEqual([])
  })

  test('are byte for byte what the lake has, whatever their size, and leave nothing beside them', async () => {
    const lake = testLake()
    const large = Buffer.alloc(9 * 1024 * 1024 + 17, 'varve ')
    const rows = [await stored(lake, 'large', large), await stored(lake, 'small', 'x')]
    await get(lake, await version(lake, 'd', rows), rows, { transfers: 3 })
    expect(sha(readFileSync(join(folder, 'large')))).toBe(sha(large))
    expect(tree()).toEqual(['large', 'small', MANIFEST])
  })

  test('a file that was cut or changed since is written again when it is ours', async () => {
    const { lake, rows, described } = await sample()
    await get(lake, described, rows)
    // The lake moves on; the manifest knows that what stands there came from it.
    const next = [await stored(lake, 'a/one.txt', 'uno'), ...rows.slice(1)]
    const report = await get(lake, await version(lake, 'd', next), next)
    expect(report).toMatchObject({ written: 1, failed: [], version: 2 })
    expect(read('a/one.txt')).toBe('uno')
  })

  test("a user's own bytes are never replaced, of the same size or not", async () => {
    const { lake, rows, described } = await sample()
    await get(lake, described, rows)
    writeFileSync(join(folder, 'a/one.txt'), 'my')
    writeFileSync(join(folder, 'a/b/two.txt'), 'two TWO')
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ path, error }) => [path, error.code])).toEqual([
      ['a/b/two.txt', 'conflict'],
      ['a/one.txt', 'conflict'],
    ])
    expect(report).toMatchObject({ files: 2, written: 0 })
    expect(read('a/one.txt')).toBe('my')
    expect(read('a/b/two.txt')).toBe('two TWO')
  })

  test('a folder or link in the place of a file, and a file in that of a folder, are conflicts', async () => {
    const { lake, rows, described } = await sample()
    mkdirSync(join(folder, 'empty'), { recursive: true })
    writeFileSync(join(folder, 'a'), 'a file')
    symlinkSync('a', join(folder, 'ü 100%.txt'))
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ error }) => error.code)).toEqual(Array(4).fill('conflict'))
    expect(read('a')).toBe('a file')
  })

  test('one with the name of the manifest is refused, and a foreign manifest stays', async () => {
    const lake = testLake()
    const rows = [await stored(lake, 'Varve-Manifest.json', 'x'), await stored(lake, 'ok', 'ok')]
    const described = await version(lake, 'd', rows)
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ error }) => error.code)).toEqual(['conflict'])
    writeFileSync(join(folder, MANIFEST), '{"mine": 1}')
    await expectCode(get(lake, described, rows), 'conflict', MANIFEST)
    expect(read(MANIFEST)).toBe('{"mine": 1}')
  })
})

describe('without a checksum', () => {
  test('size and time tell that a file is there; other bytes are a conflict', async () => {
    const lake = testLake()
    const rows = [await inPlace(lake.store, 'elsewhere/a', 'a', 'abc')]
    const described = await version(lake, 'd', rows)
    expect((await get(lake, described, rows)).written).toBe(1)
    const manifest = read(MANIFEST)
    expect(JSON.parse(manifest).files).toEqual([
      { path: 'a', bytes: 3, sha256: sha('abc'), etag: rows[0]!.etag },
    ])
    const watched = faulty(lake.store)
    expect((await get({ ...lake, store: watched.store }, described, rows)).written).toBe(0)
    expect(read(MANIFEST)).toBe(manifest)
    writeFileSync(join(folder, 'a'), 'xyz')
    const [failure] = (await get(lake, described, rows)).failed
    expect(failure?.error.code).toBe('conflict')
    expect(read('a')).toBe('xyz')
  })

  test('an object that was overwritten is stale, one that is gone not found', async () => {
    const lake = testLake()
    const rows = [
      await inPlace(lake.store, 'elsewhere/a', 'a', 'abc'),
      await inPlace(lake.store, 'elsewhere/b', 'b', 'abc'),
    ]
    const described = await version(lake, 'd', rows)
    await lake.store.put('elsewhere/a', Buffer.from('abd'))
    await lake.store.delete('elsewhere/b')
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ error }) => error.code)).toEqual(['stale', 'not-found'])
    expect(tree()).toEqual([MANIFEST])
  })

  test('a lake elsewhere cannot have files of this machine read', async () => {
    const lake = testLake()
    writeFileSync(join(scratch, 'secret'), 'secret')
    const rows = [{ path: 'a', bytes: 6n, uri: `file://${scratch}/secret` }]
    const report = await get(lake, await version(lake, 'd', rows), rows)
    expect(report.failed.map(({ error }) => error.code)).toEqual(['denied'])
    expect(tree()).toEqual([MANIFEST])
  })
})

describe('the manifest', () => {
  test('is the same whatever the order, the clock, the folder and the transfers', async () => {
    const { lake, rows, described } = await sample()
    const question = { where: "ext = 'txt'", limit: 10 }
    await get(lake, described, rows, { question })
    const first = read(MANIFEST)
    folder = join(scratch, 'another')
    await get(lake, described, [...rows].reverse(), { question, transfers: 1 })
    expect(read(MANIFEST)).toBe(first)
    const parsed = JSON.parse(first)
    expect(parsed).toMatchObject({ dataset: 'd', dataset_version: 1, hash: described.hash, question })
    expect(parsed.files.map((file: { path: string }) => file.path)).toEqual([
      'a/b/two.txt',
      'a/one.txt',
      'empty',
      'ü 100%.txt',
    ])
    expect(first).not.toContain(scratch)
  })

  test('of no files is a manifest, too', async () => {
    const { lake, described } = await sample()
    const report = await get(lake, described, [])
    expect(report).toMatchObject({ files: 0, bytes: 0, written: 0 })
    expect(JSON.parse(read(MANIFEST)).files).toEqual([])
    expect(report.manifest).toBe(join(folder, MANIFEST))
  })
})

describe('hostile versions', () => {
  const HOSTILE = [
    '../out',
    '/etc/x',
    'a/../../x',
    'a//b',
    'a\\b',
    'a\0b',
    '',
    '.',
    'a/..',
    'x/',
    'tab\there',
  ]

  test('paths that leave the folder are refused', async () => {
    const lake = testLake()
    const rows = await Promise.all(HOSTILE.map((path) => stored(lake, path, 'evil')))
    const described = await version(lake, 'd', [])
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ error }) => error.code)).toEqual(HOSTILE.map(() => 'invalid-input'))
    expect(tree()).toEqual([MANIFEST])
    expect(readdirSync(scratch)).toEqual(['out'])
  })

  test('nothing is written through a symbolic link that leads out, also to where nothing is yet', async () => {
    const { lake, rows, described } = await sample()
    mkdirSync(join(scratch, 'outside'))
    mkdirSync(join(folder, 'inside'), { recursive: true })
    symlinkSync(join(scratch, 'outside'), join(folder, 'a'))
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ path, error }) => [path, error.code])).toEqual([
      ['a/b/two.txt', 'denied'],
      ['a/one.txt', 'denied'],
    ])
    expect(readdirSync(join(scratch, 'outside'))).toEqual([])
    rmSync(join(folder, 'a'))
    symlinkSync('inside', join(folder, 'a'))
    expect((await get(lake, described, rows)).failed).toEqual([])
    expect(read('inside/b/two.txt')).toBe('two two')
  })

  test('damaged, missing and cut objects are listed, the rest is done', async () => {
    const { lake, rows, described } = await sample()
    await lake.store.put(objectKey(sha('one')), Buffer.from('eno'))
    await lake.store.put(objectKey(sha('two two')), Buffer.from('two'))
    await lake.store.delete(objectKey(sha('strange')))
    const report = await get(lake, described, rows)
    expect(report.failed.map(({ path, error }) => [path, error.code])).toEqual([
      ['a/b/two.txt', 'invalid-data'],
      ['a/one.txt', 'invalid-data'],
      ['ü 100%.txt', 'not-found'],
    ])
    expect(tree()).toEqual(['empty', MANIFEST])
  })
})

describe('interrupted', () => {
  test('it goes on from there, and what has its final name is whole', async () => {
    const contents = fc.uniqueArray(fc.string({ maxLength: 40 }), { minLength: 1, maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(contents, fc.nat(11), fc.integer({ min: 1, max: 4 }), async (texts, at, transfers) => {
        rmSync(folder, { recursive: true, force: true })
        const lake = testLake()
        const rows = await Promise.all(texts.map((text, i) => stored(lake, `f${i}/x`, text)))
        const described = await version(lake, 'd', rows)
        const broken = { ...lake, store: faulty(lake.store, at).store }
        const outcome = await get(broken, described, rows, { transfers }).catch((error: unknown) => error)
        expect(isVarveError(outcome, 'internal')).toBe(at < texts.length)
        for (const path of tree().filter((path) => path !== MANIFEST)) {
          const [, index] = /^f(\d+)\/x$/.exec(path) ?? expect.fail(`${path} was left behind`)
          expect(read(path)).toBe(texts[Number(index)])
        }
        const report = await get(lake, described, rows)
        expect(report).toMatchObject({ files: texts.length, failed: [] })
      }),
      { numRuns: 60 },
    )
  })

  test('by its signal it ends as aborted, with no half-written file and no manifest', async () => {
    const lake = testLake()
    const rows = await Promise.all(
      Array.from({ length: 40 }, (_, i) => stored(lake, `f${i}`, 'x'.repeat(1000 + i))),
    )
    const described = await version(lake, 'd', rows)
    const stop = new AbortController()
    const onProgress = ({ files }: { files: number }): void => {
      if (files === 5) stop.abort()
    }
    await expectCode(get(lake, described, rows, { signal: stop.signal, onProgress, transfers: 2 }), 'aborted')
    const there = tree()
    expect(there.length).toBeGreaterThanOrEqual(5)
    expect(there.length).toBeLessThan(10)
    for (const path of there) expect(statSync(join(folder, path)).size).toBe(1000 + Number(path.slice(1)))
  })

  test('by a full disk it ends, keeping what was done', async (context) => {
    mkdirSync(folder)
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'pipe' })
    } catch {
      if (process.env.CI) throw new Error('no permission to mount a small file system')
      console.warn('SKIPPED: full disk: no permission to mount a small file system')
      return context.skip()
    }
    try {
      const lake = testLake()
      const bytes = (i: number): Buffer => Buffer.alloc(512 * 1024, String(i))
      const rows = await Promise.all([0, 1, 2, 3, 4, 5].map((i) => stored(lake, `f${i}`, bytes(i))))
      const described = await version(lake, 'd', rows)
      await expectCode(get(lake, described, rows, { transfers: 1 }), 'unavailable', 'no space')
      const there = tree()
      expect(there.length).toBeGreaterThan(1)
      for (const path of there)
        expect(sha(readFileSync(join(folder, path)))).toBe(sha(bytes(Number(path[1]))))
    } finally {
      execFileSync('umount', [folder])
    }
    expect(existsSync(folder)).toBe(true)
  })
})

test('a folder that cannot be made says so', async () => {
  const { lake, rows, described } = await sample()
  writeFileSync(folder, 'a file')
  await expectCode(get(lake, described, rows), 'invalid-input', folder)
})

test('files of a lake on the disk are read in place', async () => {
  const store = openStore(join(scratch, 'lake/'))
  const lake = testLake(store)
  const rows = [await inPlace(store, 'raw/a.bin', 'a.bin', 'raw bytes')]
  const report = await get(lake, await version(lake, 'd', rows), rows)
  expect(report).toMatchObject({ written: 1, failed: [] })
  expect(read('a.bin')).toBe('raw bytes')
})
