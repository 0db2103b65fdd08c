import { describe, expect, it } from 'vitest'
import { settingsKey } from '../../../src/lake/layout.ts'
import { readSettings, updateSettings } from '../../../src/lake/versions/settings.ts'
import { expectCode } from '../../contract/bytes.ts'
import { counted, memoryLake, putText, withFates } from './fakes.ts'

describe("a dataset's settings", () => {
  it('are undefined until somebody makes some, and then what was set', async () => {
    const lake = memoryLake()
    expect(await readSettings(lake, 'd')).toBeUndefined()
    await updateSettings(lake, 'd', { pattern: '{a}/{b}', licence: 'CC0-1.0' })
    await updateSettings(lake, 'd', { description: 'some reads', licence: 'MIT', pattern: null })
    expect(await readSettings(lake, 'd')).toEqual({ description: 'some reads', licence: 'MIT' })
  })

  it('keep what they do not know', async () => {
    const lake = memoryLake()
    const later = { format: 'varve-dataset', version: 1, access: { read: ['all'] }, colour: 'blue' }
    await putText(lake, settingsKey('d'), JSON.stringify(later))
    await updateSettings(lake, 'd', { licence: 'MIT' })
    expect(await readSettings(lake, 'd')).toEqual({
      access: { read: ['all'] },
      colour: 'blue',
      licence: 'MIT',
    })
  })

  it('have all fields that many set at once', async () => {
    const lake = memoryLake()
    const fields = Array.from({ length: 16 }, (_, i) => `field${i}`)
    await Promise.all(fields.map((field) => updateSettings(lake, 'd', { [field]: field })))
    expect(await readSettings(lake, 'd')).toEqual(Object.fromEntries(fields.map((field) => [field, field])))
  })

  it('are not written when nothing changes', async () => {
    const { lake, calls } = counted(memoryLake())
    await updateSettings(lake, 'd', { licence: 'MIT' })
    calls.length = 0
    await updateSettings(lake, 'd', { licence: 'MIT', pattern: null })
    expect(calls).toEqual(['get dataset.json'])
  })

  it('are set although the answer is lost, and not when the request is', async () => {
    const lake = memoryLake()
    const faulty = (fate: 'lost' | 'unanswered') =>
      withFates(lake, ({ op }) => (op === 'put' ? fate : 'works'))
    await updateSettings(faulty('unanswered'), 'd', { licence: 'MIT' })
    await expectCode(
      updateSettings(faulty('lost'), 'd', { licence: 'CC0-1.0' }),
      'unavailable',
      'dataset.json',
    )
    expect(await readSettings(lake, 'd')).toEqual({ licence: 'MIT' })
  })

  it('are refused where they are damaged, of a later version, or of no dataset', async () => {
    const lake = memoryLake()
    const where = lake.url + settingsKey('d')
    await putText(lake, settingsKey('d'), '{"format":"varve-dataset","version":1,"pattern":7}')
    await expectCode(readSettings(lake, 'd'), 'invalid-data', where)
    await putText(lake, settingsKey('d'), '{"format":"varve-dataset","version":2}')
    await expectCode(readSettings(lake, 'd'), 'unsupported', 'update varve')
    await expectCode(updateSettings(lake, '../d', { licence: 'MIT' }), 'invalid-input', 'the dataset name')
  })
})
