import { describe, expect, it } from 'vitest'
import { isVarveError } from '../../../src/errors.ts'
import { labelKey, tagKey } from '../../../src/lake/layout.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { readDescription } from '../../../src/lake/versions/description.ts'
import { LABEL_GRACE_MS, labelVersion, reserveLabel } from '../../../src/lake/versions/labels.ts'
import { latestNumber, listVersions } from '../../../src/lake/versions/list.ts'
import { listLabels, listTags, readLabel, readTag } from '../../../src/lake/versions/refs.ts'
import { tagsOf, tagVersion, untag } from '../../../src/lake/versions/tags.ts'
import { expectCode } from '../../contract/bytes.ts'
import { addRows, all, type Fate, memoryLake, putText, versionsOf, withFates } from './fakes.ts'

/** Waits up to `most` turns of the event loop, so that what runs at once meets everywhere. */
async function turns(most: number): Promise<void> {
  for (let left = Math.random() * most; left > 0; left--) await Promise.resolve()
}

/** The outcome of a race that may be lost. */
async function quietly(work: Promise<void>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isVarveError(error, 'conflict', 'not-found')) throw error
  })
}

describe('labels', () => {
  it('come with a commit, in its description and as a name', async () => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' }, { label: 'raw' })
    expect(version.label).toBe('raw')
    expect(await all(listLabels(lake, 'd'))).toMatchObject([{ label: 'raw', id: version.id, number: 1 }])
  })

  it('that are taken fail before anything is committed', async () => {
    const lake = memoryLake()
    await addRows(lake, { a: '1' }, { label: 'raw' })
    const taken = addRows(lake, { b: '1' }, { label: 'raw' })
    await expectCode(taken, 'conflict', 'the label raw of d is taken: it names version 1')
    expect(await latestNumber(lake, 'd')).toBe(1)
    expect(await readLabel(lake, 'd', 'raw')).toMatchObject({ value: { number: 1 } })
  })

  it('are had by one of two commits, and the other commits nothing', async () => {
    for (let round = 0; round < 50; round++) {
      const lake = memoryLake()
      const base = (await addRows(lake, { start: '1' })).version
      const outcomes = await Promise.all(
        ['a', 'b'].map((row) =>
          addRows(lake, { [row]: '1' }, { base, label: 'raw' }).catch((error: unknown) => error),
        ),
      )
      expect(outcomes.filter((outcome) => isVarveError(outcome, 'conflict'))).toHaveLength(1)
      const versions = await all(listVersions(lake, 'd'))
      expect(versions.map(({ label }) => label)).toEqual([null, 'raw'])
    }
  })

  it('are given back by a commit that fails', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    await addRows(lake, { a: '2' }, { base })
    await expectCode(addRows(lake, { a: '3' }, { base, label: 'raw' }), 'conflict', 'd@2 by a changed a key')
    expect((await addRows(lake, { b: '1' }, { label: 'raw' })).version.label).toBe('raw')
  })

  it('name their version also when the commit lost races', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    for (const row of ['b', 'c', 'd']) await addRows(lake, { [row]: '1' })
    const { version } = await addRows(lake, { e: '1' }, { base, label: 'raw' })
    expect(version).toMatchObject({ number: 5, label: 'raw' })
    await expectCode(addRows(lake, {}, { label: 'raw' }), 'conflict', 'it names version 5')
  })

  it('of commits that never came are free after the grace period', async () => {
    let time = 1_000_000
    const lake = memoryLake(() => time)
    await addRows(lake, { a: '1' })
    await reserveLabel(lake, 'd', 'raw', { id: 'crashed', number: 2 })
    await expectCode(addRows(lake, { b: '1' }, { label: 'raw' }), 'conflict', 'has not come yet')
    time += LABEL_GRACE_MS - 1
    await expectCode(
      addRows(lake, { b: '1' }, { label: 'raw' }),
      'conflict',
      new Date(LABEL_GRACE_MS + 1e6).toISOString(),
    )
    time += 1
    expect((await addRows(lake, { b: '1' }, { label: 'raw' })).version).toMatchObject({
      number: 2,
      label: 'raw',
    })
  })

  it('of a commit that came are not, however old', async () => {
    let time = 1_000_000
    const lake = memoryLake(() => time)
    await addRows(lake, { a: '1' }, { label: 'raw' })
    time += LABEL_GRACE_MS * 10
    await expectCode(addRows(lake, { b: '1' }, { label: 'raw' }), 'conflict', 'it names version 1')
  })

  it('that lapsed go to one of two who want them', async () => {
    for (let round = 0; round < 20; round++) {
      let time = 1_000_000
      const lake = memoryLake(() => time)
      const base = (await addRows(lake, { start: '1' })).version
      await reserveLabel(lake, 'd', 'raw', { id: 'crashed', number: 2 })
      time += LABEL_GRACE_MS
      const outcomes = await Promise.all(
        ['a', 'b'].map((row) =>
          addRows(lake, { [row]: '1' }, { base, label: 'raw' }).catch((error: unknown) => error),
        ),
      )
      expect(outcomes.filter((outcome) => isVarveError(outcome, 'conflict'))).toHaveLength(1)
    }
  })

  it('are not committed under by a commit that took longer than the grace period', async () => {
    let time = 1_000_000
    const lake = memoryLake(() => time)
    const base = (await addRows(lake, { a: '1' })).version
    const summarize = async (): Promise<{ files: number; bytes: number }> => {
      time += 5000
      return { files: 0, bytes: 0 }
    }
    const slow = addRows(lake, { b: '1' }, { base, label: 'raw' }, { summarize, labelGrace: 5000 })
    await expectCode(slow, 'conflict', 'took longer')
    expect(await latestNumber(lake, 'd')).toBe(1)
  })

  it('are kept when the answer to their reservation is lost', async () => {
    const lake = memoryLake()
    const base = (await addRows(lake, { a: '1' })).version
    const faulty = withFates(lake, ({ op, key }) =>
      op === 'put' && key.includes('labels') ? 'unanswered' : 'works',
    )
    expect((await addRows(faulty, { b: '1' }, { base, label: 'raw' })).version.label).toBe('raw')
  })

  it('can be given later, once, to a version without one', async () => {
    const lake = memoryLake()
    const [first, second] = await versionsOf(lake, 2)
    await labelVersion(lake, first!, 'raw')
    await labelVersion(lake, first!, 'raw')
    expect(await readDescription(lake, 'd', 1)).toEqual(first)
    await expectCode(labelVersion(lake, first!, 'other'), 'conflict', 'd@1 has the label raw already')
    await expectCode(labelVersion(lake, second!, 'raw'), 'conflict', 'it names version 1')
    await labelVersion(lake, second!, 'clean')
    const labels = await all(listLabels(lake, 'd'))
    expect(labels.map(({ label, id }) => [label, id])).toEqual([
      ['clean', second!.id],
      ['raw', first!.id],
    ])
    const { version } = await addRows(lake, { c: '1' }, { label: 'with-commit' })
    await labelVersion(lake, version, 'with-commit')
    await expectCode(labelVersion(lake, version, 'more'), 'conflict', 'has the label with-commit already')
  })

  it('are at most one of a version that two label at once', async () => {
    for (let round = 0; round < 50; round++) {
      const lake = memoryLake()
      const [version] = await versionsOf(lake, 1)
      const outcomes = await Promise.all(
        ['x', 'y', 'z'].map((name) =>
          labelVersion(lake, version!, name).then(
            () => name,
            (error: unknown) => {
              if (!isVarveError(error, 'conflict')) throw error
              return undefined
            },
          ),
        ),
      )
      const labels = (await all(listLabels(lake, 'd'))).map(({ label }) => label)
      expect(labels.length).toBeLessThan(2)
      expect(outcomes.filter((name) => name !== undefined)).toEqual(labels)
    }
  })

  it.each(['42', 'latest', '2026-11-01', 'a/b', ''])('are not called %j', async (name) => {
    const lake = memoryLake()
    const [version] = await versionsOf(lake, 1)
    await expectCode(labelVersion(lake, version!, name), 'invalid-input', 'the label name')
    await expectCode(tagVersion(lake, version!, name), 'invalid-input', 'the tag name')
  })
})

describe('tags', () => {
  it('are made, moved and removed', async () => {
    const lake = memoryLake()
    const [first, second] = await versionsOf(lake, 2)
    await tagVersion(lake, first!, 'prod')
    await tagVersion(lake, first!, 'also')
    expect(await tagsOf(lake, first!)).toEqual(['also', 'prod'])
    await tagVersion(lake, second!, 'prod')
    expect(await tagsOf(lake, first!)).toEqual(['also'])
    expect(await tagsOf(lake, second!)).toEqual(['prod'])
    await untag(lake, 'd', 'prod')
    expect(await all(listTags(lake, 'd'))).toMatchObject([{ tag: 'also', number: 1 }])
    await expectCode(untag(lake, 'd', 'prod'), 'not-found', 'd has no tag prod; it has also')
    await untag(lake, 'd', 'also')
    await expectCode(untag(lake, 'd', 'also'), 'not-found', 'd has no tag also; it has none')
  })

  it('end where one of those who moved them at once wanted them', async () => {
    const lake = memoryLake()
    const versions = await versionsOf(lake, 8)
    await Promise.all(versions.map((version) => tagVersion(lake, version, 'prod')))
    const tags = await all(listTags(lake, 'd'))
    expect(tags).toHaveLength(1)
    expect(versions.map(({ id }) => id)).toContain(tags[0]?.id)
  })

  it('are moved although the answer is lost, and not when the request is', async () => {
    const lake = memoryLake()
    const [first, second] = await versionsOf(lake, 2)
    for (const [version, fate] of [[first!, 'unanswered'] as const, [second!, 'lost'] as const]) {
      const faulty = withFates(lake, ({ op, key }) => (op === 'put' && key.includes('tags') ? fate : 'works'))
      const moved = tagVersion(faulty, version, 'prod')
      if (fate === 'lost') await expectCode(moved, 'unavailable', 'no answer to put')
      else await moved
      expect(await readTag(lake, 'd', 'prod')).toMatchObject({ value: { number: 1 } })
    }
  })

  it('and labels have no name in common', async () => {
    const lake = memoryLake()
    const [version] = await versionsOf(lake, 1)
    await tagVersion(lake, version!, 'prod')
    await expectCode(labelVersion(lake, version!, 'prod'), 'conflict', 'prod is a tag of d')
    await expectCode(addRows(lake, { x: '1' }, { label: 'prod' }), 'conflict', 'prod is a tag of d')
    expect(await latestNumber(lake, 'd')).toBe(1)
    expect(await all(listLabels(lake, 'd'))).toEqual([])
    await labelVersion(lake, version!, 'raw')
    await expectCode(tagVersion(lake, version!, 'raw'), 'conflict', 'the label raw of d is taken')
    expect((await all(listTags(lake, 'd'))).map(({ tag }) => tag)).toEqual(['prod'])
  })

  it('and labels made at once have no name in common', async () => {
    const seen = new Set<string>()
    for (let round = 0; round < 300; round++) {
      const lake = memoryLake()
      const [first, second] = await versionsOf(lake, 2)
      const slow = withFates(lake, async (): Promise<Fate> => {
        await turns(12)
        return 'works'
      })
      const later = async (work: () => Promise<void>): Promise<void> => {
        await turns(120)
        await work()
      }
      await Promise.all([
        quietly(later(() => labelVersion(slow, first!, 'x'))),
        quietly(later(() => tagVersion(slow, second!, 'x'))),
      ])
      const [label, tag] = [await readLabel(lake, 'd', 'x'), await readTag(lake, 'd', 'x')]
      expect(label !== undefined && tag !== undefined).toBe(false)
      seen.add(label !== undefined ? 'label' : tag !== undefined ? 'tag' : 'neither')
    }
    expect([...seen]).toEqual(expect.arrayContaining(['label', 'tag']))
  })

  it('that are damaged are named', async () => {
    const lake = memoryLake()
    const [version] = await versionsOf(lake, 1)
    await putText(lake, tagKey('d', 'prod'), '{"format":"varve-tag","version":1,"tag":"prod"}')
    await expectCode(tagVersion(lake, version!, 'prod'), 'invalid-data', lake.url + tagKey('d', 'prod'))
    await putText(lake, labelKey('d', 'raw'), 'raw')
    await expectCode(labelVersion(lake, version!, 'raw'), 'invalid-data', lake.url + labelKey('d', 'raw'))
  })
})

describe('deleting a version', () => {
  it('is refused for the latest, tagged ones, and those that are not there', async () => {
    const lake = memoryLake()
    const [first] = await versionsOf(lake, 3)
    await expectCode(deleteVersion(lake, 'd', 3), 'conflict', 'd@3 is the latest version')
    await tagVersion(lake, first!, 'prod')
    await expectCode(deleteVersion(lake, 'd', 1), 'conflict', 'd@1 has the tag prod')
    await expectCode(deleteVersion(lake, 'd', 9), 'not-found', 'd has no version 9; it has versions 1 to 3')
    await expectCode(deleteVersion(lake, 'e', 1), 'not-found', 'has no dataset e; it has d')
    await deleteVersion(lake, 'd', 2)
    await expectCode(deleteVersion(lake, 'd', 2), 'not-found', 'd@2 was deleted')
    await untag(lake, 'd', 'prod')
    await deleteVersion(lake, 'd', 1)
    expect((await all(listVersions(lake, 'd'))).map(({ number }) => number)).toEqual([3])
  })

  it('leaves its label taken for good', async () => {
    let time = 1_000_000
    const lake = memoryLake(() => time)
    await addRows(lake, { a: '1' }, { label: 'raw' })
    await addRows(lake, { b: '1' })
    await deleteVersion(lake, 'd', 1)
    time += LABEL_GRACE_MS * 2
    const again = addRows(lake, { c: '1' }, { label: 'raw' })
    await expectCode(again, 'conflict', 'it named version 1, which was deleted')
  })

  it('and tagging it at once leave no tag of nothing', async () => {
    const seen = new Set<string>()
    for (let round = 0; round < 200; round++) {
      const lake = memoryLake()
      const [first] = await versionsOf(lake, 2)
      // The tag comes at a random moment of the deletion, and requests take their random time.
      const slow = withFates(lake, async (): Promise<Fate> => {
        await turns(6)
        return 'works'
      })
      const tagLater = async (): Promise<void> => {
        await turns(120)
        await tagVersion(slow, first!, 'prod')
      }
      await Promise.all([quietly(tagLater()), quietly(deleteVersion(slow, 'd', 1))])
      const isThere = (await readDescription(lake, 'd', 1)) !== undefined
      const isTagged = (await readTag(lake, 'd', 'prod')) !== undefined
      expect(isTagged && !isThere).toBe(false)
      seen.add(`${isThere ? 'there' : 'deleted'} ${isTagged ? 'tagged' : 'untagged'}`)
    }
    expect([...seen]).toEqual(expect.arrayContaining(['there tagged', 'deleted untagged']))
  })

  it('puts a tag back where it was that was on its way to the deleted version', async () => {
    const lake = memoryLake()
    const [first, second] = await versionsOf(lake, 3)
    await tagVersion(lake, second!, 'prod')
    await deleteVersion(lake, 'd', 1)
    await expectCode(tagVersion(lake, first!, 'prod'), 'not-found', 'd@1 was deleted')
    expect(await readTag(lake, 'd', 'prod')).toMatchObject({ value: { number: 2 } })
  })
})
