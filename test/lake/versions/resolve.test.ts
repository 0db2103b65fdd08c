import { describe, expect, it } from 'vitest'
import { tagKey } from '../../../src/lake/layout.ts'
import { parseReference } from '../../../src/lake/reference.ts'
import type { Lake } from '../../../src/lake/types.ts'
import { deleteVersion } from '../../../src/lake/versions/delete.ts'
import { labelVersion, reserveLabel } from '../../../src/lake/versions/labels.ts'
import { resolveVersion } from '../../../src/lake/versions/resolve.ts'
import { tagVersion } from '../../../src/lake/versions/tags.ts'
import { expectCode } from '../../contract/bytes.ts'
import { addRows, counted, memoryLake, putText, versionsOf } from './fakes.ts'

/** Seven versions, committed at noon of 1 to 7 November 2026. */
async function november(): Promise<Lake> {
  let day = 0
  const lake = memoryLake(() => Date.UTC(2026, 10, day, 12))
  for (day = 1; day <= 7; day++) await addRows(lake, { [`day${day}`]: '1' }, { dataset: 'genomics' })
  return lake
}

async function numberOf(lake: Lake, reference: string): Promise<number> {
  return (await resolveVersion(lake, parseReference(reference))).number
}

describe('resolveVersion', () => {
  it('takes one request for a number', async () => {
    const { lake, calls } = counted(await november())
    expect(await numberOf(lake, 'genomics@3')).toBe(3)
    expect(calls).toHaveLength(1)
  })

  it.each([
    ['genomics', 7],
    ['genomics@latest', 7],
    ['genomics@1', 1],
    ['genomics@0003', 3],
    ['genomics@v4', 4],
    ['genomics@2026-11-01', 1],
    ['genomics@2026-11-03', 3],
    ['genomics@2026-11-03T12:00:00Z', 3],
    ['genomics@2026-11-03T11:59:59.999Z', 2],
    ['genomics@2026-11-03T13:00:00+01:00', 3],
    ['genomics@2027-01-01', 7],
  ])('%s is version %i', async (reference, number) => {
    expect(await numberOf(await november(), reference)).toBe(number)
  })

  it('finds labels, then tags, then v and a number', async () => {
    const lake = await november()
    const version = (number: number) => resolveVersion(lake, parseReference(`genomics@${number}`))
    await labelVersion(lake, await version(2), 'raw')
    await tagVersion(lake, await version(3), 'prod')
    await tagVersion(lake, await version(5), 'v4')
    expect(await numberOf(lake, 'genomics@raw')).toBe(2)
    expect(await numberOf(lake, 'genomics@prod')).toBe(3)
    expect(await numberOf(lake, 'genomics@v4')).toBe(5)
    expect(await numberOf(lake, 'genomics@v6')).toBe(6)
  })

  it('takes the label where a writer that crashed left a tag of the same name', async () => {
    const lake = await november()
    const [second, third] = await Promise.all(
      [2, 3].map((number) => resolveVersion(lake, parseReference(`genomics@${number}`))),
    )
    await labelVersion(lake, second!, 'raw')
    const tag = { format: 'varve-tag', version: 1, tag: 'raw', id: third!.id, number: 3, write: 'x' }
    await putText(lake, tagKey('genomics', 'raw'), JSON.stringify(tag))
    expect(await numberOf(lake, 'genomics@raw')).toBe(2)
  })

  it('finds a label whose commit lost races, behind the number it was reserved for', async () => {
    const lake = memoryLake()
    const [base] = await versionsOf(lake, 40)
    const { version } = await addRows(lake, { late: '1' }, { base, label: 'late' })
    expect(version.number).toBe(41)
    await addRows(lake, { more: '1' })
    expect(await numberOf(lake, 'd@late')).toBe(41)
  })

  it('passes over deleted versions in time', async () => {
    const lake = await november()
    for (const number of [1, 3, 4]) await deleteVersion(lake, 'genomics', number)
    expect(await numberOf(lake, 'genomics@2026-11-04')).toBe(2)
    expect(await numberOf(lake, 'genomics@2026-11-05')).toBe(5)
    await expectCode(numberOf(lake, 'genomics@2026-11-01'), 'not-found', 'no version committed by 2026-11-01')
  })

  it('says what there is instead', async () => {
    const lake = await november()
    const there = 'it has versions 1 to 7; labels raw; tags prod'
    await labelVersion(lake, await resolveVersion(lake, parseReference('genomics@2')), 'raw')
    await tagVersion(lake, await resolveVersion(lake, parseReference('genomics@3')), 'prod')
    await expectCode(numberOf(lake, 'genomics@9'), 'not-found', `genomics has no version 9; ${there}`)
    await expectCode(numberOf(lake, 'genomics@v9'), 'not-found', `genomics has no label or tag v9; ${there}`)
    await expectCode(numberOf(lake, 'genomics@Raw'), 'not-found', `no label or tag Raw; ${there}`)
    await expectCode(
      numberOf(lake, 'genomics@2020-01-01'),
      'not-found',
      `no version committed by 2020-01-01; ${there}`,
    )
    await expectCode(numberOf(lake, 'proteomics'), 'not-found', 'has no dataset proteomics; it has genomics')
    await expectCode(numberOf(memoryLake(), 'd@1'), 'not-found', 'has no dataset d; it has none yet')
    await expectCode(numberOf(lake, 'genomics@1000000'), 'not-found', 'no version 1000000')
  })

  it('says that a version was deleted, by its number and its label', async () => {
    const lake = await november()
    await labelVersion(lake, await resolveVersion(lake, parseReference('genomics@2')), 'raw')
    await deleteVersion(lake, 'genomics', 2)
    await expectCode(numberOf(lake, 'genomics@2'), 'not-found', 'genomics@2 was deleted')
    await expectCode(numberOf(lake, 'genomics@raw'), 'not-found', 'names version 2, which was deleted')
  })

  it('says that a label is only reserved', async () => {
    const lake = await november()
    await reserveLabel(lake, 'genomics', 'soon', { id: 'on its way', number: 8 })
    await expectCode(numberOf(lake, 'genomics@soon'), 'not-found', 'reserved by a commit that has not come')
    await reserveLabel(lake, 'genomics', 'v3', { id: 'on its way', number: 8 })
    expect(await numberOf(lake, 'genomics@v3')).toBe(3)
  })
})
