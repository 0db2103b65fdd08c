import { describe, expect, it, vi } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import type { VersionDescription } from '../../../src/lake/types.ts'
import { commit, parentOf } from '../../../src/lake/versions/commit.ts'
import { contentHash, readDescription } from '../../../src/lake/versions/description.ts'
import { latestNumber, listVersions } from '../../../src/lake/versions/list.ts'
import { expectCode } from '../../contract/bytes.ts'
import { addRows, all, counted, memoryLake, rowsOf, tableOf, tools, versionsOf, withFates } from './fakes.ts'

describe('commit', () => {
  it('makes version 1 and then the next ones, each as it was described', async () => {
    const lake = memoryLake()
    const first = await addRows(lake, { a: '1' }, { author: 'Ada', message: 'first' })
    expect(first).toMatchObject({ created: true, version: { number: 1, parents: [], author: 'Ada' } })
    expect(first.version).toMatchObject({ message: 'first', label: null, files: 1, dataset: 'd' })
    const second = await addRows(lake, { b: '2' })
    expect(second.version).toMatchObject({ number: 2, message: null, parents: [parentOf(first.version)] })
    expect(await readDescription(lake, 'd', 2)).toEqual(second.version)
    expect(second.version.hash).toBe(contentHash(second.version.tables))
    expect(rowsOf(second.version.tables.files)).toEqual({ a: '1', b: '2' })
  })

  it('takes two requests when nobody else commits, one more for each of reservation and tag', async () => {
    const plain = memoryLake()
    const { version } = await addRows(plain, { a: '1' })
    const { lake, calls } = counted(plain)
    const next = await addRows(lake, { b: '2' }, { base: version })
    const key = 'versions/000002/provenance/dataset_description.json'
    expect(calls).toEqual([`put ${key}`, 'put latest_version.json'])
    calls.length = 0
    await addRows(lake, { c: '3' }, { base: next.version, label: 'raw' })
    expect(calls).toEqual([
      'put refs/labels/raw.json',
      'get refs/tags/raw.json',
      `put ${key.replace('2', '3')}`,
      'put latest_version.json',
    ])
  })

  it('makes no version of no change, and asks nothing of the store', async () => {
    const plain = memoryLake()
    const { version } = await addRows(plain, { a: '1' })
    const { lake, calls } = counted(plain)
    expect(await addRows(lake, { a: '1' }, { base: version })).toEqual({ version, created: false })
    const changed = { ...version.tables.files!, home: 'elsewhere', list: 'f'.repeat(64) }
    const same = { dataset: 'd', base: version, tables: { files: changed, gone: null }, author: 'a' }
    expect(await commit(lake, same, tools)).toEqual({ version, created: false })
    expect(calls).toEqual([])
  })

  it.each([
    ['a label', { label: 'raw' }],
    ['a merge', { parents: [{ dataset: 'other', number: 1, id: 'x' }] }],
  ])('makes a version of no change for %s', async (_, more) => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' })
    const next = await addRows(lake, {}, { base: version, ...more })
    expect(next).toMatchObject({ created: true, version: { number: 2, hash: version.hash } })
  })

  it('makes a version of a new schema, though the rows say the same', async () => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' })
    const files = tableOf({ a: '1' }, 'd', 'with rules')
    const next = await commit(lake, { dataset: 'd', base: version, tables: { files }, author: 'a' }, tools)
    expect(next).toMatchObject({ created: true, version: { number: 2 } })
  })

  it('removes tables, and keeps those that are not named', async () => {
    const lake = memoryLake()
    const tables = { files: tableOf({ a: '1' }), patients: tableOf({ p: '1' }) }
    const first = await commit(lake, { dataset: 'd', base: undefined, tables, author: 'a' }, tools)
    const draft = { dataset: 'd', base: first.version, tables: { patients: null }, author: 'a' }
    expect(Object.keys((await commit(lake, draft, tools)).version.tables)).toEqual(['files'])
  })

  it('takes a table called as a part of every object is', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    await addRows(lake, { b: '1' }, { base })
    const tables = { constructor: tableOf({ p: '1' }) }
    const { version } = await commit(lake, { dataset: 'd', base, tables, author: 'a' }, tools)
    expect(Object.keys((await readDescription(lake, 'd', 3))!.tables)).toEqual(['files', 'constructor'])
    expect(version.number).toBe(3)
  })

  it('merges what others did in the meantime, in this table and in others', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1', b: '1', c: '1' })).version
    const theirs = { files: tableOf({ a: '2', b: '1' }), patients: tableOf({ p: '1' }) }
    await commit(lake, { dataset: 'd', base, tables: theirs, author: 'b' }, tools)
    const { version } = await addRows(lake, { b: '3', d: '1' }, { base })
    expect(version).toMatchObject({ number: 3, parents: [{ number: 2 }] })
    expect(rowsOf(version.tables.files)).toEqual({ a: '2', b: '3', d: '1' })
    expect(rowsOf(version.tables.patients)).toEqual({ p: '1' })
  })

  it('is no version when someone else made the same change', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    const { version } = await addRows(lake, { a: '2' }, { base })
    const mergeTable = vi.fn(tools.mergeTable)
    expect(await addRows(lake, { a: '2' }, { base }, { mergeTable })).toEqual({ version, created: false })
    expect(mergeTable).not.toHaveBeenCalled()
  })

  it('names the keys that someone else changed, and commits nothing', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1', b: '1' })).version
    await addRows(lake, { a: '2' }, { base, author: 'Grace' })
    const lost = addRows(lake, { a: '3', b: '3' }, { base }).catch((error: unknown) => error)
    const error = await lost
    expect(isVarveError(error, 'conflict')).toBe(true)
    expect(error).toMatchObject({
      message:
        'd@2 by Grace changed a key that this commit changes too, files {"key":"a"} first; nothing was committed',
      details: { conflicts: [{ table: 'files', key: { key: 'a' } }] },
    })
    expect(await latestNumber(lake, 'd')).toBe(2)
  })

  it('gives two who make the same dataset both their rows', async () => {
    const lake = memoryLake()
    const both = await Promise.all([
      addRows(lake, { a: '1' }, { base: undefined }),
      addRows(lake, { b: '1' }, { base: undefined }),
    ])
    expect(both.map(({ version }) => version.number).sort()).toEqual([1, 2])
    const latest = both.find(({ version }) => version.number === 2)!.version
    expect(rowsOf(latest.tables.files)).toEqual({ a: '1', b: '1' })
  })

  it('makes no fork into a dataset that is there', async () => {
    const lake = memoryLake()
    const [source] = await versionsOf(lake, 1)
    await versionsOf(lake, 1, 'taken')
    const fork = { dataset: 'taken', base: undefined, tables: source!.tables, author: 'a' }
    await expectCode(commit(lake, { ...fork, parents: [parentOf(source!)] }, tools), 'conflict', 'taken')
    const made = await commit(lake, { ...fork, dataset: 'new', parents: [parentOf(source!)] }, tools)
    expect(made.version).toMatchObject({ dataset: 'new', number: 1, parents: [parentOf(source!)] })
  })

  it('follows the latest, not the base, past versions that were deleted', async () => {
    const { deleteVersion } = await import('../../../src/lake/versions/delete.ts')
    const lake = memoryLake()
    const [base] = await versionsOf(lake, 4)
    await deleteVersion(lake, 'd', 2)
    await deleteVersion(lake, 'd', 1)
    const { version } = await addRows(lake, { late: '1' }, { base })
    expect(version).toMatchObject({ number: 5, parents: [{ number: 4 }] })
    expect(Object.keys(rowsOf(version.tables.files))).toEqual(['late', 'row1', 'row2', 'row3', 'row4'])
  })

  it('has versions in the order of their times, whatever the clocks say', async () => {
    const times = [5_000_000, 1_000_000, 5_000_000, 4_999_999, 9_000_000]
    let time = 0
    const lake = memoryLake(() => time)
    let base: VersionDescription | undefined
    for (const [i, now] of times.entries()) {
      time = now
      base = (await addRows(lake, { [i]: '1' }, { base })).version
    }
    const created = (await all(listVersions(lake, 'd'))).map((version) => Date.parse(version.created_at))
    expect(created).toEqual([5_000_000, 5_000_001, 5_000_002, 5_000_003, 9_000_000])
    time = 1000
    const fork = { dataset: 'fork', base: undefined, tables: base!.tables, author: 'a' }
    const { version } = await commit(lake, { ...fork, parents: [parentOf(base!)] }, tools)
    expect(Date.parse(version.created_at)).toBe(9_000_001)
  })

  it('is not held up by a hint that cannot be written', async () => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' })
    const hintless = withFates(lake, ({ op, key }) =>
      op === 'put' && key.endsWith('latest_version.json') ? 'lost' : 'works',
    )
    expect((await addRows(hintless, { b: '1' }, { base: version })).version.number).toBe(2)
    expect(await latestNumber(lake, 'd')).toBe(2)
  })

  it('refuses names, and does nothing when it is cancelled before', async () => {
    const { lake, calls } = counted(memoryLake())
    await expectCode(addRows(lake, { a: '1' }, { dataset: '../x', base: undefined }), 'invalid-input', 'x')
    await expectCode(addRows(lake, {}, { base: undefined, label: 'latest' }), 'invalid-input', 'latest')
    const signal = AbortSignal.abort()
    await expectCode(addRows(lake, { a: '1' }, { base: undefined, signal }), 'aborted', '')
    expect(calls).toEqual([])
  })

  it('stops between races when it is cancelled, and gives its label back', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    await addRows(lake, { b: '1' }, { base })
    const controller = new AbortController()
    const summarize = vi.fn(async () => {
      controller.abort()
      return { files: 0, bytes: 0 }
    })
    const late = { base, label: 'raw', signal: controller.signal }
    // The put of a cancelled commit is not sent: nothing can be there.
    const outcome = addRows(lake, { c: '1' }, late, { summarize })
    await expectCode(outcome, 'aborted', '')
    expect(summarize).toHaveBeenCalledTimes(1)
    expect(await latestNumber(lake, 'd')).toBe(2)
  })

  it('refuses the number after the last that a dataset can have', async () => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' })
    await expectCode(
      addRows(lake, { b: '1' }, { base: { ...version, number: 999_999 } }),
      'unsupported',
      '999999',
    )
  })
})
