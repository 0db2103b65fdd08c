/** A version that leaves a lake as a bundle and comes into another is the same version, or nothing. */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { exportVersion } from '../../../src/lake/exchange/export.ts'
import { importBundle } from '../../../src/lake/exchange/import.ts'
import { initLake } from '../../../src/lake/init.ts'
import { objectKey } from '../../../src/lake/layout.ts'
import { openLake } from '../../../src/lake/open.ts'
import { nameStore } from '../../../src/lake/stores.ts'
import type { Lake, Row, VersionDescription } from '../../../src/lake/types.ts'
import { latestVersion, listVersions } from '../../../src/lake/versions/list.ts'
import { updateSettings } from '../../../src/lake/versions/settings.ts'
import { tagVersion } from '../../../src/lake/versions/tags.ts'
import { openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import {
  faulty,
  inPlace,
  keysOf,
  makeTable,
  rowsOf,
  SCORES,
  sha,
  stored,
  testLake,
  version,
} from './lakes.ts'

let scratch = ''
let file = ''
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'varve-bundle-'))
  file = join(scratch, 'd.tar')
})
afterEach(() => rmSync(scratch, { recursive: true, force: true }))

/** A lake that says so, empty but for that. */
async function emptyLake(): Promise<Lake> {
  const lake = testLake()
  await initLake(lake.url)
  return lake
}

const score = (id: number, name: string): Row => ({
  id: BigInt(id),
  name,
  score: id / 3,
  tags: [name, 'x'],
  price: BigInt(id) * 100n,
  day: 20_000 + id,
})

async function sample(label?: string): Promise<{ lake: Lake; described: VersionDescription }> {
  const lake = await emptyLake()
  const rows = [
    await stored(lake, 'a/one.txt', 'one', { camera: 'left', image: { width: 640 } }),
    await stored(lake, 'a/same.txt', 'one'),
    await stored(lake, 'b/two.txt', 'two two'),
    await stored(lake, 'empty', ''),
  ]
  const scores = await makeTable(
    lake,
    'd',
    SCORES,
    Array.from({ length: 30 }, (_, i) => score(i, `n${i}`)),
  )
  return { lake, described: await version(lake, 'd', rows, { scores }, label) }
}

const payloadPuts = (calls: readonly string[]): string[] =>
  calls.filter((call) => /^(put|upload|copy) objects\//.test(call))

describe('export and import', () => {
  test('give the same rows, payloads and content hash, and the second time nothing', async () => {
    const { lake, described } = await sample('v1.0')
    const report = await exportVersion(lake, described, file)
    expect(report).toMatchObject({
      dataset: 'd',
      version: 1,
      policy: 'copy_if_missing',
      files: 4,
      bytes: 13,
      transfers: 3,
      transfer_bytes: 10,
      present: 0,
      missing: [],
      file,
      bundle_bytes: statSync(file).size,
    })
    const target = await emptyLake()
    const imported = await importBundle(target, file)
    expect(imported).toMatchObject({
      dataset: 'd',
      version: 1,
      created: true,
      label: 'v1.0',
      hash: described.hash,
    })
    expect(imported.plan).toMatchObject({ transfers: 3, transfer_bytes: 10, present: 0, missing: [] })
    const there = (await latestVersion(target, 'd'))!
    expect(there).toMatchObject({ hash: described.hash, files: 4, bytes: 13, author: 'test' })
    for (const table of ['files', 'scores'])
      expect(await rowsOf(target, there, table)).toEqual(await rowsOf(lake, described, table))
    expect(Buffer.from((await target.store.get(objectKey(sha('two two'))))!.bytes).toString()).toBe('two two')

    const watched = faulty(target.store)
    const again = await importBundle({ ...target, store: watched.store }, file)
    expect(again).toMatchObject({ version: 1, created: false, hash: described.hash })
    expect(again.plan).toMatchObject({ transfers: 0, present: 3 })
    expect(watched.calls.filter((call) => call.startsWith('put'))).toEqual([])
  })

  test('the same version is the same file, which any tar reads and which unpacks to a lake', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    await exportVersion(lake, described, join(scratch, 'again.tar'))
    expect(readFileSync(file).equals(readFileSync(join(scratch, 'again.tar')))).toBe(true)
    execFileSync('tar', ['xf', file, '-C', scratch])
    const unpacked = openLake(scratch)
    const there = (await latestVersion(unpacked, 'd'))!
    expect(await rowsOf(unpacked, there)).toEqual(await rowsOf(lake, described))
    expect(readFileSync(join(scratch, objectKey(sha('one'))), 'utf8')).toBe('one')
  })

  test('any files and rows come through', async () => {
    const rows = fc.uniqueArray(fc.record({ id: fc.nat(500), name: fc.string() }), {
      selector: ({ id }) => id,
      maxLength: 40,
    })
    const files = fc.uniqueArray(fc.tuple(fc.nat(60), fc.string()), { selector: ([n]) => n, maxLength: 15 })
    await fc.assert(
      fc.asyncProperty(rows, files, async (table, contents) => {
        const lake = await emptyLake()
        const entries = await Promise.all(contents.map(([n, text]) => stored(lake, `f/${n}`, text)))
        const scores = await makeTable(
          lake,
          'd',
          SCORES,
          table.map(({ id, name }) => score(id, name)),
        )
        const described = await version(lake, 'd', entries, { scores })
        await exportVersion(lake, described, file)
        const target = await emptyLake()
        expect((await importBundle(target, file, { as: 'other' })).hash).toBe(described.hash)
        const there = (await latestVersion(target, 'other'))!
        for (const name of ['files', 'scores'])
          expect(await rowsOf(target, there, name)).toEqual(await rowsOf(lake, described, name))
        for (const { sha256, bytes } of entries)
          expect((await target.store.info(objectKey(sha256 as string)))?.size).toBe(Number(bytes))
      }),
      { numRuns: 40 },
    )
  })

  test('payloads larger than a request or the memory for one come through whole', async () => {
    const lake = await emptyLake()
    const large = Buffer.alloc(9 * 1024 * 1024 + 5, 'abcdefg')
    const rows = [await stored(lake, 'large', large), await stored(lake, 'small', 's')]
    await exportVersion(lake, await version(lake, 'd', rows), file)
    const target = await emptyLake()
    expect((await importBundle(target, file)).created).toBe(true)
    expect(sha((await target.store.get(objectKey(sha(large))))!.bytes)).toBe(sha(large))
  })

  test('a version of a fork, whose parts lie in another dataset, is whole', async () => {
    const { lake, described } = await sample()
    const forked = { ...described, dataset: 'fork' }
    await exportVersion(lake, forked, file)
    const target = await emptyLake()
    expect(await importBundle(target, file)).toMatchObject({ dataset: 'fork', hash: described.hash })
    expect((await keysOf(target.store, 'datasets/')).filter((key) => key.startsWith('datasets/d/'))).toEqual(
      [],
    )
  })
})

describe('into a dataset with a history', () => {
  test('it is the next version, with its tables in place of those before', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    const target = await emptyLake()
    const own = await makeTable(target, 'd', SCORES, [score(1, 'own')])
    await version(target, 'd', [await stored(target, 'own', 'own')], { own })
    expect(await importBundle(target, file)).toMatchObject({
      version: 2,
      created: true,
      hash: described.hash,
    })
    const there = (await latestVersion(target, 'd'))!
    expect(there.parents.map(({ number }) => number)).toEqual([1])
    expect(Object.keys(there.tables).sort()).toEqual(['files', 'scores'])
    // Content that some version has already makes none, though the dataset has moved on.
    await version(target, 'd', [])
    expect(await importBundle(target, file)).toMatchObject({ version: 2, created: false })
  })

  test('a label that is taken, by a label or a tag, stays where it is', async () => {
    const { lake, described } = await sample('final')
    await exportVersion(lake, described, file)
    for (const take of ['label', 'tag']) {
      const target = await emptyLake()
      const first = await version(target, 'd', [], {}, take === 'label' ? 'final' : undefined)
      if (take === 'tag') await tagVersion(target, first, 'final')
      expect(await importBundle(target, file)).toMatchObject({ version: 2, created: true, label: null })
    }
    const target = await emptyLake()
    await version(target, 'd', [], {}, 'final')
    await expectCode(importBundle(target, file, { label: 'final' }), 'conflict', 'final')
  })

  test('one that is attached is read-only', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    const target = await emptyLake()
    await updateSettings(target, 'd', { attached: 's3://somewhere/' })
    await expectCode(importBundle(target, file), 'read-only', 's3://somewhere/')
    expect(await latestVersion(target, 'd')).toBeUndefined()
  })
})

describe('policies', () => {
  test('copy_if_missing writes what is not there, or is not what it should be; copy writes all', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    const target = await emptyLake()
    await stored(target, 'x', 'one')
    await target.store.put(objectKey(sha('two two')), Buffer.from('cut'))
    const watched = faulty(target.store)
    const { plan } = await importBundle({ ...target, store: watched.store }, file)
    expect(plan).toMatchObject({ transfers: 2, transfer_bytes: 7, present: 1 })
    expect(payloadPuts(watched.calls).sort()).toEqual(
      [sha('two two'), sha('')].map((hash) => `put ${objectKey(hash)}`).sort(),
    )
    const all = faulty(target.store)
    await importBundle({ ...target, store: all.store }, file, { policy: 'copy' })
    expect(payloadPuts(all.calls)).toHaveLength(3)
  })

  test('an object that the garbage collector may be about to take is written again', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    const target = await emptyLake()
    await stored(target, 'x', 'one')
    const later = { ...target, now: () => Date.now() + 48 * 3600_000 }
    expect((await importBundle(later, file, { plan: true })).plan).toMatchObject({ transfers: 3, present: 0 })
  })

  for (const policy of ['metadata_only', 'fail_if_missing'] as const)
    test(`${policy} carries no payload, and fails before it writes when one is missing`, async () => {
      const { lake, described } = await sample()
      const report = await exportVersion(lake, described, file, { policy })
      expect(report).toMatchObject({ transfers: 0, transfer_bytes: 0, present: 3, missing: [] })
      const target = await emptyLake()
      await stored(target, 'x', 'one')
      const before = await keysOf(target.store)
      const { plan } = await importBundle(target, file, { plan: true })
      expect(plan).toMatchObject({ policy, transfers: 0, present: 1, missing: ['b/two.txt', 'empty'] })
      await expectCode(importBundle(target, file), 'not-found', 'b/two.txt')
      await expectCode(importBundle(target, file, { policy: 'copy' }), 'not-found', 'b/two.txt')
      expect(await keysOf(target.store)).toEqual(before)
      await stored(target, 'x', 'two two')
      await stored(target, 'x', '')
      expect(await importBundle(target, file)).toMatchObject({ created: true, hash: described.hash })
      // In the lake that it is from, everything is there.
      expect(await importBundle(lake, file, { as: 'copy' })).toMatchObject({ created: true })
    })

  test('files registered in place stay there without a checksum, and come along with one', async () => {
    const lake = await emptyLake()
    const elsewhere = openStore(`${lake.url}elsewhere/`)
    const loose = await inPlace(elsewhere, 'loose', 'loose', 'loose bytes')
    const known = {
      ...(await inPlace(elsewhere, 'known', 'known', 'known bytes')),
      sha256: sha('known bytes'),
    }
    const described = await version(lake, 'd', [loose, known])
    expect(await exportVersion(lake, described, file)).toMatchObject({ transfers: 1, present: 1 })
    const target = await emptyLake()
    expect((await importBundle(target, file)).hash).toBe(described.hash)
    const [first, second] = await rowsOf(target, (await latestVersion(target, 'd'))!)
    expect(first).toMatchObject({ path: 'known', sha256: sha('known bytes') })
    expect(first).not.toHaveProperty('uri')
    expect(second).toEqual(loose)
    // Gone, or other bytes: the plan says so, and nothing is imported.
    await elsewhere.put('loose', Buffer.from('LOOSE BYTES'))
    const { plan } = await importBundle(await emptyLake(), file, { plan: true })
    expect(plan.missing).toEqual([`loose (${elsewhere.url}loose)`])
    await expectCode(importBundle(await emptyLake(), file), 'not-found', 'loose')
  })

  test('a store that the target does not know by name is named, and nothing is written', async () => {
    const lake = await emptyLake()
    const elsewhere = openStore(`${lake.url}elsewhere/`)
    await nameStore(lake, 'archive', elsewhere.url)
    const row = { ...(await inPlace(elsewhere, 'x', 'x', 'bytes')), uri: '@archive/x' }
    await exportVersion(lake, await version(lake, 'd', [row]), file)
    const target = await emptyLake()
    const before = await keysOf(target.store)
    await expectCode(importBundle(target, file), 'not-found', '"archive"')
    expect(await keysOf(target.store)).toEqual(before)
    await nameStore(target, 'archive', elsewhere.url)
    expect((await importBundle(target, file)).created).toBe(true)
  })
})

describe('plans', () => {
  test('write nothing, and are what is then done', async () => {
    const { lake, described } = await sample()
    const { bundle_bytes, ...planned } = await exportVersion(lake, described, file, { plan: true })
    expect(bundle_bytes).toBe(0)
    expect(readdirSync(scratch)).toEqual([])
    expect(await exportVersion(lake, described, file)).toMatchObject(planned)
    const target = await emptyLake()
    await stored(target, 'x', 'one')
    const before = await keysOf(target.store)
    const { plan, created, version: number } = await importBundle(target, file, { plan: true })
    expect({ created, number }).toEqual({ created: false, number: 0 })
    expect(await keysOf(target.store)).toEqual(before)
    expect((await importBundle(target, file)).plan).toEqual(plan)
  })

  test('of an export list what the lake has lost, and no file is left', async () => {
    const { lake, described } = await sample()
    await lake.store.delete(objectKey(sha('two two')))
    const plan = await exportVersion(lake, described, file, { plan: true })
    expect(plan.missing).toEqual(['b/two.txt'])
    await expectCode(exportVersion(lake, described, file), 'not-found', 'b/two.txt')
    await lake.store.put(objectKey(sha('two two')), Buffer.from('two TWO'))
    await expectCode(exportVersion(lake, described, file), 'invalid-data', 'b/two.txt')
    expect(readdirSync(scratch)).toEqual([])
  })
})

describe('interrupted at every call to a store, and done again', () => {
  test('an import gives what it would have given', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    const undisturbed = await emptyLake()
    const watched = faulty(undisturbed.store)
    await importBundle({ ...undisturbed, store: watched.store }, file)
    // A hint need not have been written.
    const data = async (lake: Lake): Promise<string[]> =>
      (await keysOf(lake.store)).filter((key) => !key.endsWith('/latest_version.json'))
    const expected = await data(undisturbed)
    for (const after of [false, true]) {
      for (let at = 0; at < watched.calls.length; at++) {
        const target = await emptyLake()
        const broken = { ...target, store: faulty(target.store, at, after).store }
        await importBundle(broken, file).catch((error: unknown) => {
          if (!isVarveError(error, 'internal')) throw error
        })
        const report = await importBundle(target, file)
        expect(report).toMatchObject({ version: 1, hash: described.hash })
        expect(await data(target)).toEqual(expected)
        const versions: string[] = []
        for await (const { hash } of listVersions(target, 'd')) versions.push(hash)
        expect(versions).toEqual([described.hash])
        expect(await rowsOf(target, (await latestVersion(target, 'd'))!)).toEqual(
          await rowsOf(lake, described),
        )
      }
    }
  })

  test('an export leaves no file, and then the same one', async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    const whole = readFileSync(file)
    rmSync(file)
    const watched = faulty(lake.store)
    await exportVersion({ ...lake, memo: new Map(), store: watched.store }, described, file)
    rmSync(file)
    for (let at = 0; at < watched.calls.length; at++) {
      const broken = { ...lake, memo: new Map(), store: faulty(lake.store, at).store }
      await expectCode(exportVersion(broken, described, file), 'internal')
      expect(readdirSync(scratch)).toEqual([])
    }
    await exportVersion(lake, described, file)
    expect(readFileSync(file).equals(whole)).toBe(true)
  })

  test('by its signal, both end as aborted', async () => {
    const { lake, described } = await sample()
    const signal = AbortSignal.abort()
    await expectCode(exportVersion(lake, described, file, { signal }), 'aborted')
    expect(readdirSync(scratch)).toEqual([])
    await exportVersion(lake, described, file)
    await expectCode(importBundle(await emptyLake(), file, { signal }), 'aborted')
  })
})

describe('bundles that are not what they should be', () => {
  let whole: Buffer
  let source: Lake
  let target: Lake
  let before: string[]
  beforeEach(async () => {
    const { lake, described } = await sample()
    await exportVersion(lake, described, file)
    whole = readFileSync(file)
    source = lake
    target = await emptyLake()
    before = await keysOf(target.store)
  })

  /** Nothing but payloads, parts and lists may be there: nothing that says that there is a version. */
  async function expectRefused(code: 'invalid-data' | 'unsupported' = 'invalid-data'): Promise<void> {
    await expectCode(importBundle(target, file), code, file)
    expect(await latestVersion(target, 'd')).toBeUndefined()
    const added = (await keysOf(target.store)).filter((key) => !before.includes(key))
    expect(added.filter((key) => !/^objects\/|^datasets\/d\/(parts|lists|schemas)\//.test(key))).toEqual([])
  }

  test('cut anywhere', async () => {
    for (let cut = 0; cut < whole.length; cut += cut % 3 === 0 ? 512 : 1531) {
      writeFileSync(file, whole.subarray(0, cut))
      await expectRefused()
    }
  })

  test('cut where what is left ends in zeros, or with the end of another tar file behind', async () => {
    for (let cut = 512; cut < whole.length - 1024; cut += 512) {
      writeFileSync(file, Buffer.concat([whole.subarray(0, cut), Buffer.alloc(1024)]))
      await expectRefused()
    }
  })

  test('with a byte flipped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(whole.length - 1025), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
        const damaged = Buffer.from(whole)
        damaged[at]! ^= mask
        writeFileSync(file, damaged)
        const fresh = await emptyLake()
        // Padding, times and the source's id may differ; data and description may not.
        const outcome = await importBundle(fresh, file, { as: 'd' }).catch((error: unknown) => error)
        if (outcome instanceof Error) {
          if (!isVarveError(outcome, 'invalid-data', 'unsupported')) throw outcome
          expect(await latestVersion(fresh, 'd')).toBeUndefined()
        } else {
          const there = (await latestVersion(fresh, 'd'))!
          expect(there).toMatchObject({ hash: (await latestVersion(source, 'd'))!.hash, author: 'test' })
          expect(await rowsOf(fresh, there)).toEqual(await rowsOf(source, there))
        }
      }),
      { numRuns: 150 },
    )
  })

  /** The bundle with one text in the place of another of the same length, headers' checksums set right. */
  function replaced(from: string, to: string): Buffer {
    const bytes = Buffer.from(whole.toString('latin1').replaceAll(from, to), 'latin1')
    expect(bytes).toHaveLength(whole.length)
    for (let at = 0; at + 512 <= bytes.length; at += 512) {
      if (bytes.toString('latin1', at + 257, at + 262) !== 'ustar') continue
      bytes.fill(' ', at + 148, at + 156)
      const sum = bytes.subarray(at, at + 512).reduce((total, byte) => total + byte, 0)
      bytes.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1')
    }
    return bytes
  }

  test('with names that no bundle has', async () => {
    writeFileSync(file, replaced('objects/', '../../x/'))
    await expectRefused()
    writeFileSync(file, replaced('datasets/d/parts/', '/etc/xxxxx/parts/'))
    await expectRefused()
    writeFileSync(file, replaced('"dataset": "d"', '"dataset": "/"'))
    await expectRefused()
  })

  test('with other bytes in a payload, small or large', async () => {
    writeFileSync(file, replaced('two two', 'two TWO'))
    await expectRefused()
    const lake = await emptyLake()
    const large = Buffer.alloc(5 * 1024 * 1024, 'abcdefg')
    await exportVersion(lake, await version(lake, 'd', [await stored(lake, 'large', large)]), file)
    const damaged = readFileSync(file)
    damaged[damaged.length - 4096]! ^= 1
    writeFileSync(file, damaged)
    await expectRefused()
    expect(await target.store.info(objectKey(sha(large)))).toBeUndefined()
  })

  test('cut among the payloads are known before anything is planned', async () => {
    writeFileSync(file, whole.subarray(0, whole.length - 1024))
    await expectCode(importBundle(target, file, { plan: true }), 'invalid-data', 'does not end')
  })

  test('with payloads under the hash of others', async () => {
    const [a, b] = [objectKey(sha('two two')), objectKey(sha(''))]
    writeFileSync(file, replaced(a, b))
    await expectRefused()
  })

  test('of a later version of varve', async () => {
    writeFileSync(
      file,
      replaced('"format": "varve-bundle",\n  "version": 1', '"format": "varve-bundle",\n  "version": 2'),
    )
    await expectRefused('unsupported')
  })

  test('that say another hash than their data has', async () => {
    const { description } = JSON.parse(execFileSync('tar', ['xOf', file, 'bundle.json']).toString())
    const wrong = `${description.hash.startsWith('0') ? '1' : '0'}${description.hash.slice(1)}`
    writeFileSync(file, replaced(description.hash, wrong))
    await expectRefused()
    const { content } = description.tables.scores
    writeFileSync(file, replaced(content, content.replaceAll(/[0-9]/g, '0')))
    await expectRefused()
  })

  test('that are no bundles, or not there', async () => {
    writeFileSync(file, 'not a tar file, but a text')
    await expectRefused()
    writeFileSync(join(scratch, 'a.txt'), 'a')
    execFileSync('tar', ['cf', file, '-C', scratch, 'a.txt'])
    await expectRefused()
    await expectCode(importBundle(target, join(scratch, 'none.tar')), 'not-found', 'none.tar')
  })

  test('with paths that leave their folder', async () => {
    const lake = await emptyLake()
    const rows = [await stored(lake, '../../evil', 'evil'), await stored(lake, 'fine', 'fine')]
    await exportVersion(lake, await version(lake, 'd', rows), file)
    await expectRefused()
  })
})

test('no lake is no place to import into', async () => {
  const { lake, described } = await sample()
  await exportVersion(lake, described, file)
  await expectCode(importBundle(testLake(), file), 'not-found', 'varve init')
})

test('a folder that is not there, or may not be written, says so', async () => {
  const { lake, described } = await sample()
  await expectCode(exportVersion(lake, described, join(scratch, 'none', 'd.tar')), 'not-found', 'none')
})
