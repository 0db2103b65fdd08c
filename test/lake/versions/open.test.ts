import { describe, expect, it } from 'vitest'
import { initLake } from '../../../src/lake/init.ts'
import { hashOfKey, listKey, objectKey, partKey, schemaKey } from '../../../src/lake/layout.ts'
import { openLake, requireLake } from '../../../src/lake/open.ts'
import { openStore } from '../../../src/store/index.ts'
import { expectCode } from '../../contract/bytes.ts'
import { counted, memoryLake, putText } from './fakes.ts'

describe('openLake', () => {
  it('makes no request, and sees nothing but its prefix', async () => {
    const url = `memory://open-${process.pid}/lakes/mine`
    const { lake, calls } = counted(openLake(url))
    expect(lake.url).toBe(`${url}/`)
    expect(calls).toEqual([])
    await expectCode(requireLake(lake), 'not-found', `make it one with \`varve init ${url}/\``)
    const { id } = await initLake(url)
    expect(await requireLake(lake)).toMatchObject({ id })
    expect((await requireLake(openLake({ store: openStore(`${url}/`) }))).id).toBe(id)
    await expectCode(requireLake(openLake(`memory://open-${process.pid}`)), 'not-found', 'varve init')
  })

  it('refuses a lake of a later version, and what is none', async () => {
    const lake = memoryLake()
    await putText(lake, 'lake.json', '{"format":"varve-lake","version":9,"id":"x"}')
    await expectCode(requireLake(lake), 'unsupported', 'lake.json is of version 9, expected 1; update varve')
    await putText(lake, 'lake.json', '{"format":"other"}')
    await expectCode(requireLake(lake), 'invalid-data', 'lake.json does not describe a varve lake')
  })
})

describe('keys of content', () => {
  const hash = '0123456789abcdef'.repeat(4)

  it('are where the design says, and give the hash back', () => {
    expect(objectKey(hash)).toBe(`objects/01/${hash}`)
    expect(partKey('d', hash)).toBe(`datasets/d/parts/${hash}.parquet`)
    expect(listKey('d', hash)).toBe(`datasets/d/lists/${hash}.parquet`)
    expect(schemaKey('d', hash)).toBe(`datasets/d/schemas/${hash}.json`)
    for (const key of [objectKey(hash), partKey('d', hash), listKey('d', hash), schemaKey('d', hash)])
      expect(hashOfKey(key)).toBe(hash)
    expect(hashOfKey(`datasets/d/parts/${hash}.tmp`)).toBeUndefined()
    expect(hashOfKey('datasets/d/dataset.json')).toBeUndefined()
  })
})
