import { describe, expect, it } from 'vitest'
import { VarveError } from '../../../src/errors.ts'
import { fork } from '../../../src/lake/branch.ts'
import { descriptionKey, labelKey, objectKey, partKey, schemaKey, tagKey } from '../../../src/lake/layout.ts'
import { nameStore } from '../../../src/lake/stores.ts'
import { openTable } from '../../../src/lake/table/list.ts'
import type { Lake, VersionDescription } from '../../../src/lake/types.ts'
import type { Damage } from '../../../src/lake/upkeep/findings.ts'
import { verify } from '../../../src/lake/upkeep/verify.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { labelVersion, reserveLabel } from '../../../src/lake/versions/labels.ts'
import { tagVersion } from '../../../src/lake/versions/tags.ts'
import { openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { inPlace, keysOf, makeTable, SCORES, sha, stored, version } from '../exchange/lakes.ts'
import { agedLake, watched } from './lakes.ts'

const elsewhere = openStore(`memory://upkeep-elsewhere-${process.pid}/`)

/** Two versions of files (one in place) and a table, a label, a tag, a fork. */
async function soundLake() {
  const { lake, store } = await agedLake()
  const there = await inPlace(elsewhere, 'there', 'there', 'bytes elsewhere')
  const files = [await stored(lake, 'a', 'bytes of a'), await stored(lake, 'b/c', 'bytes of c'), there]
  const rows = Array.from({ length: 20 }, (_, id) => ({ id: BigInt(id), name: `row ${id}` }))
  const scores = await makeTable(lake, 'd', SCORES, rows)
  const first = await version(lake, 'd', files, { scores }, 'raw')
  const more = [...files, await stored(lake, 'copy of a', 'bytes of a')]
  const second = await version(lake, 'd', more, { scores: await makeTable(lake, 'd', SCORES, rows.slice(1)) })
  await labelVersion(lake, second, 'clean')
  await tagVersion(lake, first, 'best')
  await fork(lake, second, 'e', { author: 'x' })
  return { lake, store, first, second }
}

const payload = (content: string): string => objectKey(sha(content))

/** What is hit: the version, the path, the kind of object and how. */
function hits(damaged: readonly Damage[]): string[] {
  return damaged.map(({ dataset, version: number, path, object, status }) => {
    const kind = /objects|parts|lists|schemas|versions|labels|tags/.exec(object)?.[0] ?? object
    return `${dataset}@${number} ${path ?? '-'} ${kind} ${status}`
  })
}

async function damageOf(lake: Lake, what?: string, full = false): Promise<string[]> {
  return hits((await verify(lake, what, { full })).damaged)
}

async function partsOf(lake: Lake, { tables }: VersionDescription, name: string): Promise<string[]> {
  const { parts } = await openTable(lake, tables[name]!)
  return parts.map(({ home, hash }) => partKey(home, hash))
}

describe('verify of a sound lake', () => {
  it('finds nothing, and counts each object once', async () => {
    const { lake, store } = await soundLake()
    const report = await verify(lake)
    const parts = (await keysOf(store, 'datasets/d/parts/')).length
    expect(report).toEqual({
      versions: 3,
      tables: 4,
      parts,
      files: 3,
      bytes_read: 0,
      full: false,
      damaged: [],
    })
    const bytes = 'bytes of a'.length + 'bytes of c'.length + 'bytes elsewhere'.length
    expect(await verify(lake, undefined, { full: true })).toMatchObject({
      bytes_read: bytes,
      full: true,
      damaged: [],
    })
  })

  it('looks at a version or a dataset alone', async () => {
    const { lake, store } = await soundLake()
    expect(await verify(lake, 'd@1')).toMatchObject({ versions: 1, tables: 2, files: 3, damaged: [] })
    expect(await verify(lake, 'd@raw', { full: true })).toMatchObject({ versions: 1, damaged: [] })
    expect(await verify(lake, 'd')).toMatchObject({ versions: 2, damaged: [] })
    await store.delete(labelKey('d', 'raw'))
    expect(await damageOf(lake, 'e')).toEqual([])
    expect(await damageOf(lake, 'd')).toEqual(['d@1 - labels missing'])
  })

  it('asks for each object once, and lists the payloads of a whole lake', async () => {
    const { lake } = await soundLake()
    const calls: string[] = []
    const counted = watched(lake, (call) => void calls.push(call))
    await verify(counted)
    expect(calls.filter((call) => call.includes('objects/'))).toEqual(['list objects/'])
    const parts = calls.filter((call) => call.includes('/parts/'))
    expect(new Set(parts).size).toBe(parts.length)
    calls.length = 0
    await verify(counted, 'd')
    const payloads = calls.filter((call) => call.includes('objects/'))
    expect(payloads.sort()).toEqual([`info ${payload('bytes of a')}`, `info ${payload('bytes of c')}`].sort())
  })

  it('leaves reservations and deleted versions in peace', async () => {
    const { lake } = await soundLake()
    await version(lake, 'e', [await stored(lake, 'a', 'bytes of a')])
    await deleteVersion(lake, 'e', 1)
    await reserveLabel(lake, 'd', 'soon', { id: 'x', number: 3 })
    expect(await damageOf(lake)).toEqual([])
  })

  it('says what is not there to verify', async () => {
    const { lake, store } = await soundLake()
    await expectCode(verify(lake, 'nobody'), 'not-found', 'has no dataset nobody')
    await expectCode(verify(lake, 'd@7'), 'not-found', 'd has no version 7')
    await store.delete('lake.json')
    await expectCode(verify(lake), 'not-found', 'is no lake')
  })

  it('stops when it is cancelled, and tells how far it is', async () => {
    const { lake } = await soundLake()
    const seen: string[] = []
    await verify(lake, undefined, { onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })
    expect(seen.at(-1)).toBe(`${seen.length}/${seen.length}`)
    const controller = new AbortController()
    const cancelled = watched(lake, (call) => {
      if (call === 'list objects/') controller.abort()
    })
    await expectCode(verify(cancelled, undefined, { signal: controller.signal }), 'aborted', '')
  })
})

describe('verify finds', () => {
  it.each([undefined, 'd'])('payloads that are gone or of another size: %s', async (what) => {
    const { lake, store } = await soundLake()
    await store.delete(payload('bytes of c'))
    await store.put(payload('bytes of a'), Buffer.from('other'))
    const damage = ['d@1 a objects changed', 'd@1 b/c objects missing', 'd@2 copy of a objects changed']
    expect(await damageOf(lake, what)).toEqual(
      // The fork has the same parts, so they were looked at with the version that had them first.
      damage,
    )
    const [first] = (await verify(lake, what)).damaged
    const object = lake.url + payload('bytes of a')
    expect(first).toEqual({
      dataset: 'd',
      version: 1,
      path: 'a',
      object,
      status: 'changed',
      message: `${object} has 5 bytes, expected 10`,
    })
  })

  it('flipped bytes only when it reads them', async () => {
    const { lake, store } = await soundLake()
    await store.put(payload('bytes of c'), Buffer.from('bytes of C'))
    expect(await damageOf(lake)).toEqual([])
    expect(await damageOf(lake, undefined, true)).toEqual(['d@1 b/c objects corrupt'])
    expect(await damageOf(lake, 'd@2', true)).toEqual(['d@2 b/c objects corrupt'])
  })

  it('what was registered in place and is another one, or gone, or cannot be reached', async () => {
    const { lake } = await agedLake()
    const row = await inPlace(elsewhere, 'mine', 'mine', 'one two')
    const rows = [
      row,
      await inPlace(elsewhere, 'stays', 'stays', ''),
      { ...row, path: 'lost', uri: '@nowhere/lost' },
      { ...row, path: 'private', uri: 'file:///etc/passwd' },
      { ...row, path: 'strange', uri: 'gopher://x/y' },
    ]
    await version(lake, 'd', rows)
    const unreachable = ['d@1 lost', 'd@1 private', 'd@1 strange']
    const short = async (full: boolean): Promise<string[]> => {
      const { damaged } = await verify(lake, undefined, { full })
      const others = damaged.filter(({ path }) => path !== 'mine')
      expect(others.map(({ dataset, version: number, path }) => `${dataset}@${number} ${path}`)).toEqual(
        unreachable,
      )
      expect(others.map(({ status }) => status)).toEqual(['missing', 'missing', 'missing'])
      return damaged.filter(({ path }) => path === 'mine').map(({ status }) => status)
    }
    expect(await short(false)).toEqual([])
    expect(await short(true)).toEqual([])
    await elsewhere.put('mine', Buffer.from('two one'))
    expect(await short(false)).toEqual(['changed'])
    expect(await short(true)).toEqual(['changed'])
    await elsewhere.delete('mine')
    expect(await short(false)).toEqual(['missing'])
    expect(await short(true)).toEqual(['missing'])
  })

  it('what is in a store by name, where that store is now', async () => {
    const { lake } = await agedLake()
    const row = await inPlace(elsewhere, 'named', 'named', 'bytes')
    await nameStore(lake, 'archive', elsewhere.url)
    await version(lake, 'd', [{ ...row, uri: '@archive/named' }])
    expect(await damageOf(lake, undefined, true)).toEqual([])
    await nameStore(lake, 'archive', `${elsewhere.url}moved/`)
    expect((await verify(lake)).damaged).toMatchObject([{ path: 'named', status: 'missing' }])
  })

  it.each([
    ['files', 'missing', false],
    ['files', 'corrupt', false],
    ['scores', 'missing', false],
    ['scores', 'corrupt', true],
  ] as const)('parts of %s that are %s', async (table, status, full) => {
    const { lake, store, first } = await soundLake()
    const [key] = await partsOf(lake, first, table)
    const part = (await store.get(key!))!
    const flipped = Buffer.from(part.bytes)
    flipped[20]! ^= 1
    if (status === 'missing') await store.delete(key!)
    else await store.put(key!, flipped)
    expect(await damageOf(lake, undefined, full)).toEqual([`d@1 - parts ${status}`])
    // Of other tables the size alone is looked at.
    if (table === 'scores' && status === 'corrupt') {
      expect(await damageOf(lake)).toEqual([])
      await store.put(key!, flipped.subarray(1))
      expect(await damageOf(lake)).toEqual(['d@1 - parts changed'])
    }
  })

  it('lists and schemas that are missing or damaged, and goes on with what is left', async () => {
    const { lake, store, first, second } = await soundLake()
    const { files } = second.tables
    await store.delete(`datasets/d/lists/${files!.list}.parquet`)
    await store.put(schemaKey('d', first.tables.scores!.schema), Buffer.from('{}'))
    await store.delete(payload('bytes of c'))
    expect(await damageOf(lake)).toEqual([
      'd@1 - schemas corrupt',
      'd@1 b/c objects missing',
      'd@2 - lists missing',
    ])
  })

  it('descriptions that are missing, damaged, or do not say what their tables do', async () => {
    const { lake, store, second } = await soundLake()
    await version(lake, 'd', [await stored(lake, 'x', 'bytes of x')])
    const key = descriptionKey('d', 2)
    await store.delete(key)
    // Its label and tag name a version that nobody finds.
    expect(await damageOf(lake, 'd')).toEqual(['d@2 - versions missing'])
    await store.put(key, Buffer.from('{"format":"varve-version"'))
    expect(await damageOf(lake, 'd')).toEqual(['d@2 - versions corrupt'])
    const tables = { ...second.tables, files: { ...second.tables.files!, rows: 99 } }
    await store.put(key, Buffer.from(JSON.stringify({ ...second, tables })))
    expect(await damageOf(lake, 'd')).toEqual(['d@2 - versions corrupt'])
    await store.put(key, Buffer.from(JSON.stringify({ ...second, hash: sha('other') })))
    expect(await damageOf(lake, 'd')).toEqual(['d@2 - versions corrupt'])
    await store.put(key, Buffer.from(JSON.stringify(second)))
    expect(await damageOf(lake, 'd')).toEqual([])
  })

  it('labels and tags that are gone, damaged, or name what is not there', async () => {
    const { lake, store } = await soundLake()
    const raw = (await store.get(labelKey('d', 'raw')))!.bytes
    await store.delete(labelKey('d', 'raw'))
    expect(await damageOf(lake, 'd')).toEqual(['d@1 - labels missing'])
    await store.put(
      labelKey('d', 'raw'),
      Buffer.from(
        Buffer.from(raw)
          .toString()
          .replace(/"id": "./, '"id": "x'),
      ),
    )
    expect(await damageOf(lake, 'd')).toEqual(['d@1 - labels changed'])
    await store.put(labelKey('d', 'raw'), raw)
    await store.put(labelKey('d', 'clean'), Buffer.from('no JSON'))
    expect(await damageOf(lake, 'd')).toEqual(['d@0 - labels corrupt'])
    await store.delete(labelKey('d', 'clean'))
    const best = Buffer.from((await store.get(tagKey('d', 'best')))!.bytes).toString()
    await store.put(tagKey('d', 'best'), Buffer.from(best.replace(/"id": "./, '"id": "x')))
    expect(await damageOf(lake, 'd')).toEqual(['d@1 - tags missing'])
  })

  it('rows that name no bytes', async () => {
    const { lake } = await agedLake()
    await version(lake, 'd', [{ path: 'a', bytes: 3n }])
    expect(await damageOf(lake)).toEqual(['d@1 a parts corrupt'])
  })
})

describe('verify is no verdict', () => {
  it('on a store that does not answer', async () => {
    const { lake } = await soundLake()
    const down = watched(lake, (call) => {
      if (call.startsWith('list objects/')) throw new VarveError('unavailable', 'no answer')
    })
    await expectCode(verify(down), 'unavailable', 'no answer')
  })
})
