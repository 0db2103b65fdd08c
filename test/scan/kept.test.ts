/** Decoded blocks that a thread keeps: bounded, and never those of other bytes. */

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeptBlocks, keptBytes } from '../../src/scan/kept.ts'

const object = (identity: string, uri = 's3://b/raster.tif') => ({ uri, size: 1000, identity })

describe('kept blocks', () => {
  it('take no more than they may, and lose first what was not used for longest', () => {
    const kept = new KeptBlocks(100)
    const memory = kept.of(object('a'))!
    for (const name of ['1', '2', '3', '4']) memory.keep(name, name, 25)
    expect(memory.recall('1')).toBe('1')
    memory.keep('5', '5', 25)
    expect(kept.bytes).toBe(100)
    expect(['1', '2', '3', '4', '5'].map((name) => memory.recall(name))).toEqual([
      '1',
      undefined,
      '3',
      '4',
      '5',
    ])
  })

  it('count what they hold, whatever comes and goes', () => {
    const puts = fc.array(fc.tuple(fc.nat(9), fc.integer({ min: 1, max: 40 })), { maxLength: 60 })
    fc.assert(
      fc.property(puts, (all) => {
        const kept = new KeptBlocks(100)
        const memory = kept.of(object('a'))!
        for (const [name, bytes] of all) {
          memory.keep(`${name}`, bytes, bytes)
          const held = Array.from({ length: 10 }, (_, i) => memory.recall<number>(`${i}`) ?? 0)
          expect(held.reduce((sum, one) => sum + one, 0)).toBe(kept.bytes)
          expect(kept.bytes).toBeLessThanOrEqual(100)
          // One that is too large is not kept, nor what it would have replaced.
          expect(held[name]).toBe(bytes <= 25 ? bytes : 0)
        }
      }),
    )
  })

  it('give the memory of what they drop when no task is left that may look at it', () => {
    const given: ArrayBuffer[] = []
    const kept = new KeptBlocks(100, (buffers) => given.push(...buffers))
    const memory = kept.of(object('a'))!
    const buffers = Array.from({ length: 8 }, () => new ArrayBuffer(8))
    const keep = (i: number): void => memory.keep(`${i}`, i, 25, [buffers[i]!])
    for (let i = 0; i < 5; i++) keep(i)
    // Nobody was there to see the first.
    expect(given).toEqual([buffers[0]])
    const [one, two] = [kept.begin(), kept.begin()]
    keep(5)
    one()
    expect(given).toHaveLength(1)
    const three = kept.begin()
    two()
    expect(given).toEqual([buffers[0], buffers[1]])
    // Kept again under its name: the one before is dropped.
    memory.keep('5', 5, 25, [buffers[6]!])
    expect(given).toHaveLength(2)
    three()
    expect(given).toEqual([buffers[0], buffers[1], buffers[5]])
  })

  it('know an object by its place, size and identity', () => {
    const kept = new KeptBlocks(100)
    kept.of(object('a'))!.keep('1', 'of a', 10)
    expect(kept.of(object('a'))!.recall('1')).toBe('of a')
    expect(kept.of(object('b'))!.recall('1')).toBeUndefined()
    expect(kept.of({ ...object('a'), size: 1001 })!.recall('1')).toBeUndefined()
    expect(kept.of(object('a', 's3://b/other.tif'))!.recall('1')).toBeUndefined()
  })

  it('are shared among threads, as much as VARVE_BLOCK_MEMORY says, or none', () => {
    expect(keptBytes(2, {})).toBe(128 << 20)
    expect(keptBytes(4, { VARVE_BLOCK_MEMORY: '1G' })).toBe(256 << 20)
    expect(keptBytes(2, { VARVE_BLOCK_MEMORY: '0' })).toBe(0)
    expect(new KeptBlocks(0).of(object('a'))).toBeUndefined()
    expect(() => keptBytes(2, { VARVE_BLOCK_MEMORY: 'much' })).toThrow('VARVE_BLOCK_MEMORY is "much"')
  })
})
