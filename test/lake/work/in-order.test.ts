import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mapInOrder } from '../../../src/lake/ingest/upload.ts'
import { makeGate } from '../../../src/lake/work/gate.ts'

async function* upTo(count: number): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) yield i
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await turn()
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

describe('mapInOrder', () => {
  it('keeps the order and the bound, whatever takes how long', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 40 }),
        fc.integer({ min: 1, max: 6 }),
        async (times, concurrency) => {
          let running = 0
          let most = 0
          const results = await collect(
            mapInOrder(upTo(times.length), concurrency, async (i) => {
              most = Math.max(most, ++running)
              await turns(times[i]!)
              running--
              return i * 2
            }),
          )
          expect(results).toEqual(times.map((_, i) => i * 2))
          expect(most).toBeLessThanOrEqual(concurrency)
          expect(running).toBe(0)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('works on as many as it may at a time', async () => {
    let running = 0
    let most = 0
    await collect(
      mapInOrder(upTo(50), 8, async () => {
        most = Math.max(most, ++running)
        await turns(3)
        running--
      }),
    )
    expect(most).toBe(8)
  })

  it('goes on behind a slow item, and not without end', async () => {
    let release = (): void => {}
    const slow = new Promise<void>((resolve) => (release = resolve))
    let done = 0
    let taken = 0
    async function* input(): AsyncGenerator<number> {
      for (let i = 0; i < 100_000; i++) {
        taken++
        yield i
      }
    }
    const results = mapInOrder(input(), 4, async (i) => {
      if (i === 0) await slow
      else done++
      return i
    })
    const first = results.next()
    await turns(500)
    expect(done).toBeGreaterThan(20)
    expect(taken).toBeLessThan(100)
    release()
    expect(await first).toEqual({ done: false, value: 0 })
    await results.return(undefined)
  })

  it('throws what a work throws when its turn comes, and starts no more', async () => {
    let started = 0
    let finished = 0
    const seen: number[] = []
    const results = mapInOrder(upTo(1000), 4, async (i) => {
      started++
      await turns(i === 10 ? 1 : 3)
      finished++
      if (i === 10) throw new Error('ten')
      return i
    })
    await expect(
      (async () => {
        for await (const result of results) seen.push(result)
      })(),
    ).rejects.toThrow('ten')
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    expect(started).toBeLessThan(20)
    expect(finished).toBe(started)
  })

  it('throws what the input throws, after the results before it', async () => {
    async function* broken(): AsyncGenerator<number> {
      yield* upTo(7)
      throw new Error('input')
    }
    const seen: number[] = []
    await expect(
      (async () => {
        for await (const result of mapInOrder(broken(), 3, async (i) => i)) seen.push(result)
      })(),
    ).rejects.toThrow('input')
    expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6])
  })

  it('waits for what is running, and closes the input, when nobody wants the rest', async () => {
    let running = 0
    let closed = false
    async function* input(): AsyncGenerator<number> {
      try {
        yield* upTo(1000)
      } finally {
        closed = true
      }
    }
    for await (const result of mapInOrder(input(), 4, async (i) => {
      running++
      await turns(5)
      running--
      return i
    }))
      if (result === 3) break
    expect(running).toBe(0)
    expect(closed).toBe(true)
  })
})

describe('a gate', () => {
  it('lets so many through, in their order, also after failures', async () => {
    const gate = makeGate(2)
    const order: number[] = []
    let running = 0
    const all = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) =>
        gate(async () => {
          expect(++running).toBeLessThanOrEqual(2)
          order.push(i)
          await turns(i % 3)
          running--
          if (i % 5 === 0) throw new Error(String(i))
          return i
        }),
      ),
    )
    expect(order).toEqual(Array.from({ length: 20 }, (_, i) => i))
    expect(all.filter(({ status }) => status === 'rejected')).toHaveLength(4)
    expect(await gate(async () => 'free')).toBe('free')
  })
})
