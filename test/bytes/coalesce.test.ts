import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { groupRanges, withCoalescing } from '../../src/bytes/index.ts'
import type { ByteSource } from '../../src/bytes/types.ts'
import { CONTENT, expectCode, expectSame } from '../contract/bytes.ts'
import { faultySource } from '../contract/faults.ts'

const asked = (source: ReturnType<typeof faultySource>): number[][] =>
  source.reads.map(({ start, end }) => [start, end])

describe('withCoalescing', () => {
  it('makes one read of near ranges, and keeps far ones apart', async () => {
    const source = faultySource(CONTENT)
    const wrapped = withCoalescing(source, { gap: 100 })
    const reads = [
      wrapped.read(5_000, 6_000),
      wrapped.read(0, 10),
      wrapped.read(110, 200),
      wrapped.read(6_101, 6_102),
    ]
    const [a, b, c, d] = await Promise.all(reads)
    expectSame(a as Uint8Array, CONTENT.subarray(5_000, 6_000))
    expectSame(b as Uint8Array, CONTENT.subarray(0, 10))
    expectSame(c as Uint8Array, CONTENT.subarray(110, 200))
    expectSame(d as Uint8Array, CONTENT.subarray(6_101, 6_102))
    expect(asked(source)).toEqual([
      [0, 200],
      [5_000, 6_000],
      [6_101, 6_102],
    ])
  })

  it('joins readers that ask a few microtasks apart', async () => {
    const source = faultySource(CONTENT)
    const wrapped = withCoalescing(source)
    const late = async (): Promise<Uint8Array> => {
      for (let i = 0; i < 5; i++) await null
      return wrapped.read(10, 20)
    }
    await Promise.all([wrapped.read(0, 10), late()])
    expect(asked(source)).toEqual([[0, 20]])
  })

  it('gives each reader bytes of its own, though merged reads share their memory', async () => {
    const memories = new Set<ArrayBuffer>()
    const free: ArrayBuffer[] = []
    const memory = {
      allocate: (bytes: number) => free.pop() ?? new ArrayBuffer(2 * bytes),
      recycle: (buffer: ArrayBuffer) => {
        new Uint8Array(buffer).fill(0xee)
        free.push(buffer)
      },
    }
    const source: ByteSource = {
      uri: 'memory://content',
      size: CONTENT.length,
      identity: 'one',
      async read(start, end, { allocate } = {}) {
        const buffer = allocate!(end - start)
        memories.add(buffer)
        const bytes = new Uint8Array(buffer, 0, end - start)
        bytes.set(CONTENT.subarray(start, end))
        return bytes
      },
    }
    const wrapped = withCoalescing(source, { memory })
    const reads: [number, Uint8Array][] = []
    for (const at of [5_000, 100, 3_000, 0]) {
      const pair = [wrapped.read(at, at + 500), wrapped.read(at + 500, at + 900)]
      for (const [i, bytes] of (await Promise.all(pair)).entries()) reads.push([at + 500 * i, bytes])
    }
    for (const [at, bytes] of reads) expectSame(bytes, CONTENT.subarray(at, at + bytes.length))
    expect(new Set(reads.map(([, { buffer }]) => buffer)).size).toBe(reads.length)
    expect(memories.size).toBe(1)
  })

  it('asks nothing for an empty range', async () => {
    const source = faultySource(CONTENT)
    expect(await withCoalescing(source).read(7, 7)).toHaveLength(0)
    expect(source.reads).toHaveLength(0)
  })

  it('gives the error of a merged read to all who share it', async () => {
    const wrapped = withCoalescing(faultySource(CONTENT, 'stale'))
    const reads = [wrapped.read(0, 10), wrapped.read(10, 20)]
    for (const read of reads) await expectCode(read, 'stale')
  })

  it('stops the merged read only when all who share it cancelled', async () => {
    const source = faultySource(CONTENT, 'stall')
    const wrapped = withCoalescing(source)
    const [first, second] = [new AbortController(), new AbortController()]
    const reads = [wrapped.read(0, 10, first), wrapped.read(10, 20, second)]
    await expect.poll(() => source.reads.length).toBe(1)
    first.abort()
    await expectCode(reads[0] as Promise<unknown>, 'aborted')
    expect(source.reads[0]?.signal?.aborted).toBe(false)
    second.abort()
    await expectCode(reads[1] as Promise<unknown>, 'aborted')
    expect(source.reads[0]?.signal?.aborted).toBe(true)
  })
})

describe('groupRanges', () => {
  const ranges = fc.array(
    fc.tuple(fc.nat(1000), fc.nat(50)).map(([start, length]) => ({ start, end: start + length })),
  )

  it('loses no range, covers each by its group, and leaves more than the gap between groups', () => {
    fc.assert(
      fc.property(ranges, fc.nat(60), (list, gap) => {
        const groups = groupRanges(list, gap, 1_000_000)
        expect(groups.flatMap(({ members }) => members)).toHaveLength(list.length)
        for (const { start, end, members } of groups)
          for (const member of members) expect(member.start >= start && member.end <= end).toBe(true)
        for (let i = 1; i < groups.length; i++)
          expect((groups[i]?.start ?? 0) - (groups[i - 1]?.end ?? 0)).toBeGreaterThan(gap)
      }),
    )
  })

  it('makes no group larger than the cap, unless one range is', () => {
    fc.assert(
      fc.property(ranges, (list) => {
        for (const { start, end, members } of groupRanges(list, 1000, 80))
          expect(members.length === 1 || end - start <= 80).toBe(true)
      }),
    )
  })
})
