/** Parts that are kept: by whom, how long, and how many. */

import { describe, expect, test } from 'vitest'
import { keepPart, keptPart } from '../../../src/lake/table/kept.ts'
import { smallLake } from './tables.ts'

const MIB = 1024 * 1024
const bytes = (fill: number, size = MIB): Uint8Array => new Uint8Array(size).fill(fill)

describe('kept parts', () => {
  test('are those of one opened lake', async () => {
    const lake = smallLake()
    await keepPart(lake, 'a', bytes(1, 3))
    expect(await keptPart(lake, 'a')).toEqual(bytes(1, 3))
    expect(await keptPart({ ...lake, memo: new Map() }, 'a')).toBeUndefined()
    lake.memo.clear()
    expect(await keptPart(lake, 'a')).toBeUndefined()
  })

  test('go when they are too many, those first that were not asked for', async () => {
    const lake = smallLake()
    for (const [i, key] of ['a', 'b', 'c', 'd'].entries()) await keepPart(lake, key, bytes(i))
    await keptPart(lake, 'a')
    await keepPart(lake, 'e', bytes(4))
    const left = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((key) => keptPart(lake, key)))
    expect(left.map((part) => part?.[0])).toEqual([0, undefined, 2, 3, 4])
  })

  test('one that is larger than all may be takes no place', async () => {
    const lake = smallLake()
    await keepPart(lake, 'small', bytes(1, 10))
    await keepPart(lake, 'large', bytes(2, 5 * MIB))
    expect(await keptPart(lake, 'large')).toBeUndefined()
    expect(await keptPart(lake, 'small')).toEqual(bytes(1, 10))
  })
})
