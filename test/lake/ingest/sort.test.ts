import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Keyed, sortByKey } from '../../../src/lake/ingest/sort.ts'
import { expectCode } from '../../contract/bytes.ts'
import { openFiles } from '../../contract/open-files.ts'

async function* from<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const numbers = { encode: String, decode: Number }

describe('sortByKey', () => {
  let folder: string
  /** The sort's own file is deleted as soon as it is open, so only its descriptor shows it. */
  const openHere = (): number => openFiles((path) => path.startsWith(folder))
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'varve-sort-test-'))
  })
  afterEach(() => {
    expect(readdirSync(folder)).toEqual([])
    rmSync(folder, { recursive: true })
  })

  it('sorts as a sort in memory does, equal keys in their order, whatever the runs', async () => {
    const key = fc.oneof(
      fc.constantFrom('', 'a', 'b', 'ab'),
      fc.string({ unit: 'binary', maxLength: 6 }),
      // Lone surrogates, and all other units.
      fc
        .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 3 })
        .map((codes) => String.fromCharCode(...codes)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(key, { maxLength: 60 }),
        fc.integer({ min: 1, max: 20 }),
        async (keys, runs) => {
          const items: Keyed<number>[] = keys.map((key, value) => ({ key, value }))
          const expected = [...items].sort((a, b) =>
            a.key < b.key ? -1 : a.key > b.key ? 1 : a.value - b.value,
          )
          expect(await collect(sortByKey(from(items), { ...numbers, runs, folder }))).toEqual(expected)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('merges runs that are longer than what is read of them at a time', async () => {
    const items = Array.from({ length: 5000 }, (_, i) => ({
      key: `k${(i * 7919) % 5000}`.padStart(6, '0'),
      value: { i, text: `é${'x'.repeat(500 + (i % 7))}\n` },
    }))
    const expected = [...items].sort((a, b) => (a.key < b.key ? -1 : 1))
    const options = { encode: JSON.stringify, decode: JSON.parse, runs: 1200, folder }
    expect(await collect(sortByKey<(typeof items)[0]['value']>(from(items), options))).toEqual(expected)
  })

  it('takes entries that are longer than what is read at a time', async () => {
    const items = Array.from({ length: 6 }, (_, i) => ({ key: `${9 - i}`, value: `${i}`.repeat(700_000) }))
    const options = { encode: (s: string) => s, decode: (s: string) => s, runs: 2, folder }
    expect(await collect(sortByKey(from(items), options))).toEqual(items.toReversed())
  })

  it('writes nothing when all fits into memory', async () => {
    const items = Array.from({ length: 99 }, (_, value) => ({ key: `${value % 10}`, value }))
    const never = (): never => {
      throw new Error('encoded')
    }
    const sorted = await collect(sortByKey(from(items), { encode: never, decode: never, runs: 100, folder }))
    expect(sorted).toHaveLength(99)
  })

  it('gives nothing of nothing', async () => {
    expect(await collect(sortByKey(from<Keyed<number>>([]), { ...numbers, folder }))).toEqual([])
  })

  it('passes on what the input throws', async () => {
    async function* broken(): AsyncGenerator<Keyed<number>> {
      for (let value = 0; value < 50; value++) yield { key: 'k', value }
      throw new Error('broken')
    }
    await expect(collect(sortByKey(broken(), { ...numbers, runs: 10, folder }))).rejects.toThrow('broken')
    expect(openHere()).toBe(0)
  })

  it('passes on what decoding throws', async () => {
    const items = Array.from({ length: 50 }, (_, value) => ({ key: 'k', value }))
    const decode = (): never => {
      throw new Error('no')
    }
    await expect(
      collect(sortByKey(from(items), { encode: String, decode, runs: 10, folder })),
    ).rejects.toThrow('no')
    expect(openHere()).toBe(0)
  })

  it('stops when it is told to, while it takes in and while it gives out', async () => {
    const items = Array.from({ length: 50 }, (_, value) => ({ key: 'k', value }))
    for (const when of [25, 75]) {
      const stop = new AbortController()
      let count = 0
      const step = (): void => void (++count === when && stop.abort())
      async function* input(): AsyncGenerator<Keyed<number>> {
        for (const item of items) {
          step()
          yield item
        }
      }
      async function read(): Promise<void> {
        for await (const _ of sortByKey(input(), { ...numbers, runs: 10, folder, signal: stop.signal }))
          step()
      }
      await expectCode(read(), 'aborted')
      expect(count).toBe(when)
      expect(openHere()).toBe(0)
    }
  })

  it('closes its file when nobody wants the rest', async () => {
    const items = Array.from({ length: 50 }, (_, value) => ({ key: 'k', value }))
    for await (const _ of sortByKey(from(items), { ...numbers, runs: 10, folder })) {
      expect(openHere()).toBe(1)
      break
    }
    expect(openHere()).toBe(0)
  })

  it('says so when there is no place for its file', async () => {
    const items = Array.from({ length: 50 }, (_, value) => ({ key: 'k', value }))
    const sort = (place: string): Promise<unknown> =>
      collect(sortByKey(from(items), { ...numbers, runs: 10, folder: place }))
    await expectCode(sort(join(folder, 'none')), 'not-found', folder)
    if (process.getuid?.() === 0) return
    chmodSync(folder, 0o500)
    await expectCode(sort(folder), 'denied', folder)
    chmodSync(folder, 0o700)
  })
})
