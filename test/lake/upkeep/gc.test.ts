import { describe, expect, it } from 'vitest'
import type { Segment } from '../../../src/formats/types.ts'
import { writeIndex } from '../../../src/index/write.ts'
import { fork, merge } from '../../../src/lake/branch.ts'
import { removeFiles } from '../../../src/lake/edit.ts'
import { addFiles } from '../../../src/lake/ingest/add.ts'
import { descriptionKey, labelKey, objectKey } from '../../../src/lake/layout.ts'
import type { Lake, VersionDescription } from '../../../src/lake/types.ts'
import { type GcReport, gc } from '../../../src/lake/upkeep/gc.ts'
import { verify } from '../../../src/lake/upkeep/verify.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { readDescription } from '../../../src/lake/versions/description.ts'
import { reserveLabel } from '../../../src/lake/versions/labels.ts'
import { readLabel } from '../../../src/lake/versions/refs.ts'
import { openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { keysOf, makeTable, SCORES, sha, stored, version } from '../exchange/lakes.ts'
import { agedLake, DAY, watched } from './lakes.ts'

const files = async (lake: Lake, ...names: string[]) =>
  Promise.all(names.map((name) => stored(lake, name, `bytes of ${name}`)))

const payload = (name: string): string => objectKey(sha(`bytes of ${name}`))

/** Two versions; the first one, which alone has the file `old`, is deleted, and everything is ten days old. */
async function lakeWithGarbage() {
  const aged = await agedLake()
  const { lake, clock } = aged
  const first = await version(lake, 'd', await files(lake, 'kept', 'old'))
  await version(lake, 'd', await files(lake, 'kept', 'new'))
  await deleteVersion(lake, 'd', 1)
  clock.time += 10 * DAY
  return { ...aged, first }
}

const isEmpty = (report: GcReport): boolean => report.objects === 0 && report.deleted.length === 0

describe('gc', () => {
  it('deletes what only a deleted version named, and says what', async () => {
    const { lake, store, first } = await lakeWithGarbage()
    const { list } = first.tables.files!
    const before = await keysOf(store)
    const report = await gc(lake)
    expect(report).toMatchObject({ dry_run: false, grace_seconds: 7 * 24 * 3600, versions: 1 })
    expect(report.deleted).toContain(payload('old'))
    expect(report.deleted).toContain(`datasets/d/lists/${list}.parquet`)
    expect(report.deleted).not.toContain(payload('kept'))
    // A part and a list of the first version, and the payload; both versions have the schema.
    expect(report.objects).toBe(3)
    expect(report.bytes).toBeGreaterThan('bytes of old'.length)
    const after = await keysOf(store)
    expect(before.filter((key) => !after.includes(key))).toEqual(report.deleted)
    expect(after.filter((key) => !before.includes(key))).toEqual([])
    expect((await verify(lake, undefined, { full: true })).damaged).toEqual([])
    expect(isEmpty(await gc(lake))).toBe(true)
  })

  it('deletes and writes nothing in a dry run, and lists the same', async () => {
    const { lake, store } = await lakeWithGarbage()
    const before = await keysOf(store)
    const calls: string[] = []
    const dry = await gc(
      watched(lake, (call) => void calls.push(call)),
      { dryRun: true },
    )
    expect(calls.filter((call) => /^(put|delete)/.test(call))).toEqual([])
    expect(await keysOf(store)).toEqual(before)
    expect({ ...dry, dry_run: false }).toEqual(await gc(lake))
  })

  it('leaves what is younger than the grace, to the millisecond of the clock of the store', async () => {
    const { lake, clock } = await lakeWithGarbage()
    clock.time -= 3 * DAY + 1
    // The clock of whoever collects is a month ahead.
    clock.skew = 30 * DAY
    expect(isEmpty(await gc(lake))).toBe(true)
    clock.time += 1
    clock.skew = -30 * DAY
    expect((await gc(lake)).objects).toBe(3)
  })

  it('takes everything that nothing names with a grace of 0', async () => {
    const { lake } = await agedLake()
    await version(lake, 'd', await files(lake, 'a'))
    await stored(lake, 'never', 'bytes of never')
    expect((await gc(lake, { graceSeconds: 0 })).deleted).toEqual([payload('never')])
  })

  it.each([-1, Number.NaN])('refuses a grace of %s seconds', async (graceSeconds) => {
    const { lake } = await agedLake()
    await expectCode(gc(lake, { graceSeconds }), 'invalid-input', `the grace is ${graceSeconds} seconds`)
  })

  it('keeps what a fork has of a deleted version, and what another path has', async () => {
    const { lake, clock } = await agedLake()
    const first = await version(lake, 'd', await files(lake, 'a', 'b'), {}, 'raw')
    await fork(lake, first, 'e', { author: 'x' })
    await version(lake, 'd', [{ ...(await stored(lake, 'c', 'bytes of a')) }])
    await deleteVersion(lake, 'd', 1)
    clock.time += 10 * DAY
    expect(isEmpty(await gc(lake))).toBe(true)
    // And the label of the deleted version stays taken.
    expect(await readLabel(lake, 'd', 'raw')).toBeDefined()
  })

  it('deletes what a commit left that never came, in a dataset that never was', async () => {
    const { lake, store, clock } = await agedLake()
    await makeTable(lake, 'never', SCORES, [{ id: 1n }])
    const reserved = await reserveLabel(lake, 'never', 'raw', { id: 'x', number: 1 })
    expect(reserved.label).toBe('raw')
    clock.time += 10 * DAY
    const { deleted } = await gc(lake)
    expect(deleted).toContain(labelKey('never', 'raw'))
    expect(await keysOf(store)).toEqual(['lake.json'])
  })

  it('leaves the reservation of a commit that is on its way, and everything that is not its own', async () => {
    const { lake, store, clock } = await agedLake()
    await version(lake, 'd', await files(lake, 'a'))
    const hash = sha('x')
    const foreign = [
      'README.md',
      `objects/zz/${hash}`,
      `objects/${hash}`,
      `objects/${hash.slice(0, 2)}/${hash}.tmp`,
      `other/objects/${hash.slice(0, 2)}/${hash}`,
      `datasets/d/lists/${hash}.json`,
      `datasets/d/notes/${hash}.parquet`,
      'datasets/d/refs/labels/notes.txt',
      'datasets/d/dataset.json',
      'indexes/0/x.parquet',
    ]
    for (const key of foreign) await store.put(key, Buffer.from('whose?'))
    clock.time += 10 * DAY
    await reserveLabel(lake, 'd', 'soon', { id: 'x', number: 2 })
    expect(isEmpty(await gc(lake))).toBe(true)
    for (const key of foreign) expect(await store.info(key), key).toBeDefined()
    expect(await readLabel(lake, 'd', 'soon')).toBeDefined()
  })

  it('deletes indexes of payloads that are gone, and no other', async () => {
    const { lake, store, clock } = await lakeWithGarbage()
    const index = async (name: string, uri: string): Promise<void> => {
      const layout = {
        format: 'lines',
        container: 'plain',
        columns: [],
        zones: [],
        dataStart: 0,
        dialect: {},
      }
      const facts = { uri, identity: 'x', size: 1, layout: layout as never, rows: 0, raw: 0 }
      await store.put(`indexes/${name}/lines.parquet`, writeIndex(facts, [] as Segment[]))
    }
    clock.time -= 10 * DAY
    await index('kept', lake.url + payload('kept'))
    await index('old', lake.url + payload('old'))
    await index('gone', lake.url + payload('gone'))
    await index('elsewhere', `s3://other/${payload('old')}`)
    await index('beside', `${lake.url}data/old`)
    clock.time += 10 * DAY
    await index('young', lake.url + payload('gone'))
    const dry = await gc(lake, { dryRun: true })
    const { deleted } = await gc(lake)
    expect(deleted).toEqual(dry.deleted)
    expect(deleted.filter((key) => key.startsWith('indexes/'))).toEqual([
      'indexes/gone/lines.parquet',
      'indexes/old/lines.parquet',
    ])
  })

  it.each(['list', 'schema', 'part', 'description'])(
    'deletes nothing when a %s is missing or damaged',
    async (what) => {
      for (const harm of ['missing', 'damaged']) {
        const { lake, store } = await lakeWithGarbage()
        await version(lake, 'd', await files(lake, 'kept', 'newer'))
        const { tables } = (await lakeVersion(lake, 2))!
        const { list, schema } = tables.files!
        const part = (await keysOf(store, 'datasets/d/parts/')).map((key) => key)
        const keys = {
          list: [`datasets/d/lists/${list}.parquet`],
          schema: [`datasets/d/schemas/${schema}.json`],
          part,
          description: [descriptionKey('d', 2)],
        }[what]!
        for (const key of keys) {
          if (harm === 'missing') await store.delete(key)
          else await store.put(key, Buffer.from('{}'))
        }
        const before = await keysOf(store)
        await expectCode(gc(lake), 'invalid-data', lake.url)
        await expectCode(gc(lake, { graceSeconds: 0 }), 'invalid-data', lake.url)
        expect(await keysOf(store)).toEqual(before)
      }
    },
  )

  it('deletes nothing where there is no lake', async () => {
    const { lake, store, clock } = await agedLake()
    await store.delete('lake.json')
    await stored(lake, 'a', 'bytes of a')
    clock.time += 10 * DAY
    await expectCode(gc(lake), 'not-found', 'is no lake')
    expect(await store.info(payload('a'))).toBeDefined()
  })

  it('stops when it is cancelled', async () => {
    const { lake, store } = await lakeWithGarbage()
    const controller = new AbortController()
    const cancelled = watched(lake, (call) => {
      if (call.startsWith('delete objects/') || call.startsWith('delete datasets/')) controller.abort()
    })
    await expectCode(gc(cancelled, { signal: controller.signal }), 'aborted', '')
    expect(await store.info(payload('kept'))).toBeDefined()
  })

  it('tells how far it is', async () => {
    const { lake } = await lakeWithGarbage()
    const seen: string[] = []
    await gc(lake, { onProgress: ({ done, total }) => seen.push(`${done}/${total}`) })
    expect(seen.at(-1)).toBe(`${seen.length}/${seen.length}`)
    expect(seen.length).toBeGreaterThan(3)
  })
})

describe('a commit that comes while garbage is collected', () => {
  const source = openStore(`memory://upkeep-source-${process.pid}/`)

  /** The garbage is the payload, part and list of a file; a commit brings the same file back before call `n`. */
  async function commitBefore(n: number) {
    const { lake, clock } = await agedLake()
    await source.put('old', Buffer.from('bytes of old'))
    const add = (): Promise<unknown> =>
      addFiles(lake, [`${source.url}old`], { dataset: 'd', author: 'x', heads: false })
    await add()
    await removeFiles(lake, 'd', ['old'], { author: 'x' })
    await deleteVersion(lake, 'd', 1)
    clock.time += 10 * DAY
    let calls = 0
    let at: string | undefined
    const collector = watched(lake, async (call) => {
      if (calls++ !== n) return
      at = call
      await add()
    })
    await gc(collector)
    return { lake, at }
  }

  it('loses nothing, whatever it comes before, but the moment between the question and the deletion', async () => {
    let n = 0
    const lost: string[] = []
    for (; n < 200; n++) {
      const { lake, at } = await commitBefore(n)
      if (at === undefined) break
      const { damaged } = await verify(lake, undefined, { full: true })
      if (damaged.length > 0) lost.push(at)
    }
    expect(n).toBeGreaterThan(20)
    // Its age is asked for once more, and then it is deleted: what is sent again between is lost.
    expect(lost.filter((call) => !/^delete (objects|datasets)\//.test(call))).toEqual([])
  })
})

describe('reading what is there while versions come and go', () => {
  it('sees a merge into a dataset that was read before the one it came from was deleted', async () => {
    const { lake, clock } = await agedLake()
    const b1 = await version(lake, 'b', await files(lake, 'shared', 'x'))
    const a1 = await fork(lake, b1, 'a', { author: 'x' })
    expect(a1.version.number).toBe(1)
    await version(lake, 'b', await files(lake, 'shared', 'x', 'late'))
    clock.time += 10 * DAY
    let isDone = false
    const collector = watched(lake, async (call) => {
      // `a` was read, `b` not yet: what was only in b@2 is now only in a@2.
      if (isDone || call !== 'list datasets/b/versions/') return
      isDone = true

      await merge(lake, (await lakeVersion(lake, 2, 'b'))!, 'a', { author: 'x' })
      await version(lake, 'b', await files(lake, 'shared'))
      await deleteVersion(lake, 'b', 2)
    })
    await gc(collector)
    expect(isDone).toBe(true)
    expect((await verify(lake, undefined, { full: true })).damaged).toEqual([])
  })
})

async function lakeVersion(
  lake: Lake,
  number: number,
  dataset = 'd',
): Promise<VersionDescription | undefined> {
  return readDescription(lake, dataset, number)
}
