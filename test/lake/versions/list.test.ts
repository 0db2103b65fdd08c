import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { descriptionKey, latestKey, numberOfKey, partKey, settingsKey } from '../../../src/lake/layout.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { readDescription } from '../../../src/lake/versions/description.ts'
import { latestNumber, latestVersion, listDatasets, listVersions } from '../../../src/lake/versions/list.ts'
import { updateSettings } from '../../../src/lake/versions/settings.ts'
import { compareKeys } from '../../../src/store/keys.ts'
import { expectCode } from '../../contract/bytes.ts'
import { addRows, all, counted, memoryLake, putText, versionsOf } from './fakes.ts'

describe('keys of versions', () => {
  it('are in the order of the numbers, which they give back', () => {
    const number = fc.integer({ min: 1, max: 999_999 })
    fc.assert(
      fc.property(number, number, (a, b) => {
        const [x, y] = [descriptionKey('d', a), descriptionKey('d', b)]
        expect(Math.sign(compareKeys(x, y))).toBe(Math.sign(a - b))
        expect(numberOfKey('d', x)).toBe(a)
      }),
    )
    expect(descriptionKey('reads', 42)).toBe(
      'datasets/reads/versions/000042/provenance/dataset_description.json',
    )
  })

  it.each([
    'datasets/d/versions/42/provenance/dataset_description.json',
    'datasets/d/versions/000000/provenance/dataset_description.json',
    'datasets/d/versions/00004x/provenance/dataset_description.json',
    'datasets/d/versions/000042/provenance/other.json',
    'datasets/e/versions/000042/provenance/dataset_description.json',
  ])('are nothing else: %s', (key) => expect(numberOfKey('d', key)).toBeUndefined())
})

describe('the latest version', () => {
  it('takes three requests, two of them at once', async () => {
    const plain = memoryLake()
    await versionsOf(plain, 30)
    const { lake, calls } = counted(plain)
    expect(await latestNumber(lake, 'd')).toBe(30)
    expect([calls[0], ...calls.slice(1).sort()]).toEqual([
      'get latest_version.json',
      'get versions/000030/provenance/dataset_description.json',
      'list versions/',
    ])
  })

  it('is undefined where there is none', async () => {
    const lake = memoryLake()
    expect(await latestVersion(lake, 'd')).toBeUndefined()
    await putText(lake, latestKey('d'), '{"format":"varve-latest","version":1,"number":7}')
    expect(await latestNumber(lake, 'd')).toBeUndefined()
  })

  it.each([
    ['missing', undefined],
    ['old', { number: 2 }],
    ['of a deleted version', { number: 3 }],
    ['of a version that never was', { number: 77 }],
    ['impossible', { number: -1 }],
    ['of a later format', { version: 2, number: 1 }],
    ['no hint', { format: 'something' }],
    ['no JSON', 'latest!'],
  ])('is found with a hint that is %s', async (_, hint) => {
    const lake = memoryLake()
    const versions = await versionsOf(lake, 5)
    await deleteVersion(lake, 'd', 3)
    const text = typeof hint === 'string' ? hint : { format: 'varve-latest', version: 1, ...hint }
    if (hint === undefined) await lake.store.delete(latestKey('d'))
    else await putText(lake, latestKey('d'), typeof text === 'string' ? text : JSON.stringify(text))
    expect(await latestVersion(lake, 'd')).toEqual(versions[4])
  })

  it('is found with a hint of a version that is damaged, when others lie behind it', async () => {
    const lake = memoryLake()
    await versionsOf(lake, 3)
    await putText(lake, descriptionKey('d', 2), '{')
    await putText(lake, latestKey('d'), '{"format":"varve-latest","version":1,"number":2}')
    expect(await latestNumber(lake, 'd')).toBe(3)
    await putText(lake, latestKey('d'), '{"format":"varve-latest","version":1,"number":3}')
    await putText(lake, descriptionKey('d', 3), '{')
    await expectCode(latestNumber(lake, 'd'), 'invalid-data', descriptionKey('d', 3))
  })
})

describe('listings', () => {
  it('have all versions in their order, but the deleted ones', async () => {
    const lake = memoryLake()
    const versions = await versionsOf(lake, 40)
    await putText(lake, 'datasets/d/versions/README', 'nothing of ours')
    for (const number of [1, 7, 39]) await deleteVersion(lake, 'd', number)
    const left = versions.filter(({ number }) => ![1, 7, 39].includes(number))
    expect(await all(listVersions(lake, 'd'))).toEqual(left)
    expect(await all(listVersions(lake, 'other'))).toEqual([])
  })

  it('name the damaged version', async () => {
    const lake = memoryLake()
    await versionsOf(lake, 3)
    await putText(lake, descriptionKey('d', 2), '[]')
    await expectCode(all(listVersions(lake, 'd')), 'invalid-data', descriptionKey('d', 2))
  })

  it('have the datasets with a version or settings', async () => {
    const lake = memoryLake()
    await versionsOf(lake, 1, 'reads')
    await versionsOf(lake, 2, 'images')
    await updateSettings(lake, 'planned', { description: 'to come' })
    // What a first commit that never came left behind.
    await putText(lake, partKey('crashed', 'f'.repeat(64)), 'rows')
    await putText(lake, 'datasets/README', 'nothing of ours')
    expect(await all(listDatasets(lake))).toEqual(['images', 'planned', 'reads'])
  })

  it('stop when they are cancelled', async () => {
    const lake = memoryLake()
    await versionsOf(lake, 3)
    await expectCode(all(listVersions(lake, 'd', AbortSignal.abort())), 'aborted', '')
    await expectCode(all(listDatasets(lake, AbortSignal.abort())), 'aborted', '')
  })
})

describe('descriptions', () => {
  it('keep fields that this version of varve does not know', async () => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' })
    await putText(lake, descriptionKey('d', 1), JSON.stringify({ ...version, licence: 'CC0-1.0' }))
    expect(await readDescription(lake, 'd', 1)).toEqual({ ...version, licence: 'CC0-1.0' })
  })

  it.each([
    ['another number', { number: 2 }, 'describes d@2, expected d@1'],
    ['another dataset', { dataset: 'e' }, 'describes e@1, expected d@1'],
    ['a path for a dataset', { dataset: '../e' }, 'dataset: expected the name'],
    ['no id', { id: '' }, 'id: '],
    ['a time that is none', { created_at: 'yesterday' }, 'created_at: '],
    ['rows that are no number', { files: 'many' }, 'files: '],
    [
      'a list that is a path',
      { tables: { files: { list: '../../x' } } },
      'tables.files.list: expected a SHA-256',
    ],
    ['parents that are none', { parents: [{ dataset: 'd' }] }, 'parents.0.number: '],
    ['another format', { format: 'varve-label' }, 'does not describe a version'],
  ])('with %s are refused', async (_, fields, problem) => {
    const lake = memoryLake()
    const { version } = await addRows(lake, { a: '1' })
    await putText(lake, descriptionKey('d', 1), JSON.stringify({ ...version, ...fields }))
    const read = readDescription(lake, 'd', 1)
    await expectCode(read, 'invalid-data', lake.url + descriptionKey('d', 1))
    await expect(read).rejects.toThrow(problem)
  })

  it.each(['', '{', 'null', '7', '"text"', '[]', '{}', '\0'])('that are %j are refused', async (text) => {
    const lake = memoryLake()
    await putText(lake, descriptionKey('d', 1), text)
    await expectCode(readDescription(lake, 'd', 1), 'invalid-data', lake.url + descriptionKey('d', 1))
  })

  it('of later versions of varve ask for an update', async () => {
    const lake = memoryLake()
    await putText(lake, descriptionKey('d', 1), '{"format":"varve-version","version":2}')
    await expectCode(readDescription(lake, 'd', 1), 'unsupported', 'update varve')
  })

  it('are read in one request, missing ones too', async () => {
    const { lake, calls } = counted(memoryLake())
    expect(await readDescription(lake, 'd', 1)).toBeUndefined()
    expect(calls).toEqual(['get versions/000001/provenance/dataset_description.json'])
  })

  it('stay refused for settings alone', async () => {
    const lake = memoryLake()
    await putText(lake, settingsKey('d'), '{"format":"varve-version","version":1}')
    await expectCode(updateSettings(lake, 'd', { licence: 'MIT' }), 'invalid-data', settingsKey('d'))
  })
})
